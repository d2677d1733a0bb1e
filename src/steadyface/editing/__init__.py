"""Edits: what they are, which there are, how they are found."""
