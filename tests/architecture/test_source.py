"""The rules of the source that no linter knows: sizes, who commits, who reads the clock, where imports stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import PRODUCT, ROOT, dotted, functions_of, python_files, tree_of

MOST_LINES = 400
MOST_LINES_OF_FUNCTION = 60
BELOW_THE_EDGE = ("surveys", "reports")
CLOCKS = frozenset(
    {
        "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
        "time.localtime", "time.gmtime",
    }
)  # fmt: skip
RANDOM_MODULES = frozenset({"random"})
SESSION_NAMES = frozenset({"Session", "Engine", "Connection"})
SQL_PLACES = frozenset({"models", "store", "extensions", "schema"})
"""Folders and modules that write SQL; the last two open the database and migrate it."""
SUPPRESSIONS = {"noqa": 30, "type: ignore": 12}
"""How many marks switch a check off; the numbers may only fall."""


def commits(tree: ast.Module) -> Iterator[int]:
    """Lines that end a transaction."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"commit", "begin"}
        ):
            yield node.lineno


def clocks_and_dice(tree: ast.Module) -> Iterator[int]:
    """Lines that ask what time it is or throw dice without a seed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_clock_or_dice(node):
            yield node.lineno
        is_import = isinstance(node, ast.Import) and {alias.name for alias in node.names} & RANDOM_MODULES
        if is_import or (isinstance(node, ast.ImportFrom) and node.module in RANDOM_MODULES):
            yield node.lineno


def is_clock_or_dice(call: ast.Call) -> bool:
    """Whether a call reads a clock, or draws numbers from a generator that was given no seed."""
    name = dotted(call.func)
    if name.endswith("default_rng"):
        return not call.args and not call.keywords
    return ".".join(name.split(".")[-2:]) in CLOCKS or name.startswith(("np.random.", "numpy.random."))


def hidden_imports(tree: ast.Module) -> Iterator[int]:
    """Lines that import inside a function."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node.lineno


def sql_imports(tree: ast.Module) -> Iterator[int]:
    """Lines that import more of SQLAlchemy than the types a signature needs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "sqlalchemy" for alias in node.names):
            yield node.lineno
        is_part = isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy"
        is_errors = (
            isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy.exc"
        )  # the edge turns them into pages
        if is_part and not is_errors and not {alias.name for alias in node.names} <= SESSION_NAMES:
            yield node.lineno


RULES: dict[str, tuple[Callable[[ast.Module], Iterator[int]], tuple[str, ...], str]] = {
    "commit": (commits, BELOW_THE_EDGE, "def f(s):\n    s.commit()\n"),
    "clock": (clocks_and_dice, BELOW_THE_EDGE, "import datetime as dt\nx = dt.datetime.now(dt.UTC)\n"),
    "dice": (clocks_and_dice, BELOW_THE_EDGE, "import numpy as np\nx = np.random.default_rng()\n"),
    "random": (clocks_and_dice, BELOW_THE_EDGE, "from random import choice\n"),
    "import": (hidden_imports, PRODUCT, "def f():\n    import os\n"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_sees_its_fault(rule: str) -> None:
    check, _, example = RULES[rule]
    assert list(check(ast.parse(example)))


@pytest.mark.parametrize("rule", RULES)
def test_no_source_breaks_a_rule(rule: str) -> None:
    check, folders, _ = RULES[rule]
    assert [f"{path}:{line}" for path in python_files(*folders) for line in check(tree_of(path))] == []


def test_sql_is_written_in_its_places_only() -> None:
    assert list(sql_imports(ast.parse("from sqlalchemy import select")))
    assert not list(sql_imports(ast.parse("from sqlalchemy.orm import Session")))
    outside = [path for path in python_files(*PRODUCT) if not SQL_PLACES & {*path.parts, path.stem}]
    assert [f"{path}:{line}" for path in outside for line in sql_imports(tree_of(path))] == []


def test_no_file_is_too_long() -> None:
    lengths = {
        path: sum(1 for line in (ROOT / path).read_text().splitlines() if line.strip())
        for path in python_files(*PRODUCT, "tools", "tests")
    }
    assert {str(path): lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_function_is_too_long() -> None:
    long = {
        f"{path}:{function.name}": lines
        for path in python_files(*PRODUCT, "tools")
        for function in functions_of(path)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > MOST_LINES_OF_FUNCTION
    }
    assert long == {}


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path) for path in python_files(*PRODUCT, "tools", "migrations") if not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty_names = {"utils", "helpers", "common", "manager", "handler", "misc"}
    assert [str(path) for path in python_files(*PRODUCT) if {path.stem, *path.parts} & empty_names] == []


def _marks(path: Path, kind: str) -> Iterator[str]:
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        mark = re.search(rf"#\s*{kind}\b(.*)", line)
        if mark:
            yield f"{path}:{number}:{mark.group(1)}"


@pytest.mark.parametrize(("kind", "most"), SUPPRESSIONS.items())
def test_switched_off_checks_carry_a_code_and_become_fewer(kind: str, most: int) -> None:
    marks = [mark for path in python_files(*PRODUCT, "tools", "migrations") for mark in _marks(path, kind)]
    code = r": [A-Z]+[0-9]+(, [A-Z]+[0-9]+)* - \w" if kind == "noqa" else r"\[[a-z-]+(, ?[a-z-]+)*\]"
    assert [mark for mark in marks if not re.search(code, mark)] == []
    assert len(marks) <= most
