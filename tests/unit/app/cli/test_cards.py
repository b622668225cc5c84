"""A file of codes is for its owner alone, and a failure leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.cards import write_private
from surveys.errors import Refused


def test_the_file_is_for_its_owner_even_where_an_open_one_was(tmp_path: Path) -> None:
    path = tmp_path / "cards.pdf"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="could not be written"):
        write_private(tmp_path / "nowhere" / "cards.pdf", b"x")


def test_a_folder_in_the_way_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "cards.pdf").mkdir()
    with pytest.raises(Refused):
        write_private(tmp_path / "cards.pdf", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["cards.pdf"]
