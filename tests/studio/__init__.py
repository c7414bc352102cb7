"""The studio, driven in a real browser and over HTTP."""
