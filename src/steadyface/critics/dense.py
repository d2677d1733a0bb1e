"""The architecture of face-api's expression and landmark networks: four dense blocks and a linear layer."""

from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface import zoo
from steadyface.critics.face_box import centred, face_box
from steadyface.critics.tfjs import Weights, linear, same_conv, separable_conv

_SIDE = 112


class _Dense(nn.Module):
    """Four convolutions, the first of stride 2; each of the others reads the sum of all before it."""

    def __init__(self, weights: Weights, name: str, first: bool) -> None:
        super().__init__()
        reduce = same_conv if first else separable_conv
        self.reduce = reduce(weights, f"{name}/conv0", stride=2)
        self.others = nn.ModuleList(separable_conv(weights, f"{name}/conv{k}") for k in (1, 2, 3))

    def forward(self, x: Tensor) -> Tensor:
        total: Tensor = F.relu(self.reduce(x))
        for layer in self.others:
            total = total + layer(F.relu(total))
        return F.relu(total)


class DenseNetwork(nn.Module):
    """The trunk and one linear layer, on FFHQ-aligned crops (N, 3, R, R) in [-1, 1].

    Frozen; gradients reach the images.

    Raises:
        steadyface.errors.WeightsError: if the weights of that name can't be had.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        weights = load_file(zoo.weights(name))
        self.trunk = nn.Sequential(*(_Dense(weights, f"dense{k}", first=k == 0) for k in range(4)))
        self.head = linear(weights["fc/weights"], weights["fc/bias"])
        self.requires_grad_(False).eval()

    def outputs(self, images: Tensor) -> Tensor:
        """Outputs of the linear layer: (N, outputs)."""
        out: Tensor = self.head(self.trunk(centred(face_box(images, _SIDE), 255)).mean((2, 3)))
        return out
