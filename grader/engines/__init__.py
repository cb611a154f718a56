"""Where the work is done. The unit of work is one submission, and doing it twice does no harm."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import cast

from grader.engines.work import Engine, Place, Work, cores_here
from grader.errors import UsageError

__all__ = ["ENGINES", "Engine", "Place", "Work", "cores_here", "engine"]

ENGINES: Mapping[str, str] = {"local": "grader.engines.local", "dask": "grader.engines.dask"}


def engine(name: str) -> Engine:
    """The engine of that name, imported only now: what it needs may not be installed.

    Raises UsageError where it is not.
    """
    try:
        return cast(Engine, import_module(ENGINES[name]).run)
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"--engine {name} needs {missing.name}, which is not installed:"
            f" run {sys.executable} -m pip install 'grader[{name}]'"
        ) from None
