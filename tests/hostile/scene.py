"""A school with secrets in it, neighbours to be reached, and a class to grade."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT
from tests.hostile.attack import Attack

INNOCENT = (
    "Amara Okafor", "Yusuf Demir", "Zoë Müller", "Beatriz Sousa",
    "Callum Fraser", "Chiara De Luca", "Daniela Popescu", "Dmitri Volkov",
)  # fmt: skip
SECRETS = ("solution", "environment", "home", "gradebook", "submission")
SECONDS = 900


@dataclass
class Scene:
    """Where everything lies. heard: what arrived at the listeners. canaries: text by place."""

    school: Path
    canaries: dict[str, str]
    heard: list[bytes] = field(default_factory=list)

    @property
    def submissions(self) -> Path:
        return self.school / "handed in" / "backprop"

    @property
    def where(self) -> Path:
        return self.school / "assignments" / "backprop" / "where.json"

    @property
    def out(self) -> Path:
        return self.school / "reports"

    @property
    def temporary(self) -> Path:
        return self.school / "tmp"

    @property
    def environment(self) -> dict[str, str]:
        """What the grader is started with."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.school / "home"),
            "TMPDIR": str(self.temporary),
            "JUPYTER_PATH": str(self.school / "jupyter"),
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(self.school / "summary.md"),
            "SECRET": self.canaries["environment"],
        }

    def hand_in(self, attack: Attack) -> None:
        """Lays the committed notebook among the submissions, under the name it chose."""
        place = self.submissions / attack.file_name
        if attack.link_to:
            place.symlink_to(attack.link_to)
        else:
            shutil.copyfile(attack.file, place)
            os.utime(place, (1_700_000_000, 1_700_000_000))

    def processes(self) -> set[int]:
        """All processes that came from this one, but for those that were there before."""
        return descendants(os.getpid()) - self._before

    _before: set[int] = field(default_factory=set)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Builds the school; what it started is ended at the end."""
    folder.mkdir(exist_ok=True)
    canaries = {name: f"CANARY-{name}-{secrets.token_hex(8)}" for name in SECRETS}
    made = Scene(folder, canaries)
    for kind in ("assignments", "solutions"):
        shutil.copytree(ROOT / kind / "backprop", folder / kind / "backprop")
    for place in ("home/.ssh", "reports", "tmp", "handed in/backprop", "jupyter/kernels/hostile"):
        (folder / place).mkdir(parents=True)
    (folder / "home/.ssh/id_rsa").write_text(canaries["home"])
    (folder / "reports/notes.txt").write_text(canaries["gradebook"])
    with (folder / "solutions/backprop/solution.py").open("a") as solution:
        solution.write(f"\n# {canaries['solution']}\n")
    for number, name in enumerate(INNOCENT, start=1):
        _innocent(made, number, ROOT / "submissions" / "backprop" / f"{name}.ipynb")
    shutil.copy(made.submissions / "innocent-1.ipynb", folder / "solutions/backprop/notebook.ipynb")
    argv = [sys.executable, "-c", f"open({str(folder / 'launched')!r}, 'w')"]
    spec = {"argv": argv, "display_name": "hostile", "language": "python"}
    (folder / "jupyter/kernels/hostile/kernel.json").write_text(json.dumps(spec))
    with ExitStack() as stack:
        neighbour = stack.enter_context(_neighbour(canaries["environment"]))
        ports = stack.enter_context(_listeners(made))
        where = {
            "school": str(folder),
            "solution": str(folder / "solutions/backprop"),
            "submissions": str(made.submissions),
            "home": str(folder / "home"),
            "out": str(made.out),
            "tmp": str(made.temporary),
            "mark": f"hostile-{secrets.token_hex(8)}",
            "neighbour": neighbour,
            **ports,
        }
        made.where.write_text(json.dumps(where))
        made._before = descendants(os.getpid())
        yield made


def _innocent(made: Scene, number: int, source: Path) -> None:
    content = json.loads(source.read_text(encoding="utf-8"))
    content["cells"][0]["metadata"]["secret"] = made.canaries["submission"]
    file = made.submissions / f"innocent-{number}.ipynb"
    file.write_text(json.dumps(content), encoding="utf-8")
    os.utime(file, (1_700_000_000, 1_700_000_000))


@contextmanager
def _neighbour(secret: str) -> Iterator[int]:
    """Another process of the same user, with a secret in its environment."""
    process = subprocess.Popen(["sleep", str(2 * SECONDS)], env={"SECRET": secret})
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


@contextmanager
def _listeners(made: Scene) -> Iterator[dict[str, int | str]]:
    """Listeners of every kind; whatever reaches one of them is noted."""
    abstract, path = f"hostile-{secrets.token_hex(8)}", str(made.school / "socket")
    with ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        free = stack.enter_context(socket.socket())
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        unix = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2)]
        for one, address in zip(unix, ("\0" + abstract, path), strict=True):
            one.bind(address)
            one.listen()
        # Kept from others, and free to whoever asks to share it as servers do.
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", 0))
        stop = threading.Event()
        threads = [
            threading.Thread(target=_listen, args=(made, one, stop)) for one in (tcp, udp, *unix)
        ]
        for thread in threads:
            thread.start()
        try:
            yield {
                "tcp": tcp.getsockname()[1],
                "udp": udp.getsockname()[1],
                "free": free.getsockname()[1],
                "abstract": abstract,
                "unix": path,
            }
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def _listen(made: Scene, listener: socket.socket, stop: threading.Event) -> None:
    listener.settimeout(0.1)
    while not stop.is_set():
        try:
            if listener.type == socket.SOCK_DGRAM:
                made.heard.append(listener.recv(100))
            else:
                caller, _ = listener.accept()
                made.heard.append(b"connected")
                caller.close()
        except TimeoutError:
            continue


def descendants(process: int) -> set[int]:
    """The processes below this one."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                said = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if said[0] != "Z":
                parents[int(folder.name)] = int(said[1])
    found: set[int] = set()
    fresh = {process}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


@contextmanager
def adopting() -> Iterator[None]:
    """While it lasts, what loses its parent below this process becomes a child of this one."""
    import ctypes

    set_child_subreaper = 36
    libc = ctypes.CDLL(None)
    libc.prctl(set_child_subreaper, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(set_child_subreaper, 0, 0, 0, 0)


def end(processes: set[int]) -> None:
    """Ends what a test of ours has started, one by one."""
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
