"""Measurements of Études through its public functions, each in its own process."""
