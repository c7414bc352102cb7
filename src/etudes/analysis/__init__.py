"""Explain and measure networks: predictions, calibration, confidence intervals, saliency."""
