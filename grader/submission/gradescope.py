"""Reads who handed in what from the `submission_metadata.yml` of a Gradescope export."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

METADATA = "submission_metadata.yml"


@dataclass(frozen=True)
class Person:
    """A submitter, as far as the export says."""

    name: str
    email: str
    sid: str


@dataclass(frozen=True)
class Submitted:
    """One submission: its people, and when it was handed in."""

    people: tuple[Person, ...]
    submitted_at: datetime | None


Submitters = Mapping[str, Submitted]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Plain values only; what Ruby tags as an object of its own is read as the data it holds."""


def _untagged(loader: Any, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("", _untagged)


def read_metadata(text: str) -> Submitters:
    """The submissions by their folders' names; nothing from what is no such file."""
    try:
        said = yaml.load(text, _Loader)
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return {}
    if not isinstance(said, dict):
        return {}
    return {str(folder): _submitted(of) for folder, of in said.items() if isinstance(of, dict)}


def _submitted(said: dict[Any, Any]) -> Submitted:
    people = _field(said, "submitters")
    listed = [person for person in people if isinstance(person, dict)] if _is_list(people) else []
    named = tuple(
        Person(*(_text(_field(person, name)) for name in ("name", "email", "sid")))
        for person in listed
    )
    return Submitted(named, _time(_field(said, "created_at")))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _field(said: dict[Any, Any], name: str) -> Any:
    """A field by its name; Ruby writes its symbols with a colon in front."""
    return said.get(f":{name}", said.get(name))


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) else ""


def _time(said: Any) -> datetime | None:
    if isinstance(said, dict):
        said = _field(said, "utc")
    if isinstance(said, str):
        try:
            said = datetime.fromisoformat(said.strip())
        except ValueError:
            return None
    if not isinstance(said, datetime):
        return None
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).replace(microsecond=0)
