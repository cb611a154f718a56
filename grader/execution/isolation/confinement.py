"""What a student's code is confined by: the layers, and what the machine's files look like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Layer = Literal["files", "network", "processes", "rights", "syscalls", "landlock", "limits"]

LAYERS: Mapping[Layer, str] = {
    "files": "a private root: libraries and interpreter, read-only; little room to write",
    "network": "no network but a loopback of its own",
    "processes": "a pid namespace and a /proc of its own; all in it ends with the kernel",
    "rights": "a user without rights: no capabilities, and no way to gain any",
    "syscalls": "a seccomp filter",
    "landlock": "a second lock on files and signals",
    "limits": "memory in all, processes, open files, file size, CPU seconds",
}
NAMESPACES: frozenset[Layer] = frozenset(("files", "network", "processes"))


@dataclass(frozen=True)
class Confinement:
    """The layers that are on, and which folders of the machine are seen through them.

    visible: folders shown read-only, beside the system's libraries.
    hidden: folders shown empty wherever they lie inside of a visible one.
    """

    layers: frozenset[Layer] = frozenset()
    visible: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def isolated(self) -> bool:
        """Whether the machine's files and network are out of reach."""
        return {"files", "network"} <= self.layers or self.without_namespaces

    @property
    def without_namespaces(self) -> bool:
        """Whether Landlock and the filter alone keep files and network out of reach."""
        return {"landlock", "syscalls"} <= self.layers and not NAMESPACES & self.layers
