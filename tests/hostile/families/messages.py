"""Forging what the kernel says: messages ahead of time, twice, by threads, straight to sockets."""

from tests.hostile.attack import Attack

NOTHING = "a message is a claim about numbers, never about points, and it earns nothing"

# What a kernel needs to send an answer of its own making.
FORGE = """import base64, io
MIME = "application/vnd.grader.answer+json"
def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return base64.b64encode(buffer.getvalue()).decode()
def leaf(array):
    return {"kind": "array", "type": "ndarray", "npy": npy(array)}
def send(message):
    for form in (message, [message]):
        get_ipython().display_pub.publish({MIME: json.dumps(form)}, {})
def plan(frame=None):
    frame = frame or sys._getframe()
    while frame:
        calls = frame.f_locals.get("calls")
        if isinstance(calls, list) and calls and "arguments" in calls[0]:
            return calls
        frame = frame.f_back
    return []
def forged(call, array):
    none = {"kind": "none"}
    return {"id": call["id"], "returned": leaf(array), "after": none, "warnings": []}"""

# The socket that the kernel is asked over, where it is one.
WIRES = """import socket, stat, threading
wires = []
for number in range(3, 256):
    try:
        if stat.S_ISSOCK(os.fstat(number).st_mode):
            end = socket.socket(fileno=os.dup(number))
            if end.type == socket.SOCK_SEQPACKET:
                wires.append(end)
    except OSError:
        pass"""

ATTACKS = (
    Attack(
        "send-ahead",
        "send answers and definitions before anything was asked",
        "what answers no question is dropped",
        (
            FORGE,
            "for name in ('a', '0' * 16, 'by-hand', 'drawn-1', ''):\n"
            "    send(forged({'id': name}, np.zeros((2, 2))))",
            "send({'definition': {'found': True, 'callable': True, 'type': 'f', 'signature': ''}})",
        ),
    ),
    Attack(
        "send-before-the-call-returns",
        "answer every call of the plan with zeros from within the first",
        "the forged zeros count, being first, and earn nothing; honest functions keep theirs",
        (
            FORGE,
            "asked = []\n"
            "def relu_backward(dA, cache):\n"
            "    for call in plan() if not asked else ():\n"
            "        send(forged(call, np.zeros((2, 2))))\n"
            "    asked.append(1)\n"
            "    return dA * (cache > 0)",
        ),
        right=("linear_backward", "sigmoid_backward"),
    ),
    Attack(
        "send-by-thread",
        "answer from a thread that watches for the probe, faster than the function does",
        NOTHING,
        (
            FORGE,
            "import threading\n"
            "def watch():\n"
            "    ended = time.monotonic() + 3\n"
            "    while time.monotonic() < ended:\n"
            "        for frame in list(sys._current_frames().values()):\n"
            "            for call in plan(frame):\n"
            "                send(forged(call, np.ones((2, 2))))\n"
            "                ended = 0\n"
            "        time.sleep(0.001)\n"
            "threading.Thread(target=watch, daemon=True).start()",
        ),
    ),
    Attack(
        "send-by-child",
        "answer from a forked child through the sockets that it inherits",
        "a child's messages never leave it, and it earns nothing",
        (
            FORGE,
            "def sigmoid_backward(dA, cache):\n"
            "    if not os.fork():\n"
            "        for call in plan():\n            send(forged(call, np.zeros((2, 2))))\n"
            "        os._exit(0)\n"
            "    os.wait()\n"
            "    return np.zeros_like(dA)",
        ),
    ),
    Attack(
        "replay",
        "send the bytes of the first answer again for every call",
        NOTHING,
        (
            FORGE,
            "kept = []\n"
            "publisher = get_ipython().display_pub\n"
            "publish = publisher.publish\n"
            "def again(data, metadata=None, **more):\n"
            "    if MIME in data and 'returned' in json.loads(data[MIME]):\n"
            "        said = json.loads(data[MIME])\n"
            "        kept.append(said['returned'])\n"
            "        data = {MIME: json.dumps({**said, 'returned': kept[0]})}\n"
            "    for _ in range(3):\n        publish(data, metadata, **more)\n"
            "publisher.publish = again",
        ),
    ),
    Attack(
        "swap-tasks",
        "answer one function's calls while another function is asked",
        "an answer counts only for a call of the function that is asked, and it earns nothing",
        (
            FORGE,
            "stock = []\n"
            "def linear_backward(dZ, cache):\n"
            "    stock.extend(plan())\n    return dZ\n"
            "def relu_backward(dA, cache):\n"
            "    for call in stock:\n        send(forged(call, np.zeros((2, 2))))\n"
            "    return np.zeros_like(dA)",
        ),
    ),
    Attack(
        "claim-points",
        "add points, verdicts and outcomes to its messages, and send frames of the runner's",
        NOTHING,
        (
            FORGE,
            "for said in ({'score': 100}, {'verdict': 'passed', 'points': 6000}, {'kind': 'end'},\n"
            "             {'kind': 'task', 'name': 'relu_backward'}, {'outcome': 'passed'}):\n"
            "    send(said)\n"
            "    get_ipython().display_pub.publish({MIME: said}, {'grader': said})",
            "import json as module\n"
            "dumps = module.dumps\n"
            "def fuller(thing, *rest, **more):\n"
            "    if isinstance(thing, dict) and 'id' in thing:\n"
            "        thing = {**thing, 'points': 100, 'outcome': 'passed', 'isolated': True}\n"
            "    return dumps(thing, *rest, **more)\n"
            "module.dumps = fuller",
        ),
    ),
    Attack(
        "patch-the-way-out",
        "replace np.save, base64 and io, so that what leaves is not what was returned",
        NOTHING,
        (
            "import base64, io\n"
            "save = np.save\n"
            "def zeros(file, array, *rest, **more):\n"
            "    save(file, np.zeros_like(array), *rest, **more)\n"
            "np.save = zeros",
            "encode = base64.b64encode\nbase64.b64encode = lambda data, *r: encode(bytes(data))",
        ),
    ),
    Attack(
        "patch-inspect",
        "let inspect lie about signatures, and raise from it",
        "a signature earns nothing, and what is honest is asked all the same",
        (
            "import inspect\n"
            "class Wide:\n"
            "    def bind(self, *a):\n        raise TypeError('\\x1b[2Jno')\n"
            "    def __str__(self):\n        return 'x' * 10**6\n"
            "inspect.signature = lambda f: Wide()",
        ),
    ),
    Attack(
        "fake-modules",
        "put modules of its own in the place of json, numpy and traceback",
        "the probe gets nowhere, and it earns nothing",
        (
            "import types\n"
            "fake = types.ModuleType('json')\n"
            'fake.dumps = lambda *a, **k: \'{"id": "x", "points": 100}\'\n'
            "fake.loads = lambda text: {'name': 'relu_backward', 'calls': []}\n"
            "sys.modules['json'] = fake",
        ),
    ),
    Attack(
        "fake-main",
        "replace the module that functions are looked up in by a dict that has everything",
        "what it hands out is judged like any function, and it earns nothing",
        (
            "class Everything(dict):\n"
            "    def __contains__(self, name):\n        return True\n"
            "    def get(self, name, default=None):\n"
            "        return lambda *arguments: arguments[0]\n"
            "class Main:\n    __dict__ = Everything()\n"
            "sys.modules['__main__'] = Main()",
        ),
    ),
    Attack(
        "rewrite-the-probe",
        "rewrite the probe's source by an input transformer before it runs",
        NOTHING,
        (
            FORGE,
            "def rewrite(lines):\n"
            "    text = ''.join(lines)\n"
            "    if 'grader_probe' not in text:\n        return lines\n"
            '    return [\'send({"definition": {"found": True, "callable": True}})\\n\']\n'
            "get_ipython().input_transformers_cleanup.append(rewrite)",
        ),
    ),
    Attack(
        "forge-from-the-probe",
        "take the plan out of the probe's source and answer all of it without any function",
        NOTHING,
        (
            FORGE,
            "import ast\n"
            "for name in ('linear_backward', 'relu_backward', 'sigmoid_backward'):\n"
            "    del globals()[name]\n"
            "def rewrite(lines):\n"
            "    text = ''.join(lines)\n"
            "    if 'grader_probe' not in text:\n        return lines\n"
            "    for node in ast.walk(ast.parse(text)):\n"
            "        value = getattr(node, 'value', '')\n"
            "        if isinstance(value, str) and '\"calls\"' in value:\n"
            "            send({'definition': {'found': True, 'callable': True}})\n"
            "            for call in json.loads(value)['calls']:\n"
            "                send(forged(call, np.zeros((2, 2))))\n"
            "    return ['pass\\n']\n"
            "get_ipython().input_transformers_cleanup.append(rewrite)",
        ),
    ),
    Attack(
        "ast-transformer",
        "change the probe's syntax tree, so that every constant in it is another",
        NOTHING,
        (
            "import ast\n"
            "class Change(ast.NodeTransformer):\n"
            "    def visit_Constant(self, node):\n"
            "        text = node.value\n"
            "        if isinstance(text, str) and '\"calls\"' in text:\n"
            '            node.value = text.replace(\'"id": "\', \'"id": "x\')\n'
            "        return node\n"
            "get_ipython().ast_transformers.append(Change())",
        ),
    ),
    Attack(
        "patch-exec",
        "replace exec, compile and __import__, which the probe is started with",
        "the probe runs as the student made it, and it earns nothing",
        (
            "import builtins\n"
            "builtins.exec = lambda *a, **k: None\n"
            "builtins.compile = lambda *a, **k: None",
        ),
    ),
    Attack(
        "forge-idle",
        "send a forged `idle` for the cell that runs, so that the client stops listening",
        "it costs at most the answers that the client no longer hears",
        (
            "kernel = get_ipython().kernel\n"
            "def relu_backward(dA, cache):\n"
            "    kernel.session.send(kernel.iopub_socket, 'status', {'execution_state': 'idle'},\n"
            "        parent=kernel.get_parent(), ident=b'kernel.status')\n"
            "    return np.zeros_like(dA)",
        ),
        right=("sigmoid_backward",),
        keeps=False,
    ),
    Attack(
        "forge-replies",
        "send forged replies, shutdowns and input requests on the iopub channel",
        "they cost at most its own answers",
        (
            "kernel = get_ipython().kernel\n"
            "for kind in ('execute_reply', 'shutdown_reply', 'input_request', 'comm_open',\n"
            "             'update_display_data', 'clear_output', 'no_such_kind', ''):\n"
            "    kernel.session.send(kernel.iopub_socket, kind, {'status': 'ok', 'data': {}},\n"
            "        parent=kernel.get_parent())",
        ),
        right=("relu_backward",),
        keeps=False,
    ),
    Attack(
        "garble-the-wire",
        "send halves of messages, and what is no message, on the kernel's own wire",
        "what is not of the form is passed over, and nothing else is lost",
        (
            WIRES,
            "odd = (b'\\x01half', b'\\x00rest', b'\\x02end', b'\\x03', b'\\xff' * 99, b'\\x03{}',\n"
            "       b'\\x03[[[', b'\\x03{\"channel\": 1}', b'\\x01again')\n"
            "for end in wires:\n"
            "    for packet in odd:\n"
            "        end.send(packet)",
        ),
        right=("relu_backward", "sigmoid_backward"),
    ),
    Attack(
        "end-the-wire",
        "send the empty packet that stands for a kernel's end, and live on",
        "it is taken at its word, and nobody waits for it",
        (
            f"{WIRES}\n"
            "def relu_backward(dA, cache):\n"
            "    for end in wires:\n        end.send(b'')\n"
            "    return np.zeros_like(dA)",
        ),
        right=("sigmoid_backward",),
        keeps=False,
    ),
    Attack(
        "listen-on-the-wire",
        "read the requests that are meant for the kernel, and answer none",
        "it hears its own inputs, and earns nothing",
        (
            f"{WIRES}\n"
            "def listen(end):\n"
            "    while end.recv(100_000):\n        pass\n"
            "for end in wires:\n"
            "    threading.Thread(target=listen, args=(end,), daemon=True).start()",
        ),
        keeps=False,
    ),
    Attack(
        "flood-the-wire",
        "send messages without an end from a thread, beside the kernel's own",
        "so many are read and no more",
        (
            f"{WIRES}\n"
            "said = {'channel': 'iopub', 'msg_type': 'status', 'parent': '', 'content': {}}\n"
            "packet = b'\\x03' + json.dumps(said).encode()\n"
            "def flood(end):\n"
            "    while True:\n        end.send(packet)\n"
            "for end in wires:\n"
            "    threading.Thread(target=flood, args=(end,), daemon=True).start()",
        ),
        keeps=False,
    ),
    Attack(
        "talk-as-the-client",
        "open the connection file and run code in the kernel as if it were the grader",
        "it speaks to nobody but itself, and it earns nothing",
        (
            "from jupyter_client import BlockingKernelClient\n"
            "from ipykernel.connect import get_connection_file\n"
            "client = BlockingKernelClient(connection_file=get_connection_file())\n"
            "client.load_connection_file()\n"
            "client.start_channels()\n"
            "client.execute('points = 100', store_history=False)\n"
            "client.stop_channels()",
        ),
    ),
    Attack(
        "write-to-what-is-open",
        "write forged frames to every descriptor that it inherited",
        "none of them leads to the judge, and it earns nothing",
        (
            "import stat, struct\n"
            "frame = json.dumps({'kind': 'end'}).encode()\n"
            "for number in range(3, 256):\n"
            "    try:\n"
            "        if stat.S_ISFIFO(os.fstat(number).st_mode):\n"
            "            os.set_blocking(number, False)\n"
            "            os.write(number, struct.pack('!i', len(frame)) + frame)\n"
            "    except OSError:\n"
            "        pass",
        ),
    ),
    Attack(
        "pickle-in-an-array",
        "send an .npy whose bytes are a pickle that runs code where it is read",
        "nothing is unpickled, and it earns nothing",
        (
            FORGE,
            "import pickle\n"
            "class Payload:\n"
            "    def __reduce__(self):\n"
            "        return io.open, (os.path.join(WHERE['school'], 'unpickled'), 'w')\n"
            "def boom():\n"
            "    buffer = io.BytesIO()\n"
            "    np.save(buffer, np.array([Payload()], object), allow_pickle=True)\n"
            "    return {'kind': 'array', 'type': 'x',"
            " 'npy': base64.b64encode(buffer.getvalue()).decode()}\n"
            "def relu_backward(dA, cache):\n"
            "    for call in plan():\n"
            "        send({'id': call['id'], 'returned': boom(), 'after': {'kind': 'none'}})\n"
            "    return np.zeros_like(dA)",
        ),
    ),
    Attack(
        "header-of-a-quadrillion",
        "send a header that announces 10^15 numbers",
        "the header is refused before anything is allocated; honest functions keep theirs",
        (
            FORGE,
            "head = \"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }\"\n"
            "head += ' ' * (117 - len(head)) + '\\n'\n"
            "raw = b'\\x93NUMPY\\x01\\x00' + len(head).to_bytes(2, 'little') + head.encode()\n"
            "def relu_backward(dA, cache):\n"
            "    for call in plan():\n"
            "        huge = {'kind': 'array', 'type': 'x', 'npy': base64.b64encode(raw).decode()}\n"
            "        send({'id': call['id'], 'returned': huge, 'after': {'kind': 'none'}})\n"
            "    return np.zeros_like(dA)",
        ),
        right=("linear_backward", "sigmoid_backward"),
    ),
    Attack(
        "dtypes-that-are-no-numbers",
        "send arrays of objects, records, dates and text under forged headers",
        "only plain numbers are read, and it earns nothing",
        (
            FORGE,
            "kinds = ('|O', '<M8[s]', '<U9', \"[('a', '<f8')]\", '|V8', '|S8', '<f3', '>m8')\n"
            "def forged_as(kind):\n"
            "    head = \"{'descr': '%s', 'fortran_order': False, 'shape': (1,), }\" % kind\n"
            "    head += ' ' * (117 - len(head)) + '\\n'\n"
            "    raw = b'\\x93NUMPY\\x01\\x00' + len(head).to_bytes(2, 'little') + head.encode()\n"
            "    return base64.b64encode(raw + bytes(8)).decode()\n"
            "def relu_backward(dA, cache):\n"
            "    for call, kind in zip(plan(), kinds * 9):\n"
            "        odd = {'kind': 'array', 'type': 'x', 'npy': forged_as(kind)}\n"
            "        send({'id': call['id'], 'returned': odd, 'after': {'kind': 'none'}})\n"
            "    return np.zeros_like(dA)",
        ),
    ),
    Attack(
        "nested-answers",
        "send answers nested ten thousand deep, and dicts with a name of a million letters",
        "they are refused; honest functions keep theirs",
        (
            FORGE,
            'deep = \'{"kind": "tuple", "items": [\' * 10_000 + \']}\' * 10_000\n'
            "def relu_backward(dA, cache):\n"
            "    for call in plan():\n"
            '        text = \'{"id": "%s", "returned": %s}\' % (call[\'id\'], deep)\n'
            "        get_ipython().display_pub.publish({MIME: text}, {})\n"
            "        long = {'kind': 'dict', 'names': ['n' * 10**6], 'items': [{'kind': 'none'}]}\n"
            "        send({'id': call['id'], 'returned': long, 'after': {'kind': 'none'}})\n"
            "    return np.zeros_like(dA)",
        ),
        right=("linear_backward", "sigmoid_backward"),
    ),
    Attack(
        "unsteady-with-a-memory",
        "answer differently the second time, and replay its first answer over the second",
        "the first answer to a call is the one that counts, and it earns nothing",
        (
            FORGE,
            "first = {}\n"
            "def relu_backward(dA, cache):\n"
            "    for call in plan():\n"
            "        send(forged(call, first.setdefault('x', np.zeros_like(dA))))\n"
            "    return np.ones_like(dA)",
        ),
        right=("linear_backward", "sigmoid_backward"),
    ),
)
