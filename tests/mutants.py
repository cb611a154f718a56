"""Changes the reference solutions one detail at a time: wrong functions that nobody thought of.

Run as `python -m tests.mutants` for the table of how many there are and how many are rejected.
"""

import ast
import copy
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.answer_key import AnswerKey, make_answer_key
from grader.assignment import Task
from grader.cases import Case, private_cases
from grader.proving import try_function
from grader.truth import copied

OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Add, ast.Div, ast.MatMult),
    ast.Div: (ast.Mult, ast.Sub),
    ast.MatMult: (ast.Mult, ast.Add),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Gt: (ast.GtE, ast.Lt, ast.LtE, ast.Eq),
}
CONSTANTS: dict[str, tuple[Any, ...]] = {
    "0": (1,), "1": (0, 2), "2": (1, 3), "3": (2,), "0.5": (1.0, -0.5), "1.0": (0.5, -1.0),
    "True": (False,),
}  # fmt: skip
# Smaller ones could be told from 0 by chance alone in a whole network.
THRESHOLDS = tuple(sign * size for size in (0.003, 0.03, 0.1, 0.3, 1.0) for sign in (1, -1))
SEEDS = range(100, 110)


@dataclass(frozen=True)
class Mutant:
    """One changed source: what was changed where, and the whole module's text."""

    change: str
    source: str


@dataclass(frozen=True)
class Count:
    """How the mutants of one task fared; `survived` names those that were not rejected."""

    made: int
    equivalent: int
    rejected: int
    survived: tuple[str, ...]


def mutants_of(source: str, functions: set[str]) -> Iterator[Mutant]:
    """Every single change to the named functions of a module."""
    tree = ast.parse(source)
    for number, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            for place, inner in enumerate(ast.walk(node)):
                for change, mutate in _changes(inner, node):
                    mutated = copy.deepcopy(tree)
                    target = list(ast.walk(mutated.body[number]))[place]
                    mutate(target)
                    text = ast.unparse(ast.fix_missing_locations(mutated))
                    line = getattr(inner, "lineno", node.lineno)
                    yield Mutant(f"{node.name}, line {line}: {change}", text)


Change = tuple[str, Callable[[Any], None]]


def _changes(node: ast.AST, function: ast.FunctionDef) -> Iterator[Change]:
    if isinstance(node, ast.BinOp):
        for other in OPERATORS.get(type(node.op), ()):
            yield f"{type(node.op).__name__} to {other.__name__}", _setter("op", other())
        for kept in ("left", "right"):
            yield f"only the {kept} operand", _replacer(getattr(node, kept))
    elif isinstance(node, ast.Compare):
        for comparison in COMPARISONS.get(type(node.ops[0]), ()):
            yield f"Gt to {comparison.__name__}", _setter("ops", [comparison()])
        for threshold in THRESHOLDS:
            yield f"threshold {threshold}", _setter("comparators", [ast.Constant(threshold)])
    elif isinstance(node, ast.UnaryOp):
        yield "sign dropped", _replacer(node.operand)
    elif isinstance(node, ast.Constant) and not isinstance(node.value, str):
        for value in CONSTANTS.get(repr(node.value), ()):
            yield f"{node.value} to {value}", _setter("value", value)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transposition dropped", _replacer(node.value)
    elif isinstance(node, ast.keyword) and node.arg == "axis":
        yield "axis changed", _setter("value", ast.Constant(1 - node.value.value))  # type: ignore
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for other in _variables(function) - {node.id}:
            if node.id in _variables(function):
                yield f"{node.id} to {other}", _setter("id", other)


def _variables(function: ast.FunctionDef) -> set[str]:
    stored = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return stored | {argument.arg for argument in function.args.args}


def _setter(field: str, value: Any) -> Callable[[Any], None]:
    return lambda node: setattr(node, field, value)


def _replacer(value: ast.expr) -> Callable[[Any], None]:
    """Turns a node into another expression in its place."""

    def replace(node: Any) -> None:
        new = copy.deepcopy(value)
        node.__class__ = new.__class__
        node.__dict__.clear()
        node.__dict__.update(new.__dict__)

    return replace


def task_function(source: str, task: Task) -> Callable[..., Any]:
    """The reference for the task in a module's source."""
    namespace: dict[str, Any] = {"__name__": "mutant"}
    exec(compile(source, "<mutant>", "exec"), namespace)
    return namespace["solution"].references[task.name]  # type: ignore[no-any-return]


def changed_values(
    task: Task, cases: list[Case], right: Callable[..., Any], mutant: Callable[..., Any]
) -> set[str]:
    """The returned values that the mutant gives differently on any of the cases."""
    changed: set[str] = set()
    for case in cases:
        expected = task.unpack(right(*task.call_arguments(copied(case.inputs))))
        try:
            result = mutant(*task.call_arguments(copied(case.inputs)))
            got = result if task.as_dict else task.unpack(result)
            changed |= {n for n in expected if n not in got or _differ(expected[n], got[n])}
        except Exception:
            return {value.name for value in task.returned}
    return changed


def _differ(expected: Any, got: Any) -> bool:
    expected, got = np.asarray(expected), np.asarray(got)
    if expected.shape != got.shape:
        return True
    scale = max(1e-3, float(np.max(np.abs(expected), initial=0.0)))
    return not bool(np.all(np.abs(expected - got) <= 1e-6 * scale))


def count(key: AnswerKey, task: Task, functions: set[str]) -> Count:
    """Makes every mutant of one task and asks the grader about those that change a value."""
    assert key.course.solution is not None
    assert key.course.solution_folder is not None
    source = (key.course.solution_folder / "solution.py").read_text(encoding="utf-8")
    sizes = key.course.solution.private_sizes
    drawn = [case for seed in SEEDS for case in private_cases(task, seed, 3, sizes)]
    ordinary = [case for case in drawn if case.kind == "ordinary"]
    right = key.course.solution.references[task.name]
    made = equivalent = rejected = 0
    survived = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for mutant in mutants_of(source, functions):
            made += 1
            try:
                function = task_function(mutant.source, task)
            except Exception:
                rejected += 1
                continue
            changed = changed_values(task, ordinary, right, function)
            if not changed:
                equivalent += 1
                continue
            _, _, rows = try_function(key, task, function)
            if any(row.points for row in rows if row.value in changed):
                survived.append(mutant.change)
            else:
                rejected += 1
    return Count(made, equivalent, rejected, tuple(survived))


STEPS = {"backward", "output_step", "hidden_step", "weight_step", "bias_step", "back_step"}
FUNCTIONS: dict[str, dict[str, set[str]]] = {
    "backprop": {
        "linear_backward": {"linear_backward"},
        "relu_backward": {"relu_backward"},
        "sigmoid_backward": {"sigmoid_backward", "sigmoid"},
    },
    "deep-net": {
        "loss_backward": {"loss_backward"},
        "network_backward": {"network_backward", "loss_backward", "sigmoid", *STEPS},
        "update_parameters": {"update_parameters"},
    },
    "scalar-net": {
        "gradient": {"gradient", "slopes", "sigmoid"},
        "update_step": {"update_step"},
    },
}


def main() -> None:
    """Prints the table of counts."""
    from tests.conftest import SEED, course_named

    print(f"{'task':20} {'mutants':>8} {'equivalent':>11} {'rejected':>9} {'survived':>9}")
    for name, functions in FUNCTIONS.items():
        key = make_answer_key(course_named(name), SEED)
        for task in key.course.assignment.tasks:
            found = count(key, task, functions[task.name])
            numbers = f"{found.made:8} {found.equivalent:11} {found.rejected:9}"
            print(f"{task.name:20} {numbers} {len(found.survived):9}", *found.survived)


if __name__ == "__main__":
    main()
