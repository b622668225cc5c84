"""Loads the shared fixtures and guards; each module of tests/support says what it gives."""

import os

# Threads of the matrix library only wait for one another on matrices as small as ours; it reads this when first loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

pytest_plugins = [
    "tests.support.network",
    "tests.support.shared",
    "tests.support.budget",
    "tests.support.databases",
    "tests.support.browser",
]
