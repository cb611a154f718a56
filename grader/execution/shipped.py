"""Hands modules of the grader's over to another interpreter, as text on its command line."""

import json
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).parent
ISOLATION = tuple(
    f"isolation.{name}"
    for name in (
        "system", "confinement", "private_root", "namespaces", "landlock", "syscalls", "rights",
    )
)  # fmt: skip

# A finder for modules that lie in a dict; packages are the names that others begin with.
_BOOT = """
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_loader

class Shipped(Loader, MetaPathFinder):
    def __init__(self, texts):
        self.texts = texts
    def find_spec(self, name, path=None, target=None):
        inner = any(other.startswith(name + ".") for other in self.texts)
        if name in self.texts or inner:
            return spec_from_loader(name, self, is_package=inner)
    def exec_module(self, module):
        text = self.texts.get(module.__name__, "")
        exec(compile(text, "<" + module.__name__ + ">", "exec"), module.__dict__)

sys.path[:] = [place for place in sys.path if place]
sys.meta_path.insert(0, Shipped(TEXTS))
"""


def program(modules: Iterable[str], start: str) -> str:
    """The text of a program that needs nothing of the grader's but itself.

    modules: names within grader.execution, standard library only, Python 3.8 or later.
    start: the one whose `main()` is called.
    """
    texts = {
        f"grader.execution.{name}": (PACKAGE / f"{name.replace('.', '/')}.py").read_text("utf-8")
        for name in modules
    }
    begin = f"from grader.execution.{start} import main\nmain()\n"
    return f"TEXTS = {json.dumps(texts)}\n{_BOOT}{begin}"
