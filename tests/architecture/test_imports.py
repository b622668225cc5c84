"""The import contracts of pyproject.toml hold, and each of them would notice being broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import PRODUCT, ROOT

# One fault per contract: file -> line added to it.
FAULTS = {
    "C1 ": ("surveys/enums.py", "import reports.stats.results"),
    "C2 ": ("surveys/crowds/__init__.py", "import surveys.store.waves"),
    "C3 ": ("reports/stats/results.py", "import reports.models"),
    "C4 ": ("app/config.py", "import app.extensions"),
    "C5 ": ("app/web/leader/__init__.py", "import app.web.hr"),
    "C6 ": ("reports/charts/__init__.py", "import flask"),
    "C7 ": ("app/web/hr/__init__.py", "import reports.models"),
    "C8 ": ("reports/pressure/weeks.py", "import sqlalchemy"),
    "C9 ": ("surveys/store/waves.py", "import surveys.store.ballots"),
    "C10a ": ("surveys/store/totals.py", "import surveys.store.invitations"),
    "C10b ": ("surveys/store/organisation.py", "import surveys.models.totals"),
    "C10c ": ("surveys/store/ballots.py", "import surveys.models.accounts"),
    "C11 ": ("reports/stats/results.py", "import weasyprint"),
    "C12 ": ("surveys/i18n.py", "def hidden():\n    import surveys.errors"),
}
NEW_MODULE = "surveys/odds_and_ends.py"


def contracts(folder: Path) -> dict[str, bool]:
    """Check the tree in ``folder``; return the name of each contract and whether it is kept."""
    command = [
        str(Path(sys.executable).parent / "lint-imports"),
        "--no-cache",
        "--config",
        str(ROOT / "pyproject.toml"),
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"}
    output = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=environment)
    lines = [line for line in output.stdout.splitlines() if line.startswith("C") and line.split()[0][1:2].isdigit()]
    assert lines, output.stdout + output.stderr
    return {line.split(" KEPT")[0].split(" BROKEN")[0]: " KEPT" in line for line in lines}


def test_every_contract_is_kept() -> None:
    assert [name for name, is_kept in contracts(ROOT).items() if not is_kept] == []


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """The contracts of a copy of the source into which every fault was written."""
    folder = tmp_path_factory.mktemp("spoiled")
    for package in PRODUCT:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "fonts"))
    for file, line in FAULTS.values():
        with (folder / file).open("a") as stream:
            stream.write(f"\n{line}\n")
    (folder / NEW_MODULE).write_text('"""A module that belongs to no layer."""\n')
    return contracts(folder)


@pytest.mark.parametrize("number", FAULTS)
def test_a_contract_notices_its_fault(number: str, spoiled: dict[str, bool]) -> None:
    assert [is_kept for name, is_kept in spoiled.items() if name.startswith(number)] == [False]
