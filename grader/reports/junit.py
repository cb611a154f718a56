"""JUnit XML: a suite a student, a test a task; what CI systems show."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from grader.reports.files import replace_file

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(scores: pd.DataFrame, checks: pd.DataFrame, file: Path) -> None:
    """Writes one file for all students. A task is failed if any check is, skipped if not judged."""
    root = ElementTree.Element("testsuites", name="grader")
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    by_student = dict(iter(checks.groupby("student", sort=False, observed=True)))
    for row in scores.to_dict("records"):
        own = by_student.get(row["student"], checks.iloc[:0])
        suite = _suite(root, row, own)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
    for name, count in totals.items():
        root.set(name, str(count))
    ElementTree.indent(root)
    tree = ElementTree.ElementTree(root)
    replace_file(file, lambda f: tree.write(f, encoding="utf-8", xml_declaration=True))


def _suite(
    root: ElementTree.Element, row: dict[Hashable, Any], own: pd.DataFrame
) -> ElementTree.Element:
    student = _text(row["student"])
    suite = ElementTree.SubElement(root, "testsuite", name=student, time=str(row["seconds"]))
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for task, of_task in own.groupby("task", sort=False, observed=True):
        test = ElementTree.SubElement(
            suite, "testcase", classname=student, name=_text(task), time="0"
        )
        counts["tests"] += 1
        failed = of_task[of_task["outcome"] == "failed"]
        unjudged = of_task[of_task["outcome"] == "not_judged"]
        if not failed.empty:
            counts["failures"] += 1
            first = failed.iloc[0]
            node = ElementTree.SubElement(
                test, "failure", message=_text(first["message"]), type=_text(first["check"])
            )
            lines = failed.drop_duplicates(["value", "check", "message"])
            node.text = _text(
                "\n".join(
                    f"{r.value} {r.check} [{r.case}]: {r.message}" for r in lines.itertuples()
                )
            )
        elif not unjudged.empty:
            counts["skipped"] += 1
            message = _text(unjudged.iloc[0]["message"])
            ElementTree.SubElement(test, "skipped", message=message)
    for name, count in counts.items():
        suite.set(name, str(count))
    output = ElementTree.SubElement(suite, "system-out")
    output.text = _text(
        f"{row['status']}: {row['score']:g} of {row['max_score']:g} points. {row['message']}"
    )
    return suite


def _text(value: object) -> str:
    """Text without the characters that XML can't hold."""
    return _NOT_XML.sub("", str(value))
