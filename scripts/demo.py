"""Grades the sample class: `python3 scripts/demo.py`, on a machine with nothing but Python."""

import sys

from environment import ready, run

NOT_GRADED = 3

if __name__ == "__main__":
    ready("run")
    code = run("-m", "grader", "grade", "submissions/backprop", *sys.argv[1:])
    # The sample class has notebooks that nobody could read, on purpose: 3 says just that.
    sys.exit(0 if code == NOT_GRADED else code)
