"""Expression of a face: face-api's classifier of seven expressions, in torch."""

from torch import Tensor

from steadyface.critics.dense import DenseNetwork

EXPRESSIONS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")


class Expression(DenseNetwork):
    """Expression of FFHQ-aligned crops (N, 3, R, R) in [-1, 1]; the classes are `EXPRESSIONS`, in that order.

    Frozen; gradients reach the images.

    Raises:
        steadyface.errors.WeightsError: if the weights can't be had.
    """

    def __init__(self) -> None:
        super().__init__("face-expression")

    def logits(self, images: Tensor) -> Tensor:
        """Unnormalised log-probabilities (N, 7)."""
        return self.outputs(images)

    def forward(self, images: Tensor) -> Tensor:
        """Probabilities (N, 7)."""
        return self.logits(images).softmax(1)
