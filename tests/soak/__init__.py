"""What takes too long for every test run: hostile input, flipped bytes, kills at any moment. `python -m soak`."""
