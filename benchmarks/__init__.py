"""How fast the grader is, beside others and by itself: `python -m benchmarks --help`."""
