"""Finite differences with error estimates, and the comparison of arrays."""

from grader.numerics.comparison import Difference, compare, precision_of, rounding
from grader.numerics.differences import Estimate, gradient, vjp

__all__ = ["Difference", "Estimate", "compare", "gradient", "precision_of", "rounding", "vjp"]
