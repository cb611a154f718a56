"""Learning what is nobody's business: files, environment, memory, processes, network."""

from tests.hostile.attack import Attack

LAYERS = frozenset({"files", "network", "processes", "rights", "syscalls", "landlock", "limits"})
# Where the grader runs as root, its namespaces belong to nobody, who can't read root's files.
SEEING = frozenset({"files", "network", "processes", "landlock"})
UNSEEN = "there is nothing of it to be seen"

SEEK = """MARK = "CANARY" + "-"
def seek(text):
    import re
    found = re.findall((MARK + "[a-z]+-[0-9a-f]{16}").encode(), text)
    if found:
        raise Got(b" ".join(found).decode())"""

ATTACKS = (
    Attack(
        "steal-environment",
        "read secrets from the environment, its own and that of every process it sees",
        UNSEEN,
        (
            SEEK,
            "seek(repr(dict(os.environ)).encode())",
            "for name in os.listdir('/proc'):\n"
            "    try:\n"
            "        text = open(f'/proc/{name}/environ', 'rb').read()\n"
            "    except OSError:\n        continue\n"
            "    seek(text)",
        ),
    ),
    Attack(
        "steal-environment-of-others",
        "read the environment of another process through /proc",
        UNSEEN,
        (SEEK, "seek(open(f\"/proc/{WHERE['neighbour']}/environ\", 'rb').read())"),
        off=LAYERS,
    ),
    Attack(
        "steal-solution",
        "read the solution by its path",
        UNSEEN,
        (
            SEEK,
            "def relu_backward(dA, cache):\n"
            "    text = open(os.path.join(WHERE['solution'], 'solution.py')).read()\n"
            "    scope = {}\n    exec(text, scope)\n    return scope['relu_backward'](dA, cache)",
            "for name in os.listdir(WHERE['solution']):\n"
            "    seek(open(os.path.join(WHERE['solution'], name), 'rb').read())",
        ),
        off=SEEING,
    ),
    Attack(
        "steal-home",
        "read keys from the home folder of whoever grades",
        UNSEEN,
        (
            SEEK,
            "for folder in (WHERE['home'], os.path.expanduser('~'), '/root', '/home'):\n"
            "    for place, _, names in os.walk(folder):\n"
            "        for name in names[:100]:\n"
            "            seek(open(os.path.join(place, name), 'rb').read(10**6))",
        ),
        off=SEEING,
    ),
    Attack(
        "steal-gradebook",
        "read the gradebook",
        UNSEEN,
        (
            SEEK,
            "for name in os.listdir(WHERE['out']):\n"
            "    seek(open(os.path.join(WHERE['out'], name), 'rb').read())",
        ),
        off=SEEING,
    ),
    Attack(
        "steal-other-submissions",
        "copy the work of another student",
        UNSEEN,
        (
            SEEK,
            "for name in os.listdir(WHERE['submissions']):\n"
            "    if name.endswith('.ipynb') and name != 'steal-other-submissions.ipynb':\n"
            "        text = open(os.path.join(WHERE['submissions'], name), 'rb').read()\n"
            "        seek(text)\n"
            "        for cell in json.loads(text)['cells']:\n"
            "            if 'def relu_backward' in ''.join(cell['source']):\n"
            "                exec(''.join(cell['source']))",
        ),
        off=SEEING,
    ),
    Attack(
        "steal-by-walking",
        "walk over all files that it can see, looking for secrets",
        UNSEEN,
        (
            SEEK,
            "ended = time.monotonic() + 2\n"
            "for place, folders, names in os.walk('/'):\n"
            "    folders[:] = [f for f in folders if f not in ('proc', 'sys', 'usr', 'lib',\n"
            "                  'opt', 'site-packages') and os.path.join(place, f) != sys.prefix]\n"
            "    for name in names:\n"
            "        try:\n"
            "            text = open(os.path.join(place, name), 'rb').read(10**5)\n"
            "        except OSError:\n            continue\n"
            "        seek(text)\n"
            "    if time.monotonic() > ended:\n        break",
        ),
    ),
    Attack(
        "steal-through-proc-root",
        "reach the machine's files through the root, folders and descriptors of other processes",
        UNSEEN,
        (
            SEEK,
            "for name in [n for n in os.listdir('/proc') if n.isdigit()]:\n"
            "    for way in ('root', 'cwd', 'fd/0', 'fd/3', 'fd/4', 'fd/5'):\n"
            "        if int(name) == os.getpid():\n            continue\n"
            "        try:\n"
            "            path = f'/proc/{name}/{way}' + WHERE['solution'] + '/solution.py'\n"
            "            text = open(path, 'rb').read()\n"
            "        except OSError:\n            continue\n"
            "        seek(text)",
        ),
        off=LAYERS,
    ),
    Attack(
        "steal-from-frames",
        "find secrets among all objects and frames of its process",
        UNSEEN,
        (
            SEEK,
            "import gc\n"
            "for thing in gc.get_objects():\n"
            "    if type(thing) is dict:\n"
            "        for value in list(thing.values()):\n"
            "            if type(value) is str and MARK in value[:10**5]:\n"
            "                seek(value.encode('utf-8', 'replace'))",
            "def relu_backward(dA, cache):\n"
            "    frame = sys._getframe()\n"
            "    while frame:\n"
            "        for value in [*frame.f_locals.values(), *frame.f_globals.values()]:\n"
            "            if isinstance(value, np.ndarray) and value is not dA \\\n"
            "                    and value is not cache and value.shape == dA.shape:\n"
            "                return value\n"
            "        frame = frame.f_back\n"
            "    return np.zeros_like(dA)",
        ),
    ),
    Attack(
        "steal-from-memory",
        "search its own memory for what the process it came from had in it",
        UNSEEN,
        (
            SEEK,
            "left = 300 * 2**20\n"
            "with open('/proc/self/mem', 'rb', 0) as memory:\n"
            "    for line in open('/proc/self/maps'):\n"
            "        span, rights = line.split()[:2]\n"
            "        start, end = (int(x, 16) for x in span.split('-'))\n"
            "        if 'rw' in rights and end - start <= left:\n"
            "            left -= end - start\n"
            "            try:\n"
            "                memory.seek(start)\n"
            "                text = memory.read(end - start)\n"
            "            except (OSError, OverflowError, ValueError):\n"
            "                continue\n"
            "            seek(text)",
        ),
    ),
    Attack(
        "steal-from-parents-memory",
        "read the memory of the process that watches it",
        UNSEEN,
        (
            SEEK,
            "import ctypes\n"
            "try:\n"
            "    open(f'/proc/{os.getppid()}/mem', 'rb').close()\n"
            "except OSError:\n    pass\n"
            "else:\n    raise Got('memory of the parent')",
        ),
        off=frozenset({"rights", "landlock", "processes", "files", "network", "syscalls"}),
    ),
    Attack(
        "trace-a-process",
        "trace another process of its own, a way into those that watch it",
        "the call is refused",
        (
            "import ctypes\n"
            "child = os.fork()\n"
            "if not child:\n    time.sleep(2)\n    os._exit(0)\n"
            "traced = ctypes.CDLL(None).ptrace(0x4206, child, 0, 0)\n"
            "os.kill(child, 9)\nos.waitpid(child, 0)\n"
            "if traced == 0:\n    raise Got('traced')",
        ),
        off=frozenset({"syscalls"}),
    ),
    Attack(
        "see-other-processes",
        "see another process of the same user, by signal 0 and by /proc",
        "it sees nothing but its own",
        (
            "try:\n    os.kill(WHERE['neighbour'], 0)\n"
            "except OSError:\n    pass\n"
            "else:\n    raise Got('another process can be signalled')",
        ),
        off=LAYERS,
    ),
    Attack(
        "connect-tcp",
        "send what it knows to a listener on the machine, over TCP",
        "nothing arrives",
        (
            "import socket\n"
            "socket.create_connection(('127.0.0.1', WHERE['tcp']), 1).sendall(b'Got')",
        ),
        off=frozenset({"network", "landlock", "syscalls"}),
    ),
    Attack(
        "connect-udp",
        "send what it knows over UDP, IPv4 and IPv6",
        "nothing arrives",
        (
            "import socket\n"
            "with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:\n"
            "    s.sendto(b'Got', ('127.0.0.1', WHERE['udp']))",
        ),
        off=frozenset({"network", "syscalls"}),
    ),
    Attack(
        "connect-abstract",
        "reach a service of the machine through an abstract unix socket",
        "nothing arrives",
        (
            "import socket\n"
            "with socket.socket(socket.AF_UNIX) as s:\n"
            "    s.settimeout(1)\n"
            "    s.connect('\\0' + WHERE['abstract'])\n"
            "    s.sendall(b'Got')",
        ),
        off=frozenset({"network", "landlock"}),
    ),
    Attack(
        "connect-unix",
        "reach a service of the machine through a unix socket in a folder",
        "nothing arrives",
        (
            "import socket\n"
            "with socket.socket(socket.AF_UNIX) as s:\n"
            "    s.settimeout(1)\n"
            "    s.connect(WHERE['unix'])\n"
            "    s.sendall(b'Got')",
        ),
        off=SEEING,
    ),
    Attack(
        "odd-sockets",
        "leave by a family of sockets that network namespaces do not cover",
        "such sockets can't be made",
        (
            "import socket\n"
            "for family in (40, 38, 17, 16 + 5):\n"
            "    try:\n        socket.socket(family, socket.SOCK_STREAM if family != 38"
            " else socket.SOCK_SEQPACKET).close()\n"
            "    except OSError:\n        continue\n"
            "    raise Got(f'family {family}')",
        ),
        off=frozenset({"syscalls"}),
    ),
    Attack(
        "other-kernels",
        "find the connection files and sockets of other students' kernels",
        "only its own are there",
        (
            "import glob\n"
            "own = get_ipython().kernel.config.get('IPKernelApp', {}).get('connection_file', '')\n"
            "others = [f for f in glob.glob(os.path.dirname(WHERE['tmp']) + '/*/grader-run-*/*')\n"
            "          + glob.glob('/tmp/grader-run-*/*') if f != own]\n"
            "if others:\n    raise Got(others[0])",
        ),
    ),
    Attack(
        "ask-for-a-kernel",
        "ask the process that kernels come from for one that may write where it likes",
        "that process does not hear it",
        (
            "import array, socket, struct\n"
            "folder = get_ipython().profile_dir.location.split('/home')[0]\n"
            "wanted = os.path.join(WHERE['tmp'], 'taken')\n"
            "names = ('shell', 'iopub', 'stdin', 'control', 'hb')\n"
            "ask = {'connection': {}, 'ports': names, 'scratch': wanted, 'folder': wanted,\n"
            "       'environment': dict(os.environ)}\n"
            "data = json.dumps(ask).encode()\n"
            "ends = [socket.socketpair()[0] for _ in names]\n"
            "sent = array.array('i', [end.fileno() for end in ends]).tobytes()\n"
            "with socket.socket(socket.AF_UNIX) as line:\n"
            "    line.settimeout(1)\n"
            "    try:\n"
            "        line.connect(os.path.join(folder, 'line'))\n"
            "        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)]\n"
            "        line.sendmsg([struct.pack('!I', len(data))], rights)\n"
            "        line.sendall(data)\n"
            "        time.sleep(1)\n"
            "    except OSError:\n        pass\n"
            "if os.path.isdir(wanted):\n    raise Got(wanted)",
        ),
    ),
    Attack(
        "use-the-graders-own-code",
        "import the grader, and let it load the solution and draw the private cases",
        "neither solution nor seed is there, so it earns nothing",
        (
            "from pathlib import Path\n"
            "from grader.loading import load_course\n"
            "course = load_course(Path(WHERE['school']) / 'assignments/backprop',"
            " with_solution=True)\n"
            "raise Got(course.solution.references['relu_backward'].__name__)",
        ),
        off=SEEING,
    ),
    Attack(
        "regain-rights",
        "use the rights of root to make mounts of its own",
        "it has none",
        (
            "import ctypes\n"
            "if not os.fork():\n"
            "    done = ctypes.CDLL(None).unshare(0x00020000)\n"
            "    os._exit(7 if done == 0 else 0)\n"
            "if os.waitstatus_to_exitcode(os.wait()[1]) == 7:\n    raise Got('rights')",
        ),
        off=frozenset({"rights", "syscalls"}),
    ),
    Attack(
        "new-namespaces",
        "become root of a user namespace of its own, where mounting is allowed again",
        "the call is refused",
        (
            "import ctypes\n"
            "if not os.fork():\n"
            "    done = ctypes.CDLL(None).unshare(0x10000000)\n"
            "    os._exit(7 if done == 0 else 0)\n"
            "if os.waitstatus_to_exitcode(os.wait()[1]) == 7:\n    raise Got('a namespace')",
        ),
        off=frozenset({"syscalls"}),
    ),
    Attack(
        "write-outside",
        "write into the folders of the course",
        "nothing but its own folders can be written",
        (
            "path = os.path.join(WHERE['school'], 'written')\n"
            "try:\n"
            "    with open(path, 'w') as file:\n        file.write(path)\n"
            "except OSError:\n    pass\n"
            "else:\n    os.unlink(path)\n    raise Got(path)",
        ),
        off=SEEING,
    ),
    Attack(
        "settings-of-the-machine",
        "open settings of the machine for writing, such as where core dumps go",
        "none can be opened; nothing is ever written to one",
        (
            "opened = []\n"
            "for path in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger',\n"
            "             '/proc/sys/vm/drop_caches', '/proc/sys/kernel/modprobe'):\n"
            "    try:\n        os.close(os.open(path, os.O_WRONLY))\n        opened.append(path)\n"
            "    except OSError:\n        pass\n"
            "if opened:\n    raise Got(repr(opened))",
        ),
    ),
    Attack(
        "kernel-doors",
        "use the system calls by which sandboxes were left: memfd, keyctl, bpf, io_uring",
        "each is refused",
        (
            "import ctypes, platform\n"
            "libc = ctypes.CDLL(None)\n"
            "column = 0 if platform.machine() == 'x86_64' else 1\n"
            "doors = {'memfd_create': (319, 279), 'userfaultfd': (323, 282),\n"
            "         'keyctl': (250, 219), 'io_uring_setup': (425, 425), 'bpf': (321, 280),\n"
            "         'shmget': (29, 194)}\n"
            "opened = []\n"
            "for name, numbers in doors.items():\n"
            "    arguments = {'memfd_create': (b'x', 0), 'shmget': (0, 4096, 0o1600),\n"
            "                 'keyctl': (0, -3, 0)}.get(name, (0, 0, 0))\n"
            "    if libc.syscall(numbers[column], *arguments) >= 0:\n        opened.append(name)\n"
            "if opened:\n    raise Got(repr(opened))",
        ),
        off=frozenset({"syscalls"}),
    ),
)
