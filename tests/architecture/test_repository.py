"""The repository holds no addresses of package registries, no paths of a machine, and locks that name only hashes."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, tracked_files
from tools.assets import differences, known_sums

# Written in two parts so that this file does not hold what it forbids.
HOSTS = [
    "pypi" + ".org", "pythonhosted" + ".org", "npm" + "js", "deb." + "debian", "yarnpkg" + ".com", "crates" + ".io",
    "archive." + "ubuntu",
]  # fmt: skip
FORBIDDEN = re.compile("|".join([*map(re.escape, HOSTS), r"(?<![\w.*])/(?:work|root)/"]))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def faults(text: str) -> list[str]:
    """Return the forbidden words of a text."""
    return FORBIDDEN.findall(text)


@pytest.mark.parametrize("text", [f"see https://{HOSTS[0]}/simple", "/ro" + "ot/x", "cd /wo" + "rk/x"])
def test_a_forbidden_word_is_seen(text: str) -> None:
    assert faults(text)


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = {}
    for path in tracked_files():
        try:
            words = faults(path.read_text())
        except UnicodeDecodeError:
            continue
        if words:
            found[str(path.relative_to(ROOT))] = words
    assert found == {}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_versions_and_hashes_and_no_address(path: Path) -> None:
    text = path.read_text()
    assert "://" not in text
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pins
    assert [pin for pin in pins if "==" not in pin or not pin.endswith("\\")] == []


def test_the_font_lock_holds_hashes_and_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    entries = {name: entry for name, entry in packages.items() if name}
    assert entries
    assert [name for name, entry in entries.items() if "resolved" in entry or "integrity" not in entry] == []


def test_every_runtime_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=~!; ]", name)[0].lower() for name in project["dependencies"]}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "run.txt").read_text(), re.MULTILINE))
    assert wanted - locked == set()


def test_the_fonts_are_the_expected_ones() -> None:
    assert known_sums()
    assert differences(known_sums()) == []


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE")
    assert "END OF TERMS AND CONDITIONS" in text
    assert all(f"\n  {number}. " in text for number in range(18))
    assert text.rstrip().endswith("<https://www.gnu.org/licenses/>.")
