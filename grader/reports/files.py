"""Writes frames as CSV, Parquet and JSON, each file whole or not at all."""

import os
import re
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from grader.errors import ReportError

ROWS_AT_A_TIME = 50_000

# Some spreadsheets split at semicolons and tabs, and then see a cell where we see none.
_FORMULA = re.compile(r"^(?=[=+\-@\t\r])|(?<=[;\t\r\n])(?=[=+\-@])")


def write_frame(frame: pd.DataFrame, folder: Path, name: str) -> None:
    """Writes NAME.csv, NAME.parquet and NAME.json. Raises ReportError; old files stay then."""
    for write in writers_of(frame, folder, name):
        write()


def writers_of(frame: pd.DataFrame, folder: Path, name: str) -> list[Callable[[], None]]:
    """What writes NAME.csv, NAME.json and NAME.parquet, each its file. Each raises ReportError."""
    ways: dict[str, Callable[[Path], None]] = {
        "csv": lambda file: csv.write_csv(_table(defused(frame)), file),
        "json": lambda file: _write_json(frame, file),
        "parquet": lambda file: frame.to_parquet(file, index=False),
    }
    return [partial(replace_file, folder / f"{name}.{way}", ways[way]) for way in ways]


def write_csv(frame: pd.DataFrame, file: Path) -> None:
    """Writes rows as CSV, of which a spreadsheet runs nothing. Raises ReportError."""
    replace_file(file, lambda target: defused(frame).to_csv(target, index=False))


def _table(frame: pd.DataFrame) -> pa.Table:
    """The frame in Arrow's form, its categories as the texts that they stand for."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    plain = [
        field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(plain))


def _write_json(frame: pd.DataFrame, file: Path) -> None:
    """As `frame.to_json` does, which would hold all of the text at once."""
    with file.open("w", encoding="utf-8") as out:
        out.write("[")
        for start in range(0, len(frame), ROWS_AT_A_TIME):
            # As objects: pandas would look up each text of a category for itself.
            rows = frame.iloc[start : start + ROWS_AT_A_TIME].astype(object)
            text = rows.to_json(orient="records", indent=1, force_ascii=False)
            out.write(("," if start else "") + text.removeprefix("[").removesuffix("\n]"))
        out.write("\n]")


def replace_file(file: Path, write: Callable[[Path], None], *, durable: bool = True) -> None:
    """Lets `write` fill a temporary file, which takes the place of `file` when it is done.

    durable: it is on the disk before it does, so that not even a power cut leaves half of it.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            if durable:
                with temporary.open("rb") as written:
                    os.fsync(written.fileno())
            temporary.chmod(0o644)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(
            f"{file}: can't be written ({error.strerror or error}): {_mend(file)}"
        ) from None


def _mend(file: Path) -> str:
    if file.is_dir():
        return "move the folder of that name away"
    return "free some space, or choose another place"


def defused(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with text that a spreadsheet would run as a formula made harmless by a quote."""
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            # Few texts of a long column are different.
            texts = [text for text in safe[column].unique() if isinstance(text, str)]
            dangerous = {text: mended for text in texts if (mended := harmless(text)) != text}
            if dangerous:
                safe[column] = [dangerous.get(text, text) for text in safe[column]]
    return safe


def harmless(text: str) -> str:
    """The text, with a quote wherever a spreadsheet would begin to read a formula."""
    return _FORMULA.sub("'", text)
