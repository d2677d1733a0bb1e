"""Presets: every constant of a run as frozen dataclasses, with the reason or the source beside it."""
