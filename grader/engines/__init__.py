"""Where the work is done. The unit of work is one submission, and doing it twice does no harm."""

from collections.abc import Mapping

from grader.engines import local

ENGINES: Mapping[str, local.Engine] = {"local": local.run}
