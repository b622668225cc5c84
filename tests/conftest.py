"""Loads the shared fixtures and guards; each module of tests/support says what it gives."""

pytest_plugins = [
    "tests.support.network",
    "tests.support.shared",
    "tests.support.budget",
    "tests.support.databases",
    "tests.support.browser",
]
