"""Optical flow: the estimators' contract, two estimators, warping and visibility."""
