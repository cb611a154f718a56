"""Runs inside the student's kernel: calls one function on each input, sends back what it returns.

Sent as text, run under whatever Python (3.8 or later) the course uses, with numpy alone.
It knows inputs only: no expected value, no name of a case.
"""

import base64
import contextlib
import inspect
import io
import json
import linecache
import sys
import threading
import time
import traceback
import warnings

MIME = "application/vnd.grader.answer+json"
# Bytes of one array, and of the text of one answer with all its arrays.
LARGEST = 1024 * 1024
LARGEST_ANSWER = 4 * LARGEST
DEEPEST = 6
MOST_ITEMS = 64
MOST_DIMENSIONS = 8
SECONDS_TO_HOLD = 0.025
SAME = "same"
HEADERS = {}
# What is to be called, by the function's name: put here before the function is asked.
PLANS = {}
SECONDS_TO_GO_OUT = 0.005


class Nowhere(io.TextIOBase):
    """Takes what a function prints, so that no flood of text delays the answers."""

    def write(self, text):
        return len(text)


class Sender:
    """Sends messages several at a time: each costs both sides more than the answer in it.

    When the kernel is killed, those that wait are lost. If `careful`, none ever waits.
    """

    def __init__(self, careful):
        self.careful = careful
        self.waiting = []
        self.size = 0
        self.sent_at = time.monotonic()

    def take(self, message):
        text = json.dumps(message)
        if len(text) > LARGEST_ANSWER:
            too_large = {"kind": "other", "type": "arrays that are too large to send"}
            text = json.dumps({"id": message["id"], "returned": too_large, "after": SAME})
        self.waiting.append(text)
        self.size += len(text)
        held = time.monotonic() - self.sent_at
        if self.careful or held > SECONDS_TO_HOLD or self.size > LARGEST:
            self.send()

    def send(self):
        from IPython import get_ipython

        shell = get_ipython()
        if self.waiting:
            shell.display_pub.publish({MIME: "[%s]" % ",".join(self.waiting)}, {})
        thread = shell.kernel.iopub_thread
        if self.careful and thread is not None:
            # Such a kernel hands messages to one thread, and that to another, before they are out.
            handed_on = threading.Event()
            thread.schedule(handed_on.set)
            handed_on.wait(1)
            time.sleep(SECONDS_TO_GO_OUT)
        self.waiting = []
        self.size = 0
        self.sent_at = time.monotonic()


def decode(node):
    """The argument that `node` describes, fresh and writable, in its memory layout."""
    import numpy as np

    kind = node["kind"]
    if kind == "float":
        return node["value"]
    if kind == "tuple":
        return tuple(decode(item) for item in node["items"])
    if kind == "list":
        return [decode(item) for item in node["items"]]
    if kind == "dict":
        return {name: decode(item) for name, item in zip(node["names"], node["items"])}
    data = base64.b64decode(node["data"])
    array = np.frombuffer(data, node["dtype"]).reshape(node["shape"]).copy()
    if node["layout"] == "F":
        return np.asfortranarray(array)
    if node["layout"] == "strided":
        room = np.zeros([2 * size for size in array.shape], array.dtype)
        view = room[tuple(slice(None, None, 2) for _ in array.shape)]
        view[...] = array
        return view
    return array


def encode(value, depth=0):
    """A plain description of a returned value: arrays as .npy bytes, the rest by its type."""
    import numpy as np

    name = text_of(type(value).__name__, 100)
    if value is None:
        return {"kind": "none"}
    if isinstance(value, tuple) or _nests(value):
        if depth < DEEPEST and len(value) <= MOST_ITEMS:
            items = [encode(item, depth + 1) for item in value]
            return {"kind": "tuple", "type": name, "items": items}
        return {"kind": "other", "type": "%s of %d items" % (name, len(value))}
    if isinstance(value, dict):
        if depth < DEEPEST and len(value) <= MOST_ITEMS:
            names = [text_of(key, 64) for key in value]
            items = [encode(item, depth + 1) for item in value.values()]
            return {"kind": "dict", "type": name, "names": names, "items": items}
        return {"kind": "other", "type": "dict of %d items" % len(value)}
    if isinstance(value, (str, bytes, list)):
        return {"kind": "other", "type": name}
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        shown = name if array.dtype.kind == "O" and array.ndim == 0 else "array"
        return {"kind": "other", "type": "%s (dtype %s)" % (shown, array.dtype)}
    if array.ndim > MOST_DIMENSIONS or room_of(array.shape, array.itemsize) > LARGEST:
        return {"kind": "other", "type": "array of shape %s, too large to send" % (array.shape,)}
    return {"kind": "array", "type": name, "npy": base64.b64encode(npy(array)).decode("ascii")}


def room_of(shape, itemsize):
    """The bytes of an array, or those of the largest that an empty one is an empty part of."""
    room = itemsize
    for side in shape:
        room *= side or 1
    return room


def unchanged(node, value):
    """Whether an argument is still what `node` describes, to the last bit."""
    kind = node["kind"]
    if kind == "float":
        return value == node["value"]
    if kind in ("tuple", "list", "dict"):
        if kind == "dict":
            items = list(value.values()) if isinstance(value, dict) else ()
            same_names = list(value) == node["names"]
        else:
            items, same_names = value, isinstance(value, (tuple, list))
        pairs = zip(node["items"], items)
        return (
            same_names
            and len(items) == len(node["items"])
            and all(unchanged(inner, item) for inner, item in pairs)
        )
    if not hasattr(value, "tobytes"):
        return False
    given = (node["dtype"], tuple(node["shape"]), base64.b64decode(node["data"]))
    return (value.dtype.str, value.shape, value.tobytes()) == given


def npy(array):
    """The bytes of a .npy file. Its header takes numpy longest, and few are different."""
    from numpy.lib import format as of_npy

    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    kind = (array.dtype.str, array.shape, fortran)
    if kind not in HEADERS:
        header = io.BytesIO()
        of_npy.write_array_header_1_0(header, of_npy.header_data_from_array_1_0(array))
        HEADERS[kind] = header.getvalue()
    return HEADERS[kind] + array.tobytes("F" if fortran else "C")


def _nests(value):
    """Whether it is a list of arrays or of further collections, not one of bare numbers."""
    return isinstance(value, list) and any(
        hasattr(item, "shape") or isinstance(item, (tuple, list, dict)) for item in value
    )


def text_of(thing, longest):
    """What something of the student's calls itself, "" where even that raises."""
    try:
        # What str() returns may be of a class of the student's, too.
        return str.__getitem__(str(thing), slice(longest))
    except BaseException:
        return ""


def described(error, namespace):
    """An exception in words, with the line of the notebook that raised it."""
    line, number, inside = "", 0, ""
    for frame, lineno in traceback.walk_tb(error.__traceback__):
        if frame.f_globals is namespace:
            number, inside = lineno, frame.f_code.co_name
            with contextlib.suppress(Exception):
                line = linecache.getline(frame.f_code.co_filename, lineno).strip()
    return {
        "name": text_of(type(error).__name__, 100),
        "text": text_of(error, 500),
        "line": line[:200],
        "number": number,
        "function": inside[:100],
    }


def definition(name, function, arguments):
    """Whether the name is bound to something that can be called with these arguments."""
    if name not in sys.modules["__main__"].__dict__:
        return {"found": False, "callable": False, "type": "", "signature": ""}
    signature = ""
    if callable(function):
        try:
            parameters = inspect.signature(function)
        except Exception:  # a class of the student's may raise anything where it is asked
            parameters = None
        try:
            if parameters is not None:
                parameters.bind(*arguments)
        except TypeError as error:
            signature = "%s: %s" % (text_of(parameters, 200), text_of(error, 200))
    return {
        "found": True,
        "callable": callable(function),
        "type": text_of(type(function).__name__, 100),
        "signature": signature,
    }


def answer(call, function, namespace):
    """Calls the function once on fresh arguments."""
    import numpy as np

    arguments = decode(call["arguments"])
    # A notebook may have turned floating-point warnings into errors; a warning alone is no mistake.
    with warnings.catch_warnings(record=True) as seen, np.errstate(all="warn"):
        warnings.simplefilter("always")
        try:
            result = function(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a student's function may raise anything, SystemExit too
            return {"id": call["id"], "raised": described(error, namespace)}
    try:
        returned = encode(result)
        after = SAME if unchanged(call["arguments"], arguments) else encode(arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # what was returned may be anything that calls itself an array
        return {"id": call["id"], "raised": described(error, namespace)}
    said = ["%s: %s" % (w.category.__name__, text_of(w.message, 200)) for w in seen[:3]]
    return {"id": call["id"], "returned": returned, "after": after, "warnings": said}


def run(name, careful):
    namespace = sys.modules["__main__"].__dict__
    function = namespace.get(name)
    calls = PLANS[name]
    sender = Sender(careful)
    defined = definition(name, function, decode(calls[0]["arguments"]))
    sender.take({"name": name, "definition": defined})
    try:
        if callable(function):
            with contextlib.redirect_stdout(Nowhere()), contextlib.redirect_stderr(Nowhere()):
                for call in calls:
                    sender.take(answer(call, function, namespace))
    finally:
        # An interrupt comes here, too.
        sender.send()
