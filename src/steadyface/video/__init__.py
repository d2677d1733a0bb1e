"""Video files in and out: what they are, their frames, and edited ones with the same timing and sound."""
