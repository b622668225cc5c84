"""A demonstration empties its own folder and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.demo.folder import MARKER, prepare
from surveys.errors import Refused


def test_a_new_folder_gets_places_for_everything_and_keys_beside_it(tmp_path: Path) -> None:
    places = prepare(tmp_path / "demo")
    assert places.keys == tmp_path / "demo-keys"
    assert all(place.is_dir() for place in (places.samples, places.reports, places.exports))


def test_the_second_demonstration_starts_anew(tmp_path: Path) -> None:
    places = prepare(tmp_path / "demo")
    (places.reports / "old.pdf").write_bytes(b"old")
    places.database.write_bytes(b"old")
    prepare(tmp_path / "demo")
    assert sorted(path.name for path in places.data.iterdir()) == [MARKER, "exports", "reports", "samples"]
    assert not any(places.reports.iterdir())


@pytest.mark.parametrize("name", ["demo", "demo-keys"])
def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.odt").write_bytes(b"mine")
    with pytest.raises(Refused, match="holds files that no demonstration made"):
        prepare(tmp_path / "demo")
    assert [path.name for path in (tmp_path / name).iterdir()] == ["thesis.odt"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_out_of_the_folder_is_cut_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_bytes(b"mine")
    places = prepare(tmp_path / "demo")
    (places.data / "link").symlink_to(tmp_path / "kept")
    prepare(tmp_path / "demo")
    assert (tmp_path / "kept" / "file").read_bytes() == b"mine"
    assert not (places.data / "link").exists()
