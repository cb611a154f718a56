"""The provisioner in the hands of anyone: plain nbclient, kernels that restart, other kernels."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from grader.execution.kernels.provisioner import WarmProvisioner
from grader.execution.kernels.server import can_fork

pytestmark = pytest.mark.skipif(not can_fork(), reason="kernels are not forked on this system")

IPYKERNEL = ("-m", "ipykernel_launcher", "-f", "{connection_file}")
OTHER = ("-c", "from ipykernel import kernelapp; kernelapp.launch_new_instance()", "-f")


@pytest.fixture(autouse=True)
def specifications(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kernels that name the provisioner: one that it can fork, and one that it can not."""
    for name, argv in (("warm", IPYKERNEL), ("other", (*OTHER, "{connection_file}"))):
        folder = tmp_path / "kernels" / name
        folder.mkdir(parents=True)
        spec: dict[str, Any] = {
            "argv": [sys.executable, *argv],
            "display_name": name,
            "language": "python",
            "metadata": {"kernel_provisioner": {"provisioner_name": "grader-warm"}},
        }
        (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))


@pytest.fixture(params=["ipc", "tcp"])
def transport(request: pytest.FixtureRequest) -> Any:
    return request.param


def printed(kernel: str, source: str, transport: str = "ipc") -> str:
    """What a notebook of one cell prints, run by nbclient as anyone would."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    with tempfile.TemporaryDirectory() as folder:
        # Sockets of the ipc transport lie beside this file.
        file = f"{folder}/kernel.json"
        manager = KernelManager(kernel_name=kernel, transport=transport, connection_file=file)
        NotebookClient(notebook, km=manager, kernel_name=kernel).execute(cleanup_kc=True)
        assert not list(Path(folder).glob("*-ipc-*"))
    return "".join(output.text for output in notebook.cells[0].outputs)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[tuple[KernelManager, Any]]:
    file = str(tmp_path / "kernel.json")
    manager = KernelManager(kernel_name="warm", transport="ipc", connection_file=file)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_any_nbclient_can_use_it(transport: str) -> None:
    assert printed("warm", "import numpy as np; print(np.arange(3).sum())", transport) == "3\n"


def test_a_kernel_that_it_can_not_fork_starts_as_usual() -> None:
    assert printed("other", "print(6 * 7)") == "42\n"


@pytest.mark.parametrize(
    "source",
    [
        "import random; print(random.random())",
        "import numpy as np; print(np.random.rand())",
        "import numpy as np; print(np.random.default_rng().random())",
        "import os; print(os.getpid())",
    ],
)
def test_no_two_kernels_are_alike(source: str) -> None:
    assert printed("warm", source) != printed("warm", source)


@pytest.mark.parametrize(
    ("leaves", "finds"),
    [
        ("import os; os.environ['LEFT'] = '1'", "import os; print('LEFT' in os.environ)"),
        ("import wave", "import sys; print('wave' in sys.modules)"),
        ("left = 1", "print('left' in globals())"),
        ("import numpy; numpy.left = 1", "import numpy; print(hasattr(numpy, 'left'))"),
        ("import sys; sys.path.append('left')", "import sys; print('left' in sys.path)"),
        ("import os; os.chdir('/')", "import os; print(os.getcwd() == '/')"),
    ],
)
def test_nothing_of_one_kernel_is_found_by_the_next(leaves: str, finds: str) -> None:
    printed("warm", leaves)
    assert printed("warm", finds) == "False\n"


def test_every_kernel_has_the_same_few_files_open() -> None:
    count = "import os; print(sorted(os.listdir('/proc/self/fd'), key=int)[:-1])"
    assert printed("warm", count) == printed("warm", count)


def test_no_trace_of_the_grader_is_in_it() -> None:
    traces = "import sys; print([m for m in sys.modules if m.startswith('grader')], sys.meta_path)"
    seen = printed("warm", traces)
    assert seen.startswith("[]")
    assert "Shipped" not in seen


def test_it_can_be_interrupted_and_restarted(kernel: tuple[KernelManager, Any]) -> None:
    manager, client = kernel
    assert isinstance(manager.provisioner, WarmProvisioner)
    request = client.execute("import time\nprint(1, flush=True)\nwhile True: time.sleep(0.01)")
    while client.get_iopub_msg(timeout=10)["msg_type"] != "stream":
        pass
    manager.interrupt_kernel()
    reply = client.get_shell_msg(timeout=10)
    assert reply["parent_header"]["msg_id"] == request
    assert reply["content"]["ename"] == "KeyboardInterrupt"
    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=20)
    reply = client.execute_interactive("left = 1", timeout=10)
    assert reply["content"]["status"] == "ok"


def test_its_death_is_noticed(kernel: tuple[KernelManager, Any]) -> None:
    manager, client = kernel
    assert manager.is_alive()
    client.execute("import os; os._exit(7)")
    for _ in range(100):
        if not manager.is_alive():
            break
        time.sleep(0.05)
    assert not manager.is_alive()
    assert manager.provisioner.exit_code == 7  # type: ignore[union-attr]
