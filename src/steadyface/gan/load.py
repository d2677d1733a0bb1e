"""Make a generator by name: the only place that knows which generators exist and where their weights come from."""

from safetensors.torch import load_file

from steadyface.gan.checkpoints import load_stylegan2
from steadyface.gan.mobile_stylegan import MobileStyleGAN, average_band
from steadyface.gan.models import MODELS, WEIGHTS, file_of
from steadyface.gan.stylegan2 import StyleGAN2
from steadyface.zoo import weights


def load_generator(name: str) -> MobileStyleGAN | StyleGAN2:
    """Return a generator in evaluation mode, its parameters frozen: an embedded one, or an imported StyleGAN2.

    Raises `InputError` for an unknown name and `WeightsError` when its weights can't be had.
    """
    path = file_of(name)
    return load_stylegan2(path) if path else load_embedded(name)


def load_embedded(name: str) -> MobileStyleGAN:
    """Return one of `MODELS`. Raises `WeightsError` when its weights can't be had."""
    generator = MobileStyleGAN(MODELS[name])
    wanted = generator.state_dict()
    state = {key: value for key, value in load_file(weights("mobile-ffhq")).items() if key in wanted}
    if generator.averages_only:
        state |= average_band({key: value for key, value in state.items() if key.startswith("to_image")})
    if generator.refine is not None:
        state |= load_file(WEIGHTS / f"{name}-head.safetensors")
    generator.load_state_dict(state)
    return generator.eval().requires_grad_(False)
