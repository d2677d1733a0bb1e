"""What the method is compared with; each takes the place of phases 1 and 2."""
