"""Constants of the alignment."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Alignment:
    """How the crops of a clip follow the face; all are sigmas of Gaussians over time, in frames. 0 smooths nothing."""

    centre_sigma: float = 1.0
    """For the crop's centre."""
    axes_sigma: float = 3.0
    """For its size and rotation, which may only change slowly (Tzaban et al., "Stitch it in Time", 2022)."""
    mouth_sigma: float = 25.0
    """For the mouth's place relative to the eyes. FFHQ's recipe takes the crop's size from it. Without this, a crop
    changes its size with the jaw: by 5 % in a GRID clip, while the eyes' distance stays within 0.3 %."""
    landmark_sigma: float = 0.5
    """For the landmarks. This value removes a quarter of the jitter, and keeps nine tenths of a blink's depth and 95 %
    of the mouth's motion."""
