"""Runs notebooks one after the other in nbconvert's ExecutePreprocessor: no sandbox, no marks."""

import sys
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ExecutePreprocessor

if __name__ == "__main__":
    for file in sorted(Path(sys.argv[1]).glob("*.ipynb")):
        notebook = nbformat.read(file, as_version=4)
        ExecutePreprocessor(timeout=60, allow_errors=True).preprocess(notebook)
