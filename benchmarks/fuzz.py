"""Mutates notebooks and answers by the million, and watches how they are read.

    .venv/bin/python benchmarks/fuzz.py [MILLIONS]

Each must be read or refused, within bounds on time and memory. What breaks one is printed and
written to fuzz-found/, and the exit code is 1 then.
"""

import base64
import hashlib
import io
import json
import random
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from grader.execution.answers import Malformed, parse_messages
from grader.submission import Unreadable, read_notebook

SECONDS = 2.0
MEMORY = 2 * 2**30
WORDS = (
    b"[", b"]", b"{", b"}", b'"', b",", b":", b"null", b"NaN", b"1e999", b"-", b"\\ud800",
    b"\xff\xfe", b"\x00", b'"cells"', b'"source"', b'"kind"', b'"items"', b'"npy"', b'"id"',
    b"[" * 500, b"9" * 5000, b'{"a":' * 100, b"True", b"('", b"(1,)", b"fortran_order",
)  # fmt: skip
Edit = tuple[int, int, bytes]


def _npy(array: np.ndarray) -> str:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return base64.b64encode(buffer.getvalue()).decode()


def _leaf(array: np.ndarray) -> dict[str, str]:
    return {"kind": "array", "type": "ndarray", "npy": _npy(array)}


def _answers() -> Iterable[object]:
    yield {"definition": {"found": True, "callable": True, "type": "f", "signature": "(a)"}}
    yield {"id": "a", "raised": {"name": "E", "text": "t", "line": "l", "number": 1}}
    pair = {"kind": "tuple", "type": "tuple", "items": [_leaf(np.ones((2, 3))), _leaf(np.eye(2))]}
    named = {"kind": "dict", "names": ["dW"], "items": [_leaf(np.ones(3, np.float32))]}
    for returned in (pair, named, _leaf(np.asfortranarray(np.ones((2, 2)))), {"kind": "none"}):
        yield {"id": "b", "returned": returned, "after": pair, "warnings": ["w"]}


def _notebooks() -> Iterable[object]:
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**code, "source": ["a = 1\n", "b"]}, {"cell_type": "markdown", "source": "x"}]
    yield {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    yield {"nbformat": 4, "nbformat_minor": 2, "cells": [{**code, "source": "def f(): pass"}]}
    old = {"cell_type": "code", "input": "x = 1", "language": "python", "outputs": []}
    sheet = {"cells": [old, {"cell_type": "heading", "level": 1, "source": "h"}]}
    yield {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [sheet]}
    yield {"nbformat": 2, "worksheets": [{"cells": [old]}]}
    spec = {"kernelspec": {"name": "ir", "language": "R"}, "language_info": {"name": "R"}}
    yield {"nbformat": 4, "nbformat_minor": 4, "metadata": spec, "cells": cells}


ANSWERS = tuple(json.dumps([answer]).encode() for answer in _answers())
NOTEBOOKS = tuple(json.dumps(notebook).encode() for notebook in _notebooks())


def mutated(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The data after some edits: bytes put in, taken out, repeated, flipped, words put in."""
    for kind, where, what in edits:
        place = where % (len(data) + 1)
        if kind == 0:
            data = data[:place] + what + data[place:]
        elif kind == 1:
            data = data[:place] + data[place + 1 + len(what) :]
        elif kind == 2:
            data = data[:place] + what + data[place + len(what) :]
        elif kind == 3:
            data = data[:place] + data[place : place + 40] * 3 + data[place + 40 :]
        elif kind == 4:
            data = data[:place] + WORDS[len(what) * 31 % len(WORDS)] + data[place:]
        elif data:
            place %= len(data)
            data = data[:place] + bytes([data[place] ^ (1 << where % 8)]) + data[place + 1 :]
    return data


def read_submission(data: bytes) -> str:
    """Whether a notebook is read or refused, in words that can be shown."""
    try:
        notebook = read_notebook(data, ["f"])
    except Unreadable as why:
        return "refused" if str(why).isprintable() else f"says {str(why)!a}"
    assert all(isinstance(source, str) for _, source in notebook.cells)
    return "read"


def read_answer(data: bytes) -> str:
    """Whether an answer is decoded or refused; raises what the decoder should not."""
    try:
        parse_messages(data.decode("utf-8", "surrogateescape"))
    except Malformed:
        return "refused"
    return "read"


def _edits(rng: random.Random) -> list[Edit]:
    return [
        (rng.randrange(6), rng.randrange(2**16), rng.randbytes(rng.randrange(9)))
        for _ in range(rng.randrange(1, 9))
    ]


def _broken(data: bytes, read: Callable[[bytes], str]) -> str:
    """What is wrong with how the data were read, "" where nothing is."""
    began = time.perf_counter()
    try:
        outcome = read(data)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if outcome not in ("read", "refused"):
        return outcome
    took = time.perf_counter() - began
    return f"took {took:.1f} s" if took > SECONDS else ""


def main(count: int) -> int:
    """Tries so many of each; the number of kinds of trouble seen."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seen: dict[str, bytes] = {}
    for name, seeds, read in (
        ("notebook", NOTEBOOKS, read_submission),
        ("answer", ANSWERS, read_answer),
    ):
        rng = random.Random(name)
        began = time.monotonic()
        for _ in range(count):
            data = mutated(rng.choice(seeds), _edits(rng))
            trouble = _broken(data, read)
            if trouble and trouble[:40] not in seen:
                seen[trouble[:40]] = data
                print(f"{name}: {trouble[:200]}", flush=True)
        rate = count / (time.monotonic() - began)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{name}: {count:,} tried, {rate:,.0f} a second, at most {most} MB", flush=True)
    folder = Path("fuzz-found")
    for data in seen.values():
        folder.mkdir(exist_ok=True)
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return len(seen)


if __name__ == "__main__":
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    sys.exit(1 if main(int(millions * 1_000_000)) else 0)
