"""Turns bytes of uncertain encoding and dates of uncertain form into text and UTC times, or into problems."""

from __future__ import annotations

import datetime as dt
import io
import re
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark

MAX_BYTES = 200 * 1024 * 1024
"""A file above this size is refused, packed or unpacked."""

_FULL = len("2026-05-31T09:30:00")
_GZIP = b"\x1f\x8b"
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$"
)
_LOCAL_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})$")
_TOO_LARGE = mark("The file holds more than {limit} MB. Export a shorter time and import the parts one after another.")


def read_file(path: Path, *, limit: int = MAX_BYTES) -> bytes:
    """Return the content of ``path``, unpacked if gzip; raises ``InvalidInput`` where it is missing or too large."""
    source = path.name
    try:
        if path.stat().st_size > limit:
            raise _refused(source, Message(_TOO_LARGE, {"limit": limit // 1024 // 1024}))
        data = path.read_bytes()
    except OSError as error:
        raise _refused(source, Message("The file cannot be read: {cause}.", {"cause": error.strerror})) from error
    return unpack(data, source=source, limit=limit)


def unpack(data: bytes, *, source: str, limit: int = MAX_BYTES) -> bytes:
    """Return ``data`` without gzip around it; a packed file may not unpack to more than ``limit`` bytes."""
    if not data.startswith(_GZIP):
        return data
    engine = zlib.decompressobj(wbits=31)
    try:
        plain = engine.decompress(data, limit + 1)
    except zlib.error as error:
        raise _refused(source, Message("The gzip file is damaged.")) from error
    if len(plain) > limit:
        raise _refused(source, Message(_TOO_LARGE, {"limit": limit // 1024 // 1024}))
    if not engine.eof:
        raise _refused(source, Message("The gzip file ends too early."))
    return plain


def open_export(path: Path, *, limit: int) -> BinaryIO:
    """Open an export for reading, unpacked while it is read where it is gzip.

    Raises ``InvalidInput`` where the file is missing or longer than ``limit``, also while reading.
    """
    try:
        if path.stat().st_size > limit:
            raise _refused(path.name, Message(_TOO_LARGE, {"limit": limit // 1024 // 1024}))
        return unpacked(path.open("rb"), source=path.name, limit=limit)
    except OSError as error:
        reason = Message("The file cannot be read: {cause}.", {"cause": error.strerror})
        raise _refused(path.name, reason) from error


def unpacked(stream: BinaryIO, *, source: str, limit: int = MAX_BYTES) -> BinaryIO:
    """Return ``stream`` without gzip around it, in bounded memory and with nothing on disk.

    What was packed is never longer than ``limit``, and the stream of it can go to its start and end and to no other
    place.
    """
    stream.seek(0)
    is_packed = stream.read(2) == _GZIP
    stream.seek(0)
    if not is_packed:
        return stream
    return cast("BinaryIO", io.BufferedReader(_Unpacked(stream, source, limit), 1 << 20))


class _Unpacked(io.RawIOBase):
    """The bytes of a gzip stream, unpacked and counted against a limit."""

    def __init__(self, stream: BinaryIO, source: str, limit: int) -> None:
        super().__init__()
        self._stream, self._source, self._limit = stream, source, limit
        self._start()

    def _start(self) -> None:
        self._stream.seek(0)
        self._engine = zlib.decompressobj(wbits=31)
        self._given = 0

    def close(self) -> None:
        self._stream.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if offset == 0 and whence == io.SEEK_CUR:
            return self._given
        if offset == 0 and whence == io.SEEK_END:
            while self.read(1 << 20):
                pass
            return self._given
        if offset != 0 or whence != io.SEEK_SET:
            raise io.UnsupportedOperation
        self._start()
        return 0

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(cast("bytearray", buffer)).cast("B")
        data = self._unpack(self._engine, len(view))
        view[: len(data)] = data
        self._given += len(data)
        if self._given > self._limit:
            raise _refused(self._source, Message(_TOO_LARGE, {"limit": self._limit // 1024 // 1024}))
        return len(data)

    def _unpack(self, engine: zlib._Decompress, size: int) -> bytes:
        try:
            while not engine.eof:
                packed = engine.unconsumed_tail or self._stream.read(1 << 16)
                plain = engine.decompress(packed, size)
                if plain:
                    return plain
                if not packed:
                    raise _refused(self._source, Message("The gzip file ends too early."))
        except zlib.error as error:
            raise _refused(self._source, Message("The gzip file is damaged.")) from error
        return b""


def decode(data: bytes, *, source: str) -> tuple[str, tuple[Problem, ...]]:
    """Return text from UTF-8, UTF-16 or Windows-1252 bytes, with a remark where the encoding had to be guessed.

    Raises ``InvalidInput`` where the bytes fit none of the three.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _strict(data, name, source), ()
    if data[1:2] == b"\0":
        return _strict(data, "utf-16-le", source), ()
    if data[:1] == b"\0":
        return _strict(data, "utf-16-be", source), ()
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = Message("This is not UTF-8. The file was read as Windows-1252; check the accents.")
        return _strict(data, "cp1252", source), (Problem(source, line, reason),)


def moment(text: str, *, zone: dt.tzinfo, day_first: bool | None = None) -> dt.datetime | None:
    """Return the UTC time that ``text`` names, or ``None`` where it names none.

    Read are ISO days and times; a time without offset, and a day (its first instant), are in ``zone``. With
    ``day_first`` set, ``31/05/2026`` (True) or ``05/31/2026`` (False) are read as well.
    """
    text = text.strip()
    found = _MOMENT.match(text)
    try:
        if found is None:
            day = _local_day(text, day_first=day_first)
            return None if day is None else dt.datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(dt.UTC)
        year, month, of_month, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        micros = int((found.group(7) or "0").ljust(6, "0")[:6])
        offset = _offset(found.group(8)) or zone
        return dt.datetime(year, month, of_month, hour, minute, second, micros, tzinfo=offset).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def instant(text: str, *, zone: dt.tzinfo, day_first: bool | None = None) -> tuple[dt.datetime, int | None] | None:
    """Return the UTC time that ``text`` names and the minutes east of UTC it wrote, ``None`` for no offset.

    As ``moment``; ``None`` where ``text`` names no time. Full ISO times with an offset take a short way.
    """
    if len(text) > _FULL and text[4] == text[7] == "-" and text[10] == "T":
        try:
            full = dt.datetime.fromisoformat(text)
            told = full.utcoffset()
            if told is not None:
                return full.astimezone(dt.UTC), int(told.total_seconds()) // 60
        except (ValueError, OverflowError):  # the first and the last day of all years have no UTC time everywhere
            pass
    at = moment(text, zone=zone, day_first=day_first)
    if at is None:
        return None
    found = _MOMENT.match(text.strip())
    written = None if found is None else _offset(found.group(8))
    said = None if written is None else written.utcoffset(None)
    return at, None if said is None else int(said.total_seconds()) // 60


def day(text: str, *, day_first: bool | None = None) -> dt.date | None:
    """Return the day that ``text`` names as written there (its time and offset are ignored), or ``None``."""
    text = text.strip()
    found = _MOMENT.match(text)
    try:
        if found is None:
            return _local_day(text, day_first=day_first)
        return dt.date(int(found.group(1)), int(found.group(2)), int(found.group(3)))
    except ValueError:
        return None


def day_in(text: str, *, zone: dt.tzinfo) -> dt.date | None:
    """Return the day that an instant is in ``zone``; as :func:`day` where ``zone`` is UTC or no offset is written.

    A tool that stores the first minute of a sprint writes the day before it, in UTC, for people east of Greenwich.
    """
    found = None if zone is dt.UTC else instant(text, zone=zone)
    if found is None or found[1] is None:
        return day(text)
    return found[0].astimezone(zone).date()


def _local_day(text: str, *, day_first: bool | None) -> dt.date | None:
    found = _LOCAL_DAY.match(text)
    if found is None or day_first is None:
        return None
    first, second, year = (int(part) for part in found.groups())
    return dt.date(year, second, first) if day_first else dt.date(year, first, second)


def _offset(text: str | None) -> dt.tzinfo | None:
    if text is None:
        return None
    if text == "Z":
        return dt.UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return dt.timezone(dt.timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _strict(data: bytes, encoding: str, source: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = Message("The bytes are not readable text. Save the file as UTF-8.")
        raise InvalidInput("{source} was not imported.", [Problem(source, line, reason)], source=source) from error


def _refused(source: str, reason: Message) -> InvalidInput:
    return InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source)
