"""Reads and writes the files that people name on the command line."""

from __future__ import annotations

import os
from pathlib import Path

from surveys.errors import Refused

_MOST_BYTES = 1 << 30
_BINARY = getattr(os, "O_BINARY", 0)
"""Without it Windows would write other line ends than those it is given."""


def write_new(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; a file that is there is never replaced.

    Raises:
        Refused: the file exists, or the folder cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb") as stream:
            try:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            except OSError:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        raise exists(path) from None
    except OSError as error:
        raise Refused(
            "The file {file} could not be written: {reason}.",
            file=str(path),
            reason=error.strerror or type(error).__name__,
        ) from None


def read_file(path: Path) -> bytes:
    """Return the content of a file that a person named.

    Raises:
        Refused: there is none, or it cannot be read.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Refused("The file {file} is too large.", file=str(path))
        return path.read_bytes()
    except OSError as error:
        raise Refused(
            "The file {file} cannot be read: {reason}.", file=str(path), reason=error.strerror or type(error).__name__
        ) from None


def exists(path: Path) -> Refused:
    """Return the refusal to replace a file."""
    return Refused("The file {file} exists already. It was not replaced.", file=str(path))
