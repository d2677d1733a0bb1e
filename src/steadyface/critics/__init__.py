"""Frozen networks that judge images: perceptual distance, identity, expression, age and gender."""
