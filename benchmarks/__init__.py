"""What Tidegate costs, measured: `make bench`, or `python -m benchmarks --quick --only push`."""
