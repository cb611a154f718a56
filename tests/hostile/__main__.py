"""Writes the notebooks of the hostile class: `python -m tests.hostile`."""

from tests.hostile.attack import NOTEBOOKS
from tests.hostile.families import ATTACKS


def main() -> None:
    """The same files every time; what no attack is called any more is removed."""
    NOTEBOOKS.mkdir(exist_ok=True)
    for old in NOTEBOOKS.glob("*.ipynb"):
        if old.stem not in ATTACKS:
            old.unlink()
    for attack in ATTACKS.values():
        attack.file.write_text(attack.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
