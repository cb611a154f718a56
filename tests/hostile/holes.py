"""Attacks that are known to succeed, and why: each is graded by itself and expected to fail."""

HOLES = {
    "inject-half-characters": "half a character in a message keeps every report from being written",
    "deep-expression": "an expression too deep to be written out again is an error of the grader's",
    "inject-directions": "direction marks and unassigned characters reach the reports",
    "inject-xml": "unassigned characters reach the reports",
}
