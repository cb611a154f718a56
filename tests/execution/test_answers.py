"""Decoding what a kernel says: arrays as they were sent, everything else refused."""

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.execution.answers import Answer, Leaf, Malformed, clean, parse_message, parse_messages


def npy(array: Any) -> str:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return base64.b64encode(buffer.getvalue()).decode()


def message(**fields: Any) -> dict[str, Any]:
    whole = {"id": "a", "returned": {"kind": "none"}, "after": {"kind": "none"}, "warnings": []}
    return {**whole, **fields}


def with_header(header: str, data: bytes = b"") -> str:
    padded = header.encode() + b" " * (118 - len(header)) + b"\n"
    raw = b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + data
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "u1", "?", "c16", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_through_as_they_were(dtype: str, order: Any) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype, order=order)
    _, answer = parse_message(message(returned={"kind": "array", "type": "x", "npy": npy(array)}))
    assert isinstance(answer, Answer)
    assert isinstance(answer.returned, Leaf)
    assert np.array_equal(answer.returned.array, array)  # type: ignore[arg-type]


def test_nested_values_keep_their_nesting() -> None:
    leaf = {"kind": "array", "type": "ndarray", "npy": npy(np.ones(1))}
    tree = {"kind": "tuple", "items": [leaf, {"kind": "dict", "names": ["dW"], "items": [leaf]}]}
    _, answer = parse_message(message(returned=tree))
    assert answer.returned[1]["dW"].array.shape == (1,)  # type: ignore[union-attr, index, call-overload]


BAD_ARRAYS = {
    "10^12 elements": with_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    ),
    "negative": with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2), }"),
    "objects": with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"\0" * 8),
    "records": with_header(
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", b"\0" * 8
    ),
    "too few bytes": with_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", b"\0"
    ),
    "too many bytes": with_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }", b"\0"
    ),
    "text": with_header("{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }", b"\0" * 4),
    "code": with_header("__import__('os').system('true')"),
    "deep": with_header("(" * 110),
    "nothing, of 10^21": with_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (9999999, 9999999, 9999999, 0), }"
    ),
    "20 dimensions": with_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }" % ("1," * 20)
    ),
    "not base64": "!!!",
    "a number": 7,
    "nothing": None,
}


@pytest.mark.parametrize("kind", BAD_ARRAYS)
def test_refuses_an_array_of(kind: str) -> None:
    with pytest.raises(Malformed):
        parse_message(message(returned={"kind": "array", "type": "x", "npy": BAD_ARRAYS[kind]}))


@pytest.mark.parametrize(
    "text",
    ["", "7", "{", '{"id": 3}', "[" * 100_000, "9" * 10_000, "NaN", f"[{'1,' * 2000}1]"],
)
def test_refuses_what_are_no_messages(text: str) -> None:
    with pytest.raises(Malformed):
        parse_messages(text)


def test_a_message_out_of_form_spoils_no_other() -> None:
    said = [7, {"definition": 1}, {"id": "b", "returned": {}}, message(), {"id": 3}, None]
    assert parse_messages(json.dumps(said)) == [("a", Answer("returned", Leaf(None, "None")))]


def test_refuses_trees_that_are_too_deep() -> None:
    tree: dict[str, Any] = {"kind": "none"}
    for _ in range(10):
        tree = {"kind": "tuple", "items": [tree]}
    with pytest.raises(Malformed):
        parse_message(message(returned=tree))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "kind", "items", "names", "npy", "type", "returned", "raised"]),
            children,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=300, deadline=None)
def test_any_json_is_a_message_or_refused(said: Any) -> None:
    assert len(parse_messages(json.dumps([said]))) <= 1


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_an_array_or_refused(data: bytes) -> None:
    said = base64.b64encode(b"\x93NUMPY\x01\x00" + data).decode()
    try:
        parse_message(message(returned={"kind": "array", "type": "x", "npy": said}))
    except Malformed:
        return


def test_text_of_strangers_is_cleaned_and_cut() -> None:
    assert clean("a\x1b[31mb\x00\u202ec\n", 100) == "a[31mbc\n"
    assert clean("\ud800x\u061c\ufeff\u0378\u2028é李🙂", 100) == "xé李🙂"
    assert clean("x" * 50, 10) == "x" * 9 + "…"
