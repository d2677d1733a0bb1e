"""How good a result is: steadiness, likeness, sharpness, identity, liveliness and the strength of the edit."""
