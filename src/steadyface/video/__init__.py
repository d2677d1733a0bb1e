"""Video files: their properties, their frames, and edited copies with the same timing and sound."""
