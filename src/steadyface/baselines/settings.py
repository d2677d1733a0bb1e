"""Constants of the baselines."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Smoothing:
    """Temporal smoothing of the edited codes."""

    sigma: float = 2.0
    """Of the Gaussian over time, in frames."""


@dataclass(frozen=True)
class DeepVideoPrior:
    """Deep Video Prior (Lei et al. 2020), with the constants of the authors' code.

    But for the perceptual loss: LPIPS on VGG16 stands for their VGG19.
    """

    epochs: int = 25
    """Passes over the frames, in order."""
    coarse: float = 0.8
    """The first part of the epochs, run at half the resolution."""
    rate: float = 1e-4
    """Adam's learning rate."""
    width: int = 32
    """Channels at full resolution, doubled at each of the four coarser ones."""
    pixel_weight: float = 1.0
    """Weight of the mean absolute difference beside the perceptual one."""
