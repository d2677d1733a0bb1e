"""Optical flow: the estimators' interface, three estimators, warping and visibility."""
