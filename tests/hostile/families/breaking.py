"""Using up, crashing, hanging: what may cost a submission its own points and nobody else anything.

Every bomb is bounded in count, bytes and seconds, so that it does no harm where nothing stops it.
"""

from tests.hostile.attack import TASKS, Attack
from tests.hostile.families.messages import FORGE

OWN = "it costs at most its own answers"

ATTACKS = (
    Attack(
        "fork-bomb",
        "start three hundred processes at a time",
        "no more than its limit are started",
        (
            "children = []\n"
            "try:\n"
            "    for _ in range(300):\n"
            "        children.append(os.posix_spawn('/bin/sleep', ['sleep', '3'], {}))\n"
            "except OSError:\n    pass\n"
            "for child in children:\n    os.kill(child, 9)\n    os.waitpid(child, 0)\n"
            "if len(children) == 300:\n    raise Got('300 processes')",
        ),
        right=("relu_backward",),
        off=frozenset({"limits"}),
    ),
    Attack(
        "leave-its-core",
        "be busy on the cores that other kernels are kept to, until they run out of time",
        "it is kept to those of its own job",
        (
            "cores = os.sched_getaffinity(0)\n"
            "try:\n"
            "    os.sched_setaffinity(0, cores)\n"
            "    raise Got(f'a choice of {sorted(cores)}')\n"
            "except PermissionError:\n    pass",
        ),
        right=("relu_backward",),
        off=frozenset({"syscalls"}),
    ),
    Attack(
        "memory-bomb",
        "take one and a half gigabytes",
        "its memory ends before that; honest functions keep theirs",
        (
            "hoard = []\n"
            "try:\n"
            "    for _ in range(15):\n        hoard.append(np.ones(100 * 2**20 // 8))\n"
            "except MemoryError:\n    pass\n"
            "got = len(hoard)\ndel hoard\n"
            "if got == 15:\n    raise Got('1.5 GB')",
        ),
        right=TASKS,
    ),
    Attack(
        "memory-bomb-of-many",
        "share the taking of memory among children, none of which takes much",
        "the sum is what counts, and its kernel ends",
        (
            "children = []\n"
            "for _ in range(10):\n"
            "    child = os.fork()\n"
            "    if not child:\n"
            "        room = bytearray(b'x') * (120 * 2**20)\n"
            "        time.sleep(1)\n        os._exit(0)\n"
            "    children.append(child)\n"
            "ends = [os.waitstatus_to_exitcode(os.waitpid(c, 0)[1]) for c in children]\n"
            "if not any(ends):\n    raise Got('1.2 GB')",
        ),
        off=frozenset({"limits"}),
    ),
    Attack(
        "disk-fill",
        "fill the disk",
        "its room ends, and what it wrote is gone with it",
        (
            "written = 0\n"
            "try:\n"
            "    for folder in ('.', '/tmp', '/dev/shm', '/var/tmp'):\n"
            "        with open(os.path.join(folder, WHERE['mark']), 'wb') as file:\n"
            "            for _ in range(7):\n                written += file.write(bytes(10**8))\n"
            "except OSError:\n    pass\n"
            "if written > 10**9:\n    raise Got(f'{written} bytes')",
        ),
    ),
    Attack(
        "inode-fill",
        "make so many files that the file system has no more of them",
        "its own share ends first",
        (
            "os.mkdir('many')\n"
            "made = 0\n"
            "try:\n"
            "    for made in range(21_000):\n        os.mknod(f'many/{made}')\n"
            "except OSError:\n    pass\n"
            "if made == 20_999:\n    raise Got('21,000 files')",
        ),
        off=frozenset({"files", "network", "processes"}),
    ),
    Attack(
        "open-files",
        "open more files than a process may",
        "the limit holds",
        (
            "held = []\n"
            "try:\n"
            "    for _ in range(1100):\n        held.append(open(os.devnull))\n"
            "except OSError:\n    pass\n"
            "count = len(held)\ndel held\n"
            "if count == 1100:\n    raise Got('1100 files')",
        ),
        right=TASKS,
        off=frozenset({"limits"}),
    ),
    Attack(
        "large-file",
        "write a file that is larger than a file may be",
        "the limit holds",
        (
            "import signal\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "try:\n"
            "    with open('sparse', 'wb') as file:\n        file.truncate(300 * 2**20)\n"
            "except OSError:\n    pass\n"
            "if os.path.getsize('sparse') > 256 * 2**20:\n    raise Got('300 MB')",
        ),
        right=TASKS,
        off=frozenset({"limits"}),
    ),
    Attack(
        "flood-of-text",
        "print fifty megabytes, in few and in many pieces",
        "the text is dropped; honest functions keep theirs",
        (
            "for _ in range(10):\n    print('x' * 5_000_000)",
            "ended = time.monotonic() + 1\nwhile time.monotonic() < ended:\n    print('y' * 100)",
        ),
        right=TASKS,
        keeps=False,
    ),
    Attack(
        "flood-of-displays",
        "send a million display messages",
        "the kernel is given up after some of them; honest functions keep theirs",
        (
            "from IPython.display import display\n"
            "ended = time.monotonic() + 8\n"
            "for number in range(1_000_000):\n"
            "    get_ipython().display_pub.publish({'text/plain': str(number)}, {})\n"
            "    if time.monotonic() > ended:\n        break",
        ),
        right=TASKS,
        keeps=False,
    ),
    Attack(
        "flood-of-answers",
        "send answers to nothing, ten thousand of them, while it is asked",
        OWN,
        (
            FORGE,
            "def relu_backward(dA, cache):\n"
            "    for number in range(10_000):\n        send({'id': str(number)})\n"
            "    return np.zeros_like(dA)",
        ),
        right=("linear_backward",),
        keeps=False,
    ),
    Attack(
        "one-huge-message",
        "send one display of twenty megabytes",
        OWN,
        ("get_ipython().display_pub.publish({'text/plain': 'x' * 20_000_000}, {})",),
        right=("linear_backward",),
        keeps=False,
    ),
    Attack(
        "json-that-unpacks",
        "send an answer of seven megabytes of empty lists, which take thirty times that once read",
        OWN + ", and the judge stays small",
        (
            FORGE,
            "def relu_backward(dA, cache):\n"
            "    text = '{\"id\": [' + '[],' * 2_300_000 + '[]]}'\n"
            "    get_ipython().display_pub.publish({MIME: text}, {})\n"
            "    return np.zeros_like(dA)",
        ),
        right=("linear_backward",),
        keeps=False,
    ),
    Attack(
        "deep-display",
        "send a display nested nine hundred deep, on which a JSON reader stumbles",
        OWN,
        (
            "deep = 0\n"
            "for _ in range(900):\n    deep = [deep]\n"
            "get_ipython().display_pub.publish({'application/json': deep}, {})",
        ),
        right=("linear_backward",),
        keeps=False,
    ),
    Attack(
        "malformed-display",
        "send displays that are no displays, on which a notebook's reader stumbles",
        OWN,
        (
            "kernel = get_ipython().kernel\n"
            "for content in ({}, [], 7, 'x', {'data': 7}, {'data': {'text/plain': 7}},\n"
            "                {'data': {}, 'metadata': []}, {'data': None, 'transient': 7},\n"
            "                {'execution_state': []}, {'ename': 7}):\n"
            "    for kind in ('display_data', 'stream', 'error', 'status', 'execute_result'):\n"
            "        try:\n"
            "            kernel.session.send(kernel.iopub_socket, kind, content,\n"
            "                parent=kernel.get_parent())\n"
            "        except Exception:\n            pass",
        ),
    ),
    Attack(
        "recursion",
        "overflow the stack of the interpreter",
        "its kernel crashes, and honest functions keep theirs in a fresh one",
        (
            "import threading\n"
            "def deep(n):\n    return deep(n + 1)\n"
            "try:\n    deep(0)\nexcept RecursionError:\n    pass",
            "sys.setrecursionlimit(10**9)\n"
            "deep_repr = []\n"
            "for _ in range(10**6):\n    deep_repr = [deep_repr]\n"
            "repr(deep_repr)",
        ),
        right=TASKS,
        keeps=False,
    ),
    Attack(
        "crash",
        "crash the interpreter by reading address 0",
        "its kernel dies, and honest functions keep theirs in a fresh one",
        ("import ctypes\nctypes.string_at(0)",),
        right=TASKS,
        statuses=("died",),
    ),
    Attack(
        "exit-in-a-call",
        "end the process whenever a function is called",
        "that function earns nothing; the others keep theirs",
        ("def relu_backward(dA, cache):\n    os._exit(0)",),
        right=("linear_backward", "sigmoid_backward"),
        statuses=("died",),
    ),
    Attack(
        "deaf-loop",
        "ignore every signal and loop for ever",
        "it is ended in time, and honest functions keep theirs",
        (
            "import signal\n"
            "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):\n"
            "    signal.signal(number, signal.SIG_IGN)\n"
            "ended = time.monotonic() + 60\n"
            "while time.monotonic() < ended:\n"
            "    try:\n        time.sleep(1)\n"
            "    except BaseException:\n        pass",
        ),
        right=TASKS,
        statuses=("timeout",),
    ),
    Attack(
        "hang-in-a-call",
        "loop for ever when it is asked, swallowing interrupts",
        "that function earns nothing; the others keep theirs",
        (
            "def sigmoid_backward(dA, cache):\n"
            "    ended = time.monotonic() + 60\n"
            "    while time.monotonic() < ended:\n"
            "        try:\n            time.sleep(1)\n"
            "        except BaseException:\n            pass",
        ),
        right=("linear_backward", "relu_backward"),
        statuses=("timeout",),
    ),
    Attack(
        "hang-at-exit",
        "never end: exit handlers, threads and children that sleep",
        "it is ended all the same, and keeps what is honest",
        (
            "import atexit, threading\n"
            "atexit.register(time.sleep, 30)\n"
            "threading.Thread(target=time.sleep, args=(30,)).start()",
        ),
        right=TASKS,
    ),
    Attack(
        "stop-itself",
        "stop its own process, which then neither runs nor dies",
        OWN,
        ("import signal\nos.kill(os.getpid(), signal.SIGSTOP)",),
        right=("linear_backward",),
        keeps=False,
    ),
    Attack(
        "kill-the-watcher",
        "kill the process that watches over it",
        "the watcher can't be killed, or takes all with it",
        (
            "import signal\n"
            "watcher = os.getppid()\n"
            "if b'grader' in open(f'/proc/{watcher}/cmdline', 'rb').read():\n"
            "    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):\n"
            "        try:\n            os.kill(watcher, number)\n"
            "        except OSError:\n            pass",
        ),
        right=("linear_backward",),
        keeps=False,
    ),
    Attack(
        "daemon",
        "leave a daemon behind that has left its session twice",
        "it is dead when the kernel is",
        (
            "if not os.fork():\n"
            "    os.setsid()\n"
            "    if not os.fork():\n"
            "        os.setsid()\n"
            "        for number in range(256):\n"
            "            try:\n                os.close(number)\n"
            "            except OSError:\n                pass\n"
            "        os.execv(sys.executable, [sys.executable, '-c',"
            " 'import time; time.sleep(20)', WHERE['mark']])\n"
            "    os._exit(0)\n"
            "os.wait()",
        ),
        right=TASKS,
    ),
    Attack(
        "listen",
        "leave a process behind that listens on a port of the machine",
        "nobody ever hears from it",
        (
            "if not os.fork():\n"
            "    os.setsid()\n"
            "    import socket\n"
            "    with socket.create_server(('127.0.0.1', WHERE['free'])) as server:\n"
            "        server.settimeout(10)\n"
            "        try:\n            server.accept()\n"
            "        except OSError:\n            pass\n"
            "    os._exit(0)",
        ),
        right=TASKS,
    ),
    Attack(
        "burn",
        "use all processors in the background for as long as it is let",
        "others are graded as ever",
        (
            "for _ in range(2):\n"
            "    if not os.fork():\n"
            "        os.setsid()\n"
            "        ended = time.monotonic() + 6\n"
            "        while time.monotonic() < ended:\n            pass\n"
            "        os._exit(0)",
        ),
        right=TASKS,
    ),
    Attack(
        "threads",
        "start three thousand threads",
        OWN,
        (
            "import threading\n"
            "threading.stack_size(65536)\n"
            "stop = threading.Event()\n"
            "try:\n"
            "    for _ in range(3000):\n"
            "        threading.Thread(target=stop.wait, args=(5,), daemon=True).start()\n"
            "except RuntimeError:\n    pass\n"
            "stop.set()",
        ),
    ),
    Attack(
        "close-everything",
        "close all descriptors of its process, the sockets of its kernel among them",
        OWN,
        ("os.closerange(3, 256)",),
    ),
    Attack(
        "stop-the-loop",
        "stop the loop that answers the grader",
        OWN,
        ("import asyncio\nloop = asyncio.get_event_loop()\nloop.call_later(0.2, loop.stop)",),
    ),
    Attack(
        "raise-everything",
        "raise what nobody expects: exits, interrupts, errors that raise when they are read",
        "those functions earn nothing; the honest one keeps its points",
        (
            "class Evil(BaseException):\n"
            "    def __str__(self):\n        raise self\n"
            "    __repr__ = __str__\n"
            "def relu_backward(dA, cache):\n    raise Evil\n"
            "def sigmoid_backward(dA, cache):\n    raise KeyboardInterrupt",
            "raise Evil",
        ),
        right=("linear_backward",),
    ),
    Attack(
        "encoders-that-explode",
        "return things that raise, hang for a while or never end when they are looked at",
        "those functions earn nothing; the honest one keeps its points",
        (
            "class Endless(tuple):\n"
            "    def __len__(self):\n        return 3\n"
            "    def __iter__(self):\n"
            "        ended = time.monotonic() + 30\n"
            "        while time.monotonic() < ended:\n            yield 0\n"
            "class Explosive:\n"
            "    def __getattr__(self, name):\n        raise SystemExit(name)\n"
            "    def __array__(self, *a, **k):\n        os.abort()\n"
            "def relu_backward(dA, cache):\n    return Explosive()\n"
            "def sigmoid_backward(dA, cache):\n    return Endless()",
        ),
        right=("linear_backward",),
    ),
    Attack(
        "blank-lines",
        "be a cell of two hundred thousand blank lines, on which a careless pattern takes hours",
        "it is judged at once",
        ("\n" * 1 + "1" + "\n" * 200_000 + "del relu_backward, sigmoid_backward",),
        right=("linear_backward",),
    ),
    Attack(
        "deep-expression",
        "define a function of a thousand nested terms in a cell that kills the kernel",
        OWN + ", and is no error of the grader's",
        ("def long():\n    return " + "+".join(["1"] * 900) + "\nos._exit(1)",),
        right=("linear_backward",),
    ),
    Attack(
        "hog-the-warnings",
        "warn twenty thousand times in each call",
        OWN,
        (
            "import warnings\n"
            "def relu_backward(dA, cache):\n"
            "    for number in range(20_000):\n"
            "        warnings.warn('x' * 100 + str(number))\n"
            "    return np.zeros_like(dA)",
        ),
        right=("linear_backward",),
        keeps=False,
    ),
)
