"""The ballot script is the same bytes wherever it is built, is the published one, and stays small."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from pathlib import Path

import pytest

from tools import assets

pytestmark = pytest.mark.slow

MOST_BYTES = 30 * 1024


def test_two_builds_are_equal_and_are_the_published_script(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "x.js", tmp_path / "b" / "y.js"
    assets.bundle(first)
    assets.bundle(second)
    assert first.read_bytes() == second.read_bytes()
    assert hashlib.sha256(first.read_bytes()).hexdigest() == assets.known_sums()[str(assets.SCRIPT)]


def test_a_build_in_another_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    shutil.copytree(assets.ROOT / "client", tmp_path / "elsewhere" / "client")
    (tmp_path / "elsewhere" / "node_modules").symlink_to(assets.ROOT / "node_modules")
    (tmp_path / "elsewhere" / "tsconfig.json").write_text('{"compilerOptions": {"target": "es5"}}')
    made = tmp_path / "ballot.js"
    assets.bundle(made, root=tmp_path / "elsewhere")
    assert hashlib.sha256(made.read_bytes()).hexdigest() == assets.known_sums()[str(assets.SCRIPT)]


def test_a_build_that_differs_is_refused_and_changes_nothing() -> None:
    before = (assets.ROOT / assets.SCRIPT).read_bytes()
    with pytest.raises(assets.Stop, match="is not the one whose SHA-256 is published"):
        assets.build_script({str(assets.SCRIPT): "00" * 32})
    assert (assets.ROOT / assets.SCRIPT).read_bytes() == before


def test_a_source_that_cannot_be_bundled_gives_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(assets.Stop, match="The ballot script could not be bundled"):
        assets.bundle(tmp_path / "x.js", entry="client/absent.js")


def test_the_script_holds_no_sentence_no_address_and_is_small() -> None:
    content = (assets.ROOT / assets.SCRIPT).read_bytes()
    assert len(gzip.compress(content, 9)) <= MOST_BYTES
    text = content.decode()
    assert "innerHTML" not in text
    assert "eval(" not in text
    assert "document.cookie" not in text
    assert "https://" not in text.replace("https://github", "")


def test_the_licences_of_what_is_bundled_lie_beside_it() -> None:
    text = (assets.ROOT / assets.SCRIPT_LICENCES).read_text()
    for name in assets.SCRIPT_PACKAGES:
        assert name in text
    assert text.count("Permission is hereby granted") == len(assets.SCRIPT_PACKAGES)
