"""Constants of the baselines."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Smoothing:
    """Temporal smoothing of the edited codes."""

    sigma: float = 2.0
    """Sigma of the Gaussian over time, in frames."""


@dataclass(frozen=True)
class DeepVideoPrior:
    """Deep Video Prior (Lei et al. 2020), with the constants of the authors' code.

    The perceptual loss differs: LPIPS on VGG16 instead of their VGG19.
    """

    epochs: int = 25
    """Passes over the frames, in order."""
    coarse: float = 0.8
    """Fraction of the epochs, the first ones, that run at half the resolution."""
    learning_rate: float = 1e-4
    """Adam's learning rate."""
    width: int = 32
    """Channels at full resolution, doubled at each of the four lower ones."""
    pixel_weight: float = 1.0
    """Weight of the mean absolute difference beside the perceptual one."""
