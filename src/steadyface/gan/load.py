"""Make a generator by name: the one place that knows which there are and where their arrays come from."""

from pathlib import Path

from safetensors.torch import load_file

from steadyface.gan.mobile_stylegan import MobileStyleGAN
from steadyface.gan.models import resolution_of
from steadyface.zoo import weights

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
"""The folder of the networks that this project trained itself."""


def load_generator(name: str) -> MobileStyleGAN:
    """Return the generator in evaluation mode, its parameters frozen.

    Raises `InputError` for an unknown name and `WeightsError` when its weights can't be had.
    """
    generator = MobileStyleGAN(resolution_of(name))
    wanted = generator.state_dict()
    state = {key: value for key, value in load_file(weights("mobile-ffhq")).items() if key in wanted}
    if generator.refine is not None:
        state |= load_file(WEIGHTS / f"{name}-head.safetensors")
    generator.load_state_dict(state)
    return generator.eval().requires_grad_(False)
