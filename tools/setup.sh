#!/bin/sh
# Finds a Python that is new enough and hands over to tools/setup.py, which says what it does.
set -eu
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$candidate" -m tools.setup "$@"
    fi
done
echo "Barograph needs Python 3.11 or later; install it, or name it with PYTHON=/path/to/python3." >&2
exit 1
