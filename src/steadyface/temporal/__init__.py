"""Targets, averages over neighbouring frames, and high-frequency detail carried over from the anchor. Ours."""
