"""Pages of runs: how they are built and put together, and in a real browser what they show."""
