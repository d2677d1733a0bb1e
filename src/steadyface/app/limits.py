"""Limits of the page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one clip."""

    upload_mb: int = 200
    """Size of the file, in millions of bytes."""
    frames: int = 750
    """Length: half a minute at 25 frames a second, hours of work on a processor."""
