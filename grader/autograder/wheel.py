"""The grader itself as a wheel, made from what is installed; and the versions it runs with."""

import base64
import hashlib
import io
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import grader
from grader.folders import files_below

NAME = "grader"
PACKAGES = ("grader", "grader_pytest")
_WHEEL = "Wheel-Version: 1.0\nGenerator: grader\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same file for the same contents


def wheel() -> tuple[str, bytes]:
    """The file's name and its contents."""
    installed = distribution(NAME)
    about = f"{NAME}-{installed.version}.dist-info"
    files = dict(_package())
    files[f"{about}/METADATA"] = (installed.read_text("METADATA") or "").encode()
    files[f"{about}/WHEEL"] = _WHEEL.encode()
    files[f"{about}/entry_points.txt"] = (installed.read_text("entry_points.txt") or "").encode()
    record = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in files.items()]
    record.append(f"{about}/RECORD,,")
    files[f"{about}/RECORD"] = "\n".join([*record, ""]).encode()
    return f"{NAME}-{installed.version}-py3-none-any.whl", zipped(files)


def constraints() -> str:
    """The version of everything that the grader needs, as installed here, for pip."""
    versions: dict[str, str] = {}
    todo = [NAME]
    while todo:
        for needed in distribution(todo.pop()).requires or ():
            name = re.split(r"[^\w.-]", needed, maxsplit=1)[0].lower()
            if "extra ==" in needed or name in versions:
                continue
            try:
                versions[name] = distribution(name).version
            except PackageNotFoundError:
                continue  # needed on other systems only
            todo.append(name)
    return "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))


def zipped(files: dict[str, bytes], *, executable: frozenset[str] = frozenset()) -> bytes:
    """A zip of these files."""
    whole = io.BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = ZipInfo(name, _LONG_AGO)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = (0o100755 if name in executable else 0o100644) << 16
            archive.writestr(info, data)
    return whole.getvalue()


def _package() -> Iterator[tuple[str, bytes]]:
    home = Path(grader.__file__).parent.parent
    for package in PACKAGES:
        for path, content in files_below(home / package):
            yield f"{package}/{path}", content


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
