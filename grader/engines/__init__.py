"""Where the work is done. The unit of work is one submission, and doing it twice does no harm."""

from collections.abc import Callable, Mapping

from grader.engines import local

Engine = Callable[..., object]

ENGINES: Mapping[str, Engine] = {"local": local.run}
