"""What all writers share: batches and checksums."""

from __future__ import annotations

import hashlib
from pathlib import Path

from reports.exports.writer import CHECKSUMS, batches, write_checksums


def test_rows_come_in_lists_of_a_size() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batches((), 2)) == []


def test_the_checksums_are_those_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_bytes(b"b")
    (tmp_path / "a.csv").write_bytes(b"a")
    (tmp_path / "within").mkdir()
    assert [path.name for path in write_checksums(tmp_path)] == ["a.csv", "b.csv", CHECKSUMS]
    sums = dict(line.split("  ")[::-1] for line in (tmp_path / CHECKSUMS).read_text().splitlines())
    assert sums == {name: hashlib.sha256(name[:1].encode()).hexdigest() for name in ("a.csv", "b.csv")}
