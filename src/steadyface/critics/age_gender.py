"""Apparent age and gender of a face: face-api's small Xception, in torch."""

from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from steadyface import zoo
from steadyface.critics.face_box import centred, face_box
from steadyface.critics.tfjs import Weights, linear, same_conv, same_max_pool, separable_conv

_SIDE = 112


class _Reduction(nn.Module):
    """Two separable convolutions and a pooling that halves the size, beside a strided 1x1 shortcut."""

    def __init__(self, weights: Weights, name: str, activate: bool = True) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReLU() if activate else nn.Identity(),
            separable_conv(weights, f"{name}/separable_conv0"),
            nn.ReLU(),
            separable_conv(weights, f"{name}/separable_conv1"),
            same_max_pool(),
        )
        self.shortcut = same_conv(weights, f"{name}/expansion_conv", stride=2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x) + self.shortcut(x)
        return out


class _Main(nn.Module):
    """Three separable convolutions beside the identity."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.convs = nn.ModuleList(separable_conv(weights, f"{name}/separable_conv{k}") for k in range(3))

    def forward(self, x: Tensor) -> Tensor:
        out = x
        for layer in self.convs:
            out = layer(F.relu(out))
        return out + x


class AgeGender(nn.Module):
    """Apparent age and gender of FFHQ-aligned crops (N, 3, R, R) in [-1, 1].

    Frozen; gradients reach the images.

    Raises:
        steadyface.errors.WeightsError: if the weights can't be had.
    """

    def __init__(self) -> None:
        super().__init__()
        weights = load_file(zoo.weights("face-age-gender"))
        self.trunk = nn.Sequential(
            same_conv(weights, "entry_flow/conv_in", stride=2),
            nn.ReLU(),
            _Reduction(weights, "entry_flow/reduction_block_0", activate=False),
            _Reduction(weights, "entry_flow/reduction_block_1"),
            _Main(weights, "middle_flow/main_block_0"),
            _Main(weights, "middle_flow/main_block_1"),
            _Reduction(weights, "exit_flow/reduction_block"),
            separable_conv(weights, "exit_flow/separable_conv"),
            nn.ReLU(),
        )
        self.age = linear(weights["fc/age/weights"], weights["fc/age/bias"])
        self.gender = linear(weights["fc/gender/weights"], weights["fc/gender/bias"])
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Apparent age in years (N,) and the probability of male (N,); female is its complement."""
        pooled = self.trunk(centred(face_box(images, _SIDE), 255)).mean((2, 3))
        return self.age(pooled)[:, 0], self.gender(pooled).softmax(1)[:, 0]
