"""Seconds a notebook and memory of the judge, for a class of copies of one right notebook.

Run as `.venv/bin/python benchmarks/throughput.py [STUDENTS] [JOBS]`; prints one table.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "submissions" / "backprop" / "Amara Okafor.ipynb"


def seconds_to_grade(students: int, jobs: int) -> tuple[float, float, float]:
    """Wall seconds of a first run and of a second one, and the judge's peak memory in MB."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "backprop"
        folder.mkdir()
        for number in range(students):
            shutil.copy(NOTEBOOK, folder / f"student-{number:05}.ipynb")
        command = [sys.executable, "-m", "grader", "grade", str(folder), "--quiet"]
        command += ["--jobs", str(jobs), "--out", str(Path(place) / "reports")]
        times = []
        for _ in range(2):
            started = time.perf_counter()
            subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)
            times.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return times[0], times[1], peak


def main() -> None:
    """Measures and prints."""
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    first, second, peak = seconds_to_grade(students, jobs)
    print(f"{'students':>9} {'jobs':>5} {'s a notebook':>13} {'unchanged, s':>13} {'peak MB':>8}")
    print(f"{students:9} {jobs:5} {first / students:13.3f} {second:13.2f} {peak:8.0f}")


if __name__ == "__main__":
    main()
