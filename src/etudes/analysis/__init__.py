"""Explain and judge networks: predictions, calibration, intervals, distances, saliency, learning-rate finder."""
