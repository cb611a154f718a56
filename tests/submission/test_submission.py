"""Finding submissions, and reading notebooks that nobody vouches for."""

import json
import os
import stat
import sys
import zipfile
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import SubmissionsError
from grader.submission import (
    LARGEST_NOTEBOOK,
    Unreadable,
    find_submissions,
    on_roster,
    read_notebook,
)
from tests.notebooks import notebook, write


def students(place: Path) -> dict[str, str]:
    return {s.student: s.problem for s in find_submissions(place)}


def test_a_notebook_each_or_a_folder_each(tmp_path: Path) -> None:
    write(tmp_path / "ada.ipynb", "1")
    write(tmp_path / "Zoë Müller" / "Untitled 3.ipynb", "1")
    write(tmp_path / "O'Brien.ipynb", "1")
    write(tmp_path / ".ipynb_checkpoints" / "ada-checkpoint.ipynb", "1")
    (tmp_path / "notes.txt").write_text("no submission")
    assert students(tmp_path) == {"ada": "", "Zoë Müller": "", "O'Brien": ""}


def test_a_single_notebook(tmp_path: Path) -> None:
    assert students(write(tmp_path / "ada.ipynb", "1")) == {"ada": ""}


def test_two_notebooks_of_one_student_make_one_row_that_says_so(tmp_path: Path) -> None:
    write(tmp_path / "ada" / "a.ipynb", "1")
    write(tmp_path / "ada" / "b.ipynb", "1")
    found = students(tmp_path)
    assert found["ada"].startswith("2 notebooks were handed in (ada/a.ipynb, ada/b.ipynb)")


def test_a_folder_without_a_notebook_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "answer.py").write_text("")
    assert "no notebook in the folder bob" in students(tmp_path)["bob"]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    secret = write(tmp_path / "elsewhere" / "secret.ipynb", "1")
    inside = tmp_path / "class"
    write(inside / "ada.ipynb", "1")
    (inside / "eve.ipynb").symlink_to(secret)
    (inside / "mal").symlink_to(secret.parent)
    (inside / "gone.ipynb").symlink_to(inside / "nowhere")
    found = students(inside)
    assert found.pop("ada") == ""
    assert set(found) == {"eve", "mal", "gone"}
    assert all("link that leads to another place" in problem for problem in found.values())


def test_a_link_to_another_students_notebook_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "ada" / "mine.ipynb", "1")
    (tmp_path / "eve.ipynb").symlink_to("ada/mine.ipynb")
    (tmp_path / "mal").mkdir()
    (tmp_path / "mal" / "x.ipynb").symlink_to("../ada/mine.ipynb")
    (tmp_path / "zoe").symlink_to("ada")
    found = students(tmp_path)
    assert found.pop("ada") == ""
    assert set(found) == {"eve", "mal", "zoe"}
    assert all("is a link" in problem for problem in found.values())


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_is_a_row_that_can_be_written(tmp_path: Path) -> None:
    write(tmp_path / "no\udcfftext.ipynb", "1")
    (found,) = find_submissions(tmp_path)
    assert (found.student, found.path) == ("no\\udcfftext", "no\\udcfftext.ipynb")
    assert found.read()


def test_a_path_is_shown_without_escapes(tmp_path: Path) -> None:
    (tmp_path / "eve\x1b[2J\n.ipynb").symlink_to("/nowhere")
    (found,) = find_submissions(tmp_path)
    assert found.path == "eve[2J.ipynb"
    assert found.problem.isprintable()


def test_a_name_is_text_and_one_line(tmp_path: Path) -> None:
    write(tmp_path / "eve\x1b[31m\nroot.ipynb", "1")
    assert students(tmp_path) == {"eve[31mroot": ""}


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux")
def test_names_that_are_no_text_are_readable_and_each_its_own(tmp_path: Path) -> None:
    for name in (b"bad\xff.ipynb", b"bad\xfe.ipynb"):
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_text("{}")
    found = find_submissions(tmp_path)
    assert {s.student for s in found} == {"bad\\udcff", "bad\\udcfe"}
    assert "".join(s.path for s in found).encode()
    assert all(s.read() == b"{}" for s in found)


@pytest.mark.parametrize("make", ["nothing", "empty"])
def test_no_submissions_at_all_is_the_callers_mistake(tmp_path: Path, make: str) -> None:
    place = tmp_path / "class"
    if make == "empty":
        place.mkdir()
    with pytest.raises(SubmissionsError, match="class: no"):
        find_submissions(place)


def zipped(file: Path, *names: str) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, json.dumps(notebook("1")))
    return file


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ada.ipynb", "bob.ipynb"], {"ada", "bob"}),
        (["class/ada.ipynb", "class/bob.ipynb"], {"ada", "bob"}),
        (["class/ada/x.ipynb", "class/bob/y.ipynb", "__MACOSX/class/._x.ipynb"], {"ada", "bob"}),
        (["ada/x.ipynb"], {"ada"}),
        (["../../eve.ipynb", "ada.ipynb"], {"eve", "ada"}),
        (["/etc/eve.ipynb", "ada.ipynb"], {"etc", "ada"}),
    ],
)
def test_zips(tmp_path: Path, names: list[str], expected: set[str]) -> None:
    found = students(zipped(tmp_path / "class.zip", *names))
    assert set(found) == expected
    assert list(tmp_path.iterdir()) == [tmp_path / "class.zip"]


def test_a_path_from_the_root_in_a_zip_is_one_like_others(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("/ada.ipynb", "{}")
        archive.writestr("bob.ipynb", "{}")
    found = find_submissions(tmp_path / "class.zip")
    assert {s.student: s.read() for s in found} == {"ada": b"{}", "bob": b"{}"}


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "class.zip"
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("eve.ipynb")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "is a link" in students(file)["eve"]


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_member_of_a_zip_is_one_row_s_trouble(tmp_path: Path, packed: int) -> None:
    file = tmp_path / "class.zip"
    with zipfile.ZipFile(file, "w", packed) as archive:
        for name in ("ada.ipynb", "bob.ipynb"):
            archive.writestr(name, json.dumps(notebook(*(f"x{n} = {n}" for n in range(99)))))
        start = archive.getinfo("ada.ipynb").header_offset + 30 + len("ada.ipynb")
    data = bytearray(file.read_bytes())
    data[start : start + 40] = b"\xff" * 40
    file.write_bytes(data)
    ada, bob = find_submissions(file)
    with pytest.raises(Unreadable, match="the file can't be read"):
        ada.read()
    assert bob.read()


def test_why_a_file_can_not_be_read_is_said_without_paths_of_the_instructors(
    tmp_path: Path,
) -> None:
    file = write(tmp_path / "ada.ipynb", "1")
    (ada,) = find_submissions(tmp_path)
    file.unlink()
    with pytest.raises(Unreadable) as raised:
        ada.read()
    assert str(raised.value) == "the file can't be read: No such file or directory"


def test_what_is_no_zip_says_so(tmp_path: Path) -> None:
    file = tmp_path / "class.zip"
    file.write_text("no zip")
    with pytest.raises(SubmissionsError, match=r"class\.zip: not a zip"):
        find_submissions(file)


def test_a_huge_notebook_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "ada.ipynb"
    with file.open("wb") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(Unreadable, match="too large: 200 MB"):
        find_submissions(file)[0].read()


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "class.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ada.ipynb", b"\0" * (LARGEST_NOTEBOOK + 1))
    with pytest.raises(Unreadable, match="too large"):
        find_submissions(file)[0].read()


def test_the_roster_adds_who_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "ada.ipynb", "1")
    found = on_roster(find_submissions(tmp_path), ["ada", "bob"])
    assert [(s.student, s.file is None) for s in found] == [("ada", False), ("bob", True)]


def sources(content: Any, *functions: str) -> list[str]:
    return [source for _, source in read_notebook(json.dumps(content).encode(), functions).cells]


def test_code_cells_are_numbered_among_all_cells() -> None:
    content = notebook("a = 1", "b = 2")
    content["cells"].insert(1, {"cell_type": "markdown", "metadata": {}, "source": ["# x"]})
    assert read_notebook(json.dumps(content).encode()).cells == ((1, "a = 1"), (3, "b = 2"))


def test_sources_may_be_lists_of_lines() -> None:
    content = notebook("")
    content["cells"][0]["source"] = ["a = 1\n", "b = 2"]
    assert sources(content) == ["a = 1\nb = 2"]


def test_old_versions_are_upgraded() -> None:
    cell = {
        "cell_type": "code",
        "input": ["x = 3"],
        "outputs": [],
        "language": "python",
        "metadata": {},
    }
    heading = {"cell_type": "heading", "level": 1, "source": "Title", "metadata": {}}
    sheets = [{"cells": [heading, cell], "metadata": {}}]
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": sheets}
    assert sources(old) == ["x = 3"]


@pytest.mark.parametrize("said", [{"nbformat": "4"}, {"nbformat": 5}, {"worksheets": []}])
def test_cells_are_read_whatever_stands_beside_them(said: dict[str, Any]) -> None:
    assert sources({**notebook("x = 1"), **said}) == ["x = 1"]


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_end_as_python_ends_them(end: str) -> None:
    assert sources(notebook(f"x = 1{end}y = 2")) == ["x = 1\ny = 2"]


def test_half_a_character_in_a_cell_spoils_nothing_else() -> None:
    data = json.dumps(notebook("a = '\ud800'", "b = '\U0001f600'")).encode()
    assert [source for _, source in read_notebook(data).cells] == ["a = '?'", "b = '\U0001f600'"]


def test_what_nbformat_writes_is_read() -> None:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x = 1")])
    assert read_notebook(nbformat.writes(made).encode()).cells == ((1, "x = 1"),)


def test_a_byte_order_mark_is_no_mistake() -> None:
    data = json.dumps(notebook("x")).encode("utf-8-sig")
    assert read_notebook(data).cells == ((1, "x"),)


def test_a_kernel_of_another_language_around_python_code_is_run() -> None:
    kernel = {"name": "ir", "display_name": "R", "language": "R"}
    content = notebook("def relu_backward(dA, Z):\n    return dA", kernelspec=kernel)
    assert len(sources(content, "relu_backward")) == 1


@pytest.mark.parametrize(
    "source", ["def relu_backward (dA, Z): return dA", "relu_backward = lambda dA, Z: dA"]
)
def test_python_is_known_however_the_function_is_written(source: str) -> None:
    julia = {"name": "julia-1.9", "language": "julia"}
    assert sources(notebook(source, kernelspec=julia), "relu_backward") == [source]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the file is empty"),
        (b" \n ", "the file is empty"),
        (b"hello", "the file is no JSON"),
        (b'{"cells": [', "damaged or cut off"),
        (b"<!DOCTYPE html><html>", "it is a web page"),
        (b"%PDF-1.7", "it is a PDF"),
        (b"[]", "it is JSON, but has no cells"),
        (b'{"a": 1}', "it is JSON, but has no cells"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"cells": ' + b"[" * 90 + b"]" * 90 + b"}", "nested too deeply"),
        (b'{"cells": 7}', "not a notebook that nbformat understands"),
        (b'{"cells": [7], "nbformat": 4}', "not a notebook that nbformat understands"),
        (b'{"cells": [], "nbformat": 4}', "there is no code"),
        (b'{"worksheets": [], "nbformat": 3}', "there is no code"),
        (b'{"cells": [], "nbformat": 99}', "there is no code"),
        (b"\xff\xfe\x00", "no JSON"),
    ],
)
def test_says_why_it_can_not_be_read(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read_notebook(data)


def test_code_in_another_language_is_named() -> None:
    info = {"name": "R"}
    with pytest.raises(Unreadable, match="written in R, not in Python"):
        sources(notebook("f <- function(x) x", language_info=info), "relu_backward")


@pytest.mark.parametrize("value", [b"[]", b"{}", b'""', b"0"])
def test_few_bytes_that_are_many_values_are_not_parsed(value: bytes) -> None:
    with pytest.raises(Unreadable, match="more than 2,000,000 values"):
        read_notebook(b'{"cells": [' + b",".join([value] * 2_000_001) + b"]}")


def test_too_many_cells_are_counted_before_they_are_converted() -> None:
    with pytest.raises(Unreadable, match="more than 2000 cells"):
        read_notebook(b'{"cells": [' + b",".join([b"7"] * 100_000) + b"]}")


def test_too_many_cells() -> None:
    with pytest.raises(Unreadable, match="more than 2000 cells"):
        sources(notebook(*["1"] * 2001))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["cells", "cell_type", "source", "nbformat", "metadata", "worksheets"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(ANYTHING)
@settings(max_examples=200, deadline=None)
def test_any_json_is_read_or_refused_with_a_reason(content: Any) -> None:
    try:
        read_notebook(json.dumps(content).encode())
    except Unreadable as why:
        assert str(why)
