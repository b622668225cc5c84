"""Set-up says in one sentence what a person has to do when it cannot do it itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import setup
from tools.setup import Need, Stop, ensure_system, install_system_packages

PANGO = Need("libpango-1.0.so.0", lambda: False, ("libpango-1.0-0",), "pango")


def test_nothing_is_said_or_done_when_all_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    ensure_system([Need("a shell", lambda: True, ("dash",), "dash")])
    assert capsys.readouterr().out == ""


def test_on_a_mac_the_sentence_names_the_brew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup.sys, "platform", "darwin")
    with pytest.raises(Stop, match=r"brew install pango$"):
        install_system_packages([PANGO, PANGO])


def test_without_apt_the_sentence_names_the_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(setup.sys, "platform", "linux")
    with pytest.raises(Stop, match=r"libpango-1\.0\.so\.0"):
        install_system_packages([PANGO])


def test_without_rights_the_sentence_is_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "apt-get"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(setup.sys, "platform", "linux")
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    with pytest.raises(Stop, match=r"apt-get install libpango-1\.0-0$"):
        install_system_packages([PANGO])


def test_a_package_that_does_not_help_stops_the_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "install_system_packages", lambda needs: None)
    with pytest.raises(Stop, match="still not found: libpango"):
        ensure_system([PANGO])


def test_what_tests_need_covers_what_the_program_needs() -> None:
    assert setup._covering("run") == ("run", "test")
    assert setup._covering("test") == ("test",)


@pytest.mark.parametrize("arguments", [[], ["all"], ["run", "test"]])
def test_wrong_usage_ends_with_two(arguments: list[str]) -> None:
    assert setup.main(arguments) == 2
