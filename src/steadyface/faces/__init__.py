"""Faces: detect, find landmarks, link over time, smooth, align, and put back."""
