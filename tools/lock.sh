#!/bin/sh
# Writes requirements/*.txt anew from pyproject.toml: versions and hashes for every platform, no addresses.
set -eu
cd "$(dirname "$0")/.."
EXTRA="$*"
.venv/bin/python -m pip install -q --disable-pip-version-check uv
compile() { # arguments of this script such as --upgrade go to every lock
    .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header "$@" $EXTRA
}
compile pyproject.toml -o requirements/run.txt
compile --group build -c requirements/run.txt -o requirements/build.txt
compile pyproject.toml --extra dev -c requirements/run.txt -o requirements/dev.txt
.venv/bin/python -m tools.setup test
