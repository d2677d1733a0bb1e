"""From aligned frames to codes and a tuned generator that reproduce them."""
