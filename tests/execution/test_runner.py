"""How a runner tells the judge what happens: soon, and several events at a time."""

import asyncio
import json
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

import pytest
from jupyter_core.utils import run_sync

from grader.execution import runner
from grader.execution.runner import Teller

Ends = tuple[Teller, Connection]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Who tells, and the judge's end."""
    reader, writer = Pipe(duplex=False)
    with reader, writer:
        yield Teller(writer), reader


def frame(reader: Connection) -> Any:
    assert reader.poll(5)
    return json.loads(reader.recv_bytes())


def test_what_happens_before_the_end_is_told_with_it(ends: Ends) -> None:
    tell, reader = ends
    tell("cell", index=1)
    tell("error", index=1, name="KeyError", text="'W1'")
    tell("end")
    assert [event["kind"] for event in frame(reader)] == ["cell", "error", "end"]
    assert not reader.poll()


def test_where_nothing_more_happens_it_is_told_while_the_cell_runs(ends: Ends) -> None:
    tell, reader = ends
    tell("cell", index=1)
    run_sync(asyncio.sleep)(4 * runner.SECONDS_TO_HOLD)
    assert frame(reader) == [{"kind": "cell", "index": 1}]
    tell("cell", index=2)
    run_sync(asyncio.sleep)(4 * runner.SECONDS_TO_HOLD)
    assert frame(reader) == [{"kind": "cell", "index": 2}]


def test_no_frame_is_larger_than_the_judge_reads(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LARGEST_TOGETHER", 400)
    monkeypatch.setattr(runner, "LARGEST_EVENT", 200)
    tell, reader = ends
    for text in ("a" * 100, "b" * 1000, "c" * 100, "d" * 100, "e" * 100):
        tell("answer", text=text)
    tell("end")
    told = [[event.get("text", "end")[:3] for event in frame(reader)] for _ in range(3)]
    assert told == [["aaa"], ["ccc", "ddd", "eee"], ["end"]]
    assert not reader.poll()
