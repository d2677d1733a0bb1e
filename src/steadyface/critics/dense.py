"""The trunk that face-api's networks of expressions and of landmarks share: four dense blocks."""

from torch import Tensor, nn
from torch.nn import functional as F

from steadyface.critics.face_box import centred, face_box
from steadyface.critics.tfjs import Weights, same_conv, separable_conv

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


def dense_trunk(weights: Weights) -> nn.Sequential:
    """The blocks of a network's weights."""
    return nn.Sequential(*(_Dense(weights, f"dense{k}", first=k == 0) for k in range(4)))


def seen(trunk: nn.Module, images: Tensor) -> Tensor:
    """What a trunk sees in FFHQ-aligned crops (N, 3, R, R) in [-1, 1]: (N, 256). Differentiable."""
    features: Tensor = trunk(centred(face_box(images, _SIDE), 255)).mean((2, 3))
    return features
