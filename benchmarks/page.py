"""Writes docs/benchmarks.md and its picture from what was measured, and from nothing else."""

from collections.abc import Iterator, Sequence
from math import nan
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.contestants import CONTESTANTS, Grader
from benchmarks.results import failures, frame_of, machine_of
from benchmarks.studies import USUAL_CELLS
from grader.execution.isolation import LAYERS

PAGE, PICTURE = "benchmarks.md", "benchmarks.svg"
ORDER = [contestant.name for contestant in CONTESTANTS]
COLOURS = dict(
    zip(ORDER, ("#0072B2", "#D55E00", "#CC79A7", "#E69F00", "#009E73", "#888888"), strict=True)
)
STUDIES = ("side-by-side", "shares", "cores", "sandbox", "cold-start", "class-size")


SPENT_ON = {
    "judge": "decoding answers, the verdict",
    "runner": "nbclient's part of a cell (about 0.4 ms), handing answers on",
    "kernel and its supervisor": (
        "IPython's part of a cell (about 0.6 ms), the calls, pages that forks copy, namespaces"
    ),
    "forking both": "copying page tables",
}
WOULD_HALVE = (
    "What would halve the rest: a kernel's memory is copied page by page as it touches it, some"
    " 2,400 pages of\n3 µs each, and taken down again, which is a third of its share; objects that"
    " are not written to when they\nare read would save most of that. A cell's own share is"
    " IPython's parsing and compiling."
)


def write(results: Path, docs: Path) -> list[Path]:
    """The files written: the page, and the picture where there is something to draw."""
    page, picture = docs / PAGE, docs / PICTURE
    drawn = _draw(results, picture)
    blocks = ["# Benchmarks", _opening(results)]
    if drawn:
        blocks.append(f"![Seconds a notebook of each grader, by code cells]({PICTURE})")
    for section in (
        _side_by_side,
        _by_task,
        _shares,
        _cores,
        _class_sizes,
        _sandbox,
        _cold_start,
        _failed,
    ):
        blocks.extend(section(results))
    blocks.extend(_method())
    page.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return [page, picture] if drawn else [page]


def _opening(results: Path) -> str:
    machines = [machine for study in STUDIES if (machine := machine_of(results, study))]
    if not machines:
        return "Nothing is measured yet."
    rows = [[name, value] for name, value in machines[0].items()]
    return (
        "Measured and written by `python -m benchmarks all`; times are medians, on the wall.\n\n"
        + _table(["machine", ""], rows)
    )


def _own(results: Path) -> pd.DataFrame:
    """Median seconds a notebook: a row a task, a column a contestant."""
    frame = frame_of(results, "side-by-side")
    if frame.empty:
        return frame
    medians = frame.groupby(["kind", "cells", "contestant"])["own"].median().unstack()
    return medians[[name for name in ORDER if name in medians]]


def _side_by_side(results: Path) -> Iterator[str]:
    frame = frame_of(results, "side-by-side")
    if frame.empty:
        return
    usual = frame[(frame["kind"] == "right") & (frame["cells"] == USUAL_CELLS)]
    if usual.empty:
        return
    by = usual.groupby("contestant")[["own", "start"]]
    medians, least, most = by.median(), by.min()["own"], by.max()["own"]
    ours = medians["own"].get(Grader.name, float("nan"))
    rows = [
        [
            _title(name),
            _seconds(medians["own"][name]),
            f"{_seconds(least[name])} – {_seconds(most[name])}",
            _seconds(medians["start"][name]),
            _times(medians["own"][name] / ours),
            str(int((usual["contestant"] == name).sum())),
        ]
        for name in ORDER
        if name in medians.index
    ]
    yield "## Side by side"
    yield (
        f"One notebook of {USUAL_CELLS} code cells, all of them right; one worker; the grader with"
        " its sandbox on.\nAll ran in turn, round by round. *Own* is what one more notebook takes;"
        " *start* is what the program\ntakes besides, once a run. A program that is run for each"
        " notebook starts in each: there, it is in *own*."
    )
    heads = ["", "own, s", "least – most", "start, s", "own, of the grader's", "rounds"]
    yield _table(heads, rows)


def _by_task(results: Path) -> Iterator[str]:
    own = _own(results)
    if own.empty:
        return
    yield "## By notebook"
    yield "Seconds of one more notebook, medians; in brackets how many times the grader's."
    rows = []
    for (kind, cells), seconds in own.iterrows():
        ours = seconds.get(Grader.name, float("nan"))
        shown = [
            _seconds(value) + ("" if name == Grader.name else f" ({_times(value / ours)})")
            for name, value in seconds.items()
        ]
        rows.append([f"{kind}, {cells} cells", *shown])
    yield _table(["notebook", *(_title(name) for name in own.columns)], rows)


def _shares(results: Path) -> Iterator[str]:
    frame = frame_of(results, "shares")
    if frame.empty:
        return
    medians = frame.drop(columns=["study", "round"]).median()
    wall, unlike = medians.pop("wall"), medians.pop("unlike")
    yield "## Where the time goes"
    yield (
        f"Processor time of one notebook of {USUAL_CELLS} code cells, by the process that spends"
        f" it; {wall:.0f} ms pass on the\nwall meanwhile. Nothing of it is the student's own code,"
        " which takes less than a millisecond here."
    )
    rows = [[name, f"{value:.0f}", SPENT_ON[name]] for name, value in medians.items()]
    yield _table(["process", "ms", "on"], [*rows, ["**all**", f"{medians.sum():.0f}", ""]])
    yield (
        "All notebooks here answer the same, and what the same answers come to is judged once and"
        f" remembered.\nAnswers that nobody gave before cost the judge {unlike:.1f} ms more."
    )
    yield WOULD_HALVE


def _cores(results: Path) -> Iterator[str]:
    frame = frame_of(results, "cores")
    if frame.empty:
        return
    rate = frame.groupby(["jobs", "cores"])["rate"].median()
    most = frame["cores"].max()
    yield "## Cores"
    yield (
        "Notebooks a second, start-up taken out, reports written. One job is a kernel, a runner"
        " and a judge,\nand what they can they do at the same time: where there is a second core,"
        " one job uses some of it, too.\nSo jobs are counted in two ways: each kept to a core,"
        " which is how parallel efficiency is defined,\nand free to use all."
    )
    rows = []
    for jobs in sorted(set(frame["jobs"])):
        cells = [str(jobs)]
        for may_use, one in ((jobs, 1), (most, most)):
            found, of_one = (rate.get(key, nan) for key in ((jobs, may_use), (1, one)))
            cells += [f"{found:.1f}", f"{found / (jobs * of_one):.0%}"]
        rows.append(cells)
    yield _table(
        [
            "`--jobs`",
            "on as many cores, a second",
            "of as many times one job's",
            f"on all {most} cores, a second",
            "of as many times one job's",
        ],
        rows,
    )


def _class_sizes(results: Path) -> Iterator[str]:
    frame = frame_of(results, "class-size")
    if frame.empty:
        return
    yield "## Size of the class"
    yield (
        "Synthetic students, a quarter each right, wrong, raising and plotting, on all cores; from"
        " the command\nto its end, reports written. *Again* is the same command with nothing"
        " changed. *Judge* is the most\nmemory that the process held which reads, judges and"
        " reports."
    )
    rows = [
        [
            f"{row.students:,}",
            _seconds(row.first),
            _seconds(row.first / row.students),
            _seconds(row.again),
            f"{row.megabytes:.0f}",
        ]
        for row in frame.itertuples()
    ]
    yield _table(["students", "first, s", "a student, s", "again, s", "judge, MB"], rows)


def _sandbox(results: Path) -> Iterator[str]:
    frame = frame_of(results, "sandbox")
    if frame.empty:
        return
    seconds = frame.groupby("layers")["seconds"].median()
    yield "## What the sandbox costs"
    yield "A run of one small notebook, confined by a layer and by all those above it."
    there = [name for name in ("none", *LAYERS) if name in seconds]
    rows = [
        [name, LAYERS.get(name, ""), _ms(seconds[name]), f"{1000 * (seconds[name] - before):+.0f}"]
        for name, before in zip(there, [seconds[there[0]], *seconds[there]], strict=False)
    ]
    yield _table(["layer", "", "a run, ms", "more than the one above, ms"], rows)


def _cold_start(results: Path) -> Iterator[str]:
    frame = frame_of(results, "cold-start")
    if frame.empty:
        return
    seconds = frame.groupby("command", sort=False)["seconds"].median()
    yield "## From nothing"
    yield "From the command to its end."
    yield _table(["command", "s"], [[f"`{name}`", _seconds(s)] for name, s in seconds.items()])


def _failed(results: Path) -> Iterator[str]:
    said = [text for study in STUDIES for text in failures(results, study)]
    if said:
        yield "## Not measured"
        yield "\n".join(f"- {text.splitlines()[0][:200]}" for text in said)


def _method() -> Iterator[str]:
    yield "## How it is measured"
    rows = [
        [_title(contestant.name), " ".join((contestant.__doc__ or "").split()),
         f"{contestant.many}" + (f" less {contestant.few}" if contestant.few else "")]
        for contestant in CONTESTANTS
    ]  # fmt: skip
    yield _table(["", "what is timed", "notebooks"], rows)
    yield (
        "All run the same code cells. nbgrader and Otter test the same three functions with tests"
        " of their own:\nthree sizes each, asserted with NumPy. The grader asks"
        " [all that it asks](students.md#what-is-asked-of-each-function).\nOf a class of the larger"
        " number the time for the smaller one is taken off, and the rest divided.\nnbgrader and"
        " Otter have an environment each; the others share the grader's."
    )
    yield (
        "To repeat it, in the repository's folder (the first run installs nbgrader and Otter below"
        " `~/.cache`,\nor where `--cache` says):"
    )
    yield "```sh\n.venv/bin/python -m benchmarks all\n.venv/bin/python -m benchmarks --help\n```"
    yield "What was measured lies in `benchmarks/results.jsonl`, a line a number."


def _draw(results: Path, file: Path) -> bool:
    own = _own(results)
    if own.empty or "right" not in own.index.get_level_values("kind"):
        return False
    style = {"svg.fonttype": "none", "svg.hashsalt": "benchmarks", "font.family": "sans-serif"}
    with mpl.rc_context(style):
        figure = Figure(figsize=(8, 4.2), layout="constrained")
        _lines(figure.subplots(), own.loc["right"])
        figure.savefig(file, metadata={"Date": None})
    return True


def _lines(axes: Axes, own: pd.DataFrame) -> None:
    """One line a contestant, named at its end rather than in a legend."""
    for name in own.columns:
        line = own[name].dropna()
        if line.empty:
            continue
        style = "--" if name == "floor" else "-"
        axes.plot(line.index, line, style, color=COLOURS[name], marker="o", markersize=4)
    _labels(axes, own.ffill().iloc[-1], x=float(own.index.max()))
    axes.set(xscale="log", yscale="log", xlabel="code cells", ylabel="seconds a notebook")
    axes.set_xticks(list(own.index), [str(size) for size in own.index], minor=False)
    axes.minorticks_off()
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _labels(axes: Axes, last: "pd.Series[float]", x: float) -> None:
    """Names beside the lines' ends, moved apart where they would touch."""
    placed = 0.0
    for name, value in last.dropna().sort_values().items():
        placed = max(float(value), placed * 1.35)
        axes.annotate(
            str(name), (x, placed), (8, 0), textcoords="offset points",
            va="center", color=COLOURS[str(name)], fontsize=9, annotation_clip=False,
        )  # fmt: skip


def _title(name: str) -> str:
    return f"**{name}**" if name == Grader.name else name


def _seconds(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def _ms(value: float) -> str:
    return f"{1000 * value:.0f}"


def _times(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1f}×" if value < 10 else f"{value:.0f}×"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
