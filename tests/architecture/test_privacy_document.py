"""The documents about privacy name tests that exist, say the same in both languages, and give a proof in every cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

NAMES = ("privacy.md", "dpia-template.md", "works-agreement-template.md")
FOLDERS = {"en": ROOT / "docs", "es": ROOT / "docs" / "es"}
DOCUMENTS = [folder / name for folder in FOLDERS.values() for name in NAMES]
VERDICTS = {"en": re.compile(r"(holds|does not)\b"), "es": re.compile(r"(resiste|no resiste)\b")}
_PATH = re.compile(r"\btests/[\w./*-]*\w")
_NUMBER = re.compile(r"`test_(\d\d)`")
_LINK = re.compile(r"\]\(([^)#]+)")


def table(path: Path, *, bold: bool = False) -> dict[str, list[str]]:
    """The threat table of a document: the cells after the first by T1 to T5."""
    start = r"\| \*\*(T\d)\*\* " if bold else r"\| (T\d) "
    rows = re.findall(start + r"[^|]*\|(.*)\|$", path.read_text(), re.MULTILINE)
    return {name: [cell.strip().replace("**", "") for cell in cells.split("|")] for name, cells in rows}


def verdicts(rows: dict[str, list[str]], language: str) -> dict[str, list[bool]]:
    """Whether each cell says that it holds; fails for a cell that begins with neither word."""
    found = {name: [VERDICTS[language].match(cell) for cell in cells] for name, cells in rows.items()}
    assert all(match for row in found.values() for match in row), rows
    return {name: [match[1] in {"holds", "resiste"} for match in row if match] for name, row in found.items()}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_that_is_named_exists(path: Path) -> None:
    named = set(_PATH.findall(path.read_text())) | {
        f"tests/attacks/test_{number}_*.py" for number in _NUMBER.findall(path.read_text())
    }
    assert [name for name in sorted(named) if not list(ROOT.glob(name))] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_document_that_is_linked_exists(path: Path) -> None:
    assert [link for link in _LINK.findall(path.read_text()) if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("language", FOLDERS)
def test_all_twenty_four_attacks_are_listed_in_order(language: str) -> None:
    listed = re.findall(r"^\| (\d+) \| .* \| `tests/attacks/test_(\d\d)_\w+\.py` \|$", text(language), re.MULTILINE)
    assert [(int(number), int(file)) for number, file in listed] == [(number, number) for number in range(1, 25)]


@pytest.mark.parametrize("language", FOLDERS)
def test_every_cell_of_the_threat_table_says_what_holds_and_names_its_proof(language: str) -> None:
    rows = table(FOLDERS[language] / "privacy.md", bold=True)
    assert list(rows) == ["T1", "T2", "T3", "T4", "T5"]
    assert {len(cells) for cells in rows.values()} == {4}
    assert [cell for cells in rows.values() for cell in cells if not (_NUMBER.search(cell) or _PATH.search(cell))] == []
    verdicts(rows, language)


def test_both_languages_and_the_templates_give_the_same_verdicts() -> None:
    told = verdicts(table(FOLDERS["en"] / "privacy.md", bold=True), "en")
    assert told["T3"] == [False, False, False, True]
    assert told["T4"] == [False] * 4
    assert verdicts(table(FOLDERS["es"] / "privacy.md", bold=True), "es") == told
    for language, folder in FOLDERS.items():
        assert verdicts(table(folder / "dpia-template.md"), language) == told
        sealed_only = {name: row[2:] for name, row in told.items()}
        assert verdicts(table(folder / "works-agreement-template.md"), language) == sealed_only


def test_both_languages_name_the_same_tests() -> None:
    named = [re.findall(r"`(test_\d\d|tests/[^`]+)`", text(language)) for language in FOLDERS]
    assert named[0] == named[1]
    assert len(named[0]) > 50


@pytest.mark.parametrize(("language", "mark"), [("en", "Not legal advice"), ("es", "No es asesoramiento jurídico")])
@pytest.mark.parametrize("name", NAMES[1:])
def test_a_template_says_what_it_is_not_and_leaves_blanks(language: str, mark: str, name: str) -> None:
    written = (FOLDERS[language] / name).read_text()
    assert mark in written.partition("\n## ")[0]
    assert written.count("[") > 30


def text(language: str) -> str:
    """The document about privacy."""
    return (FOLDERS[language] / "privacy.md").read_text()
