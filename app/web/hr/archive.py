"""Packs files of a folder into one archive on disk and hands it out in pieces; no file is ever whole in memory."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1 << 18
_PACKED = frozenset({".xlsx", ".parquet"})
"""Formats that are compressed already."""


def pack(files: Sequence[Path], target: Path) -> None:
    """Write an archive of files under their names; equal files give equal bytes, because no time is written."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(files, key=lambda each: each.name):
            entry = zipfile.ZipInfo(path.name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if path.suffix in _PACKED else zipfile.ZIP_DEFLATED
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as place:
                shutil.copyfileobj(source, place, _BLOCK)


def blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield what a stream holds in pieces and close it behind the last one."""
    with stream:
        while block := stream.read(_BLOCK):
            yield block
