"""Calibrated jets against the truth: response, resolution, flavour, pile-up and predicted errors."""
