"""Who handed in what: finds submissions however they were downloaded, reads them within bounds."""

from grader.submission.finding import (
    Submission,
    carried,
    digest,
    find_submissions,
    helper_files,
    on_roster,
)
from grader.submission.notebook import (
    DEEPEST,
    LONGEST_SOURCE,
    MOST_CELLS,
    Notebook,
    Unreadable,
    read_notebook,
)
from grader.submission.parsing import LONGEST_TO_PARSE, python_lines, tree_of
from grader.submission.tree import LARGEST_NOTEBOOK, MOST_MEMBERS, SUFFIX

__all__ = [
    "DEEPEST",
    "LARGEST_NOTEBOOK",
    "LONGEST_SOURCE",
    "LONGEST_TO_PARSE",
    "MOST_CELLS",
    "MOST_MEMBERS",
    "SUFFIX",
    "Notebook",
    "Submission",
    "Unreadable",
    "carried",
    "digest",
    "find_submissions",
    "helper_files",
    "on_roster",
    "python_lines",
    "read_notebook",
    "tree_of",
]
