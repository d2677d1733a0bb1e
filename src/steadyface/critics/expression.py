"""What a face expresses: face-api's classifier of seven expressions, in torch."""

from safetensors.torch import load_file
from torch import Tensor, nn

from steadyface import zoo
from steadyface.critics.dense import dense_trunk, seen
from steadyface.critics.tfjs import linear

EXPRESSIONS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")


class Expression(nn.Module):
    """Expression of FFHQ-aligned crops (N, 3, R, R) in [-1, 1]; the classes are `EXPRESSIONS`, in that order.

    Frozen: no parameter wants a gradient, images may.

    Raises:
        steadyface.errors.WeightsError: if the weights can't be had.
    """

    def __init__(self) -> None:
        super().__init__()
        weights = load_file(zoo.weights("face-expression"))
        self.trunk = dense_trunk(weights)
        self.head = linear(weights["fc/weights"], weights["fc/bias"])
        self.requires_grad_(False).eval()

    def logits(self, images: Tensor) -> Tensor:
        """Unnormalised log-probabilities (N, 7)."""
        out: Tensor = self.head(seen(self.trunk, images))
        return out

    def forward(self, images: Tensor) -> Tensor:
        """Probabilities (N, 7)."""
        return self.logits(images).softmax(1)
