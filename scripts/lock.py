"""Writes the lock files from pyproject.toml; needs `uv` on the path."""

import subprocess

from environment import ROOT

LOCKS = {"run": ["build", "class"], "dev": ["build", "class", "dask", "dev"]}

if __name__ == "__main__":
    for name, extras in LOCKS.items():
        chosen = [word for extra in extras for word in ("--extra", extra)]
        subprocess.run(
            [
                *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
                *("--generate-hashes", "--no-header", "--no-annotate", *chosen),
                *("pyproject.toml", "--output-file", f"requirements/{name}.txt"),
            ],
            cwd=ROOT,
            check=True,
        )
