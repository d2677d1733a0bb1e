"""How good a result is: flicker, similarity, sharpness, identity, liveliness and the strength of the edit."""
