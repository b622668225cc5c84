"""The command that exports released figures: all formats, selections, and files that are there whole or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from reports.services.hr_export import FORMATS
from tests.integration.cli.conftest import Shell
from tests.integration.jobs import sample
from tests.support import exported

START = dt.date(2026, 3, 2)


@pytest.fixture
def released(tmp_path: Path, sqlite_url: str) -> Shell:
    inst = sample.installation(tmp_path, database_url=sqlite_url)
    sample.released_wave(inst, START)
    inst.database.dispose()
    shell = Shell(tmp_path)
    shell.environment["BAROGRAPH_DATABASE_URL"] = sqlite_url
    return shell


def test_every_format_is_written_whole_with_checksums_and_the_query(released: Shell) -> None:
    folder = released.folder / "deep" / "out"
    for file_format in FORMATS:
        printed = released.json("export", "--format", file_format, "--out", folder / f"march.{file_format}")
        assert isinstance(printed, dict)
        assert all(Path(name).exists() for name in printed["files"])
        for line in (folder / f"march-{file_format}-SHA256SUMS").read_text().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert "ReadCells" in (folder / "march.pq").read_text()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    wanted = exported.read_json(folder, "march")
    assert [exported.read(folder, file_format, "march") == wanted for file_format in FORMATS] == [True] * 4


def test_a_selection_is_written_alone(released: Shell) -> None:
    out = released.folder / "some.json"
    released.ok("export", "--format", "json", "--out", out, "--wave", "pulse-1", "--unit", "a", "--scale", "workload")
    rows = exported.read_json(released.folder, "some")
    assert {row["measure"] for row in rows["cells"]} == {"workload", "workload-reasonable"}
    assert {row["unit"] for row in rows["units"]} == {"a"}


@pytest.mark.parametrize("chosen", [("--unit", "nobody"), ("--scale", "nothing"), ("--wave", "pulse-9")])
def test_a_refused_export_leaves_no_file(released: Shell, chosen: tuple[str, str]) -> None:
    folder = released.folder / "out"
    assert released.refused("export", "--format", "csv", "--out", folder / "x.csv", *chosen)
    assert list(folder.iterdir()) == []
