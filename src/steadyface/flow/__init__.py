"""Optical flow: the estimators' contract, three estimators, warping and visibility."""
