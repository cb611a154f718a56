"""Which students' functions are the same up to names, layout and comments, and how rare that is."""

from grader.similarity.functions import Function, Given, functions_of, given_by
from grader.similarity.in_class import compare_class
from grader.similarity.pairs import SHORTEST, Comparison, Match, Pair, compare

__all__ = [
    "SHORTEST",
    "Comparison",
    "Function",
    "Given",
    "Match",
    "Pair",
    "compare",
    "compare_class",
    "functions_of",
    "given_by",
]
