"""What docs/performance.md quotes, measured by anyone: `python -m benchmarks --help`."""
