#!/usr/bin/env bash
# Prepares the container: Python 3.11 or later, and the grader in an environment of its own.
set -euo pipefail

root=${AUTOGRADER_ROOT:-/autograder}
environment=$root/environment
cd "$root/source"

suitable_python() {
    local python
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null; then
            echo "$python"
            return
        fi
    done
    return 1
}

if ! python=$(suitable_python); then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq python3.11 python3.11-venv || apt-get install -y -qq python3 python3-venv
    python=$(suitable_python) || {
        echo "setup.sh: no Python 3.11 or later here: choose a newer base image" >&2
        exit 1
    }
fi

"$python" -m venv "$environment"
wanted=(./*.whl)
if [ -f requirements.txt ]; then
    wanted+=(--requirement requirements.txt)
fi
install=("$environment/bin/python" -m pip install --quiet --disable-pip-version-check)
# Versions are those of the machine that made this file, as far as they can be had here.
"${install[@]}" --constraint constraints.txt "${wanted[@]}" || {
    echo "setup.sh: not with the versions of constraints.txt; taking the newest" >&2
    "${install[@]}" "${wanted[@]}"
}
"$environment/bin/python" -m grader doctor
