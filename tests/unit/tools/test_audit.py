"""The audit counts only what a working scanner said, and says so when there was none."""

from __future__ import annotations

import pytest

from tools import audit

MINIMUM = {"jinja2": {"version": "3.1.6", "advisory": "CVE-2025-27516"}}


def _use(monkeypatch: pytest.MonkeyPatch, answers: dict[str, list[str]] | None) -> None:
    def scan(packages: set[tuple[str, str]]) -> dict[str, list[str]]:
        if answers is None:
            raise audit.Unreachable
        return {f"{name} {version}": answers[name] for name, version in packages if name in answers}

    monkeypatch.setattr(audit, "scan", scan)


def test_pins_are_read_with_their_markers() -> None:
    text = "numpy==2.4.6 ; python_full_version < '3.12' \\\n    --hash=sha256:aa\n    # via scipy==1\nclick==8.5.1 \\\n"
    assert audit.pins(text) == {("numpy", "2.4.6"), ("click", "8.5.1")}


def test_two_versions_of_a_package_are_scanned_apart() -> None:
    assert audit.by_release({("a", "1"), ("a", "2"), ("b", "1")}) == [{("a", "1"), ("b", "1")}, {("a", "2")}]


def test_a_version_below_the_list_is_a_fault() -> None:
    assert audit.below_minimum({("jinja2", "3.1.5"), ("click", "1")}, MINIMUM) == [
        "jinja2 3.1.5 is older than 3.1.6 (CVE-2025-27516)"
    ]
    assert audit.below_minimum({("jinja2", "3.1.10")}, MINIMUM) == []


def test_a_scanner_that_misses_the_control_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _use(monkeypatch, {})
    assert audit.main() == 0
    words = capsys.readouterr().out
    assert "cannot be reached" in words
    assert "no known" not in words.lower()


def test_a_scanner_out_of_reach_falls_back_to_the_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _use(monkeypatch, None)
    assert audit.main() == 0
    assert "minimum safe versions" in capsys.readouterr().out


def test_a_flagged_package_of_ours_fails_the_audit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _use(monkeypatch, {"jinja2": ["CVE-X"]})
    assert audit.main() == 1
    captured = capsys.readouterr()
    assert "the control was flagged" in captured.out
    assert "CVE-X" in captured.err


def test_the_committed_list_holds_for_the_committed_locks() -> None:
    packages = set().union(*(audit.pins(path.read_text()) for path in audit.LOCKS))
    listed = audit.tomllib.loads(audit.MINIMUM.read_text())["packages"]
    assert len({name for name, _ in packages} & set(listed)) >= 20
    assert audit.below_minimum(packages, listed) == []
