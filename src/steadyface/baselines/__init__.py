"""Methods for comparison."""
