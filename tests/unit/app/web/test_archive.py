"""The archive of an export: written from files, handed out in pieces."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from app.web.hr.archive import blocks, pack


def files(folder: Path) -> list[Path]:
    folder.mkdir()
    made = [folder / name for name in ("b.csv", "a.xlsx")]
    for path in made:
        path.write_bytes(path.name.encode() * 1000)
    return made


def test_an_archive_holds_the_files_and_no_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        pack(files(tmp_path / name), tmp_path / f"{name}.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        kinds = {entry.filename: entry.compress_type for entry in archive.infolist()}
        assert kinds == {"a.xlsx": zipfile.ZIP_STORED, "b.csv": zipfile.ZIP_DEFLATED}
        assert archive.read("b.csv") == b"b.csv" * 1000


def test_a_stream_comes_in_pieces_and_is_closed_behind_the_last() -> None:
    stream = io.BytesIO(b"x" * 600_000)
    pieces = list(blocks(stream))
    assert [len(piece) for piece in pieces] == [262_144, 262_144, 75_712]
    assert stream.closed
