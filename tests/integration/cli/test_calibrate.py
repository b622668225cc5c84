"""The calibration on the command line: worlds without any installation, the own organisation with one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.main import main
from tests.integration.cli.conftest import Shell
from tests.support import journey
from tests.support.filled import World, fill

SMALL = ("calibrate", "--worlds", "silence", "--runs", "2", "--processes", "1")


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, words, env={"BAROGRAPH_LANGUAGE": "en"})
    assert result.exit_code == code, (result.output, result.stderr, result.exception)
    return result.stderr if code else result.stdout


@pytest.mark.slow
def test_tables_and_bars_are_printed_without_an_installation(tmp_path: Path) -> None:
    path = tmp_path / "calibration.md"
    assert "Written to" in run(*SMALL, "--seed", "3", "--out", str(path))
    text = path.read_text()
    assert text.startswith("# Calibration")
    for told in ("seed 3, runs 2", "seconds per 1,000", "version", "## Acceptance bars (4.6)", "Gamma:"):
        assert told in text
    assert "exists already" in run(*SMALL, "--out", str(path), code=1)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_figures_with_any_number_of_processes() -> None:
    one, two = (json.loads(run(*SMALL[:-1], number, "--json")) for number in ("1", "2"))
    assert one["tables"] == two["tables"]
    assert one["bars"] == two["bars"]
    assert one["holds"]
    assert one["seconds_per_1000"] > 0


def test_a_world_that_is_none_is_named() -> None:
    told = run("calibrate", "--worlds", "base,calm", code=1)
    assert "calm is no world" in told
    assert "white, base, strong" in told


@pytest.mark.slow
def test_the_link_is_a_section_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "link.md"
    words = ("calibrate", "--link", "--worlds", "walk", "--runs", "2", "--processes", "1")
    assert "Written to" in run(*words, "--out", str(path))
    text = path.read_text()
    assert text.startswith("## Link of pressure and sentiment")
    assert "\n### Nothing is linked: share of panels in which a link is found (5.3)" in text
    assert "usual: best of nine lags within teams" in text
    assert "### Acceptance bars (5.3)" in text
    found = json.loads(run(*words, "--json"))
    assert found["holds"]
    assert {table["section"] for table in found["tables"]} == {"5.3"}


def test_the_link_has_worlds_of_its_own_and_does_not_mix_with_the_own_organisation() -> None:
    assert "base is no world" in run("calibrate", "--link", "--worlds", "base", code=1)
    assert "Give --own or --link, not both" in run("calibrate", "--own", "--link", code=2)


def test_nothing_released_says_so(shell: Shell) -> None:
    assert "Nothing has been released yet" in shell.refused("calibrate", "--own")


@pytest.mark.slow
def test_the_own_organisation_is_told_what_it_can_see(tmp_path: Path) -> None:
    inst = journey.installation(tmp_path)
    fill(inst, World(teams=12, waves=7, scales=2, joint=frozenset({3}), seed=4))
    inst.database.dispose()
    shell = Shell(tmp_path)
    shell.environment |= {"BAROGRAPH_DATABASE_URL": inst.settings.database_url}
    text = shell.ok("calibrate", "--own", "--runs", "2", "--processes", "1")
    for told in ("one wave every 14 days", "With under 8 answers a change over 26 waves", "Without any change", "± "):
        assert told in text
