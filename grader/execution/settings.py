"""How a submission is run, and where its kernels come from."""

import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.execution.isolation import Confinement
from grader.execution.kernels.server import WarmProcess, can_fork, warm_process
from grader.execution.kernels.warm import SCRATCH, Setup


@dataclass(frozen=True)
class Settings:
    """How a submission is run: interpreter, limits, confinement, the files that lie beside it."""

    python: str
    cell_seconds: float
    total_seconds: float
    memory_bytes: int
    helpers: tuple[str, ...] = ()
    confinement: Confinement = field(default_factory=Confinement)

    @property
    def reserve(self) -> float:
        """Seconds that the cells leave for calling the functions they define."""
        return min(self.cell_seconds, self.total_seconds / 3)


@dataclass(frozen=True)
class KernelSource:
    """Where one run's kernel comes from.

    control: the socket over which a warm process is asked, -1 where kernels start from cold.
    folder: the one that the notebook works in, as its kernel sees it. environment: all that the
    kernel's holds.
    """

    control: int
    folder: str
    environment: Mapping[str, str]


def kernel_source(settings: Settings, scratch: str) -> KernelSource:
    """Makes ready what a kernel needs; its home and working folder lie in `scratch`.

    Raises OSError where kernels can't be had as the settings ask.
    """
    inside = SCRATCH if "files" in settings.confinement.layers else scratch
    home, folder = Path(inside, "home"), Path(inside, "work")
    if can_fork():
        control = ensure_warm(settings)
    else:
        control = -1
        for place in (home, folder):
            place.mkdir()
        for helper in settings.helpers:
            shutil.copy(helper, folder)
    return KernelSource(control, str(folder), clean_environment(home))


def ensure_warm(settings: Settings) -> int:
    """The control socket of the warm process for these settings, started if need be."""
    return warm_process_for(settings).control.fileno()


def warm_process_for(settings: Settings) -> WarmProcess:
    """The warm process for these settings, which may not be ready yet."""
    setup = Setup(
        confinement=settings.confinement,
        files={Path(name).name: Path(name).read_bytes() for name in settings.helpers},
        memory=settings.memory_bytes,
        cpu_seconds=math.ceil(settings.total_seconds),
        direct=True,
    )
    return warm_process(settings.python, setup, clean_environment)


def clean_environment(home: Path) -> dict[str, str]:
    """All that a kernel's environment holds: nothing of the caller's but what Python needs."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
    return {
        **kept,
        **threads,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        # matplotlib would look into every font of the machine's at each start; its own will do.
        "MPL_IGNORE_SYSTEM_FONTS": "1",
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "TMPDIR": str(home),
    }
