"""Runs the tests: `python3 scripts/test.py [pytest's arguments]`."""

import sys

from environment import ready, run

if __name__ == "__main__":
    ready("dev")
    sys.exit(run("-m", "pytest", *(sys.argv[1:] or ["-n", "auto", "--dist", "loadgroup"])))
