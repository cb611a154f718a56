"""What of a folder somebody put there on purpose."""

from collections.abc import Iterator
from pathlib import Path


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Each file's path from the folder, and its content, in order; not what is hidden or cached.

    Editors, Jupyter, git and Python leave such files behind, and nobody means to hand them out.
    """
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        left_behind = any(part == "__pycache__" or part.startswith(".") for part in path.parts)
        if not left_behind and file.is_file():
            yield path.as_posix(), file.read_bytes()
