"""The stages of a run, what they share, and the list that declares them."""
