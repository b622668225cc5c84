"""Cuts the power at the N-th commit, file operation, rewrite or send of an installation, before or after its effect.

Not a plugin. ``Fuse(at=3, after=True)`` lets three operations happen and then stops everything; ``Fuse()`` only counts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.extensions import Database
from app.installation import Installation
from app.lifecycle import Message
from surveys.store import keys as keys_module
from surveys.store.keys import KeyStore


class PowerCut(BaseException):
    """The process is gone; not an Exception, so that no handler of the product can live on."""


class Fuse:
    """Numbers operations from 1 and blows at one of them; afterwards nothing happens any more."""

    def __init__(self, at: int | None = None, *, after: bool = False) -> None:
        self.at = at
        self.is_after = after
        self.names: list[str] = []
        self.is_blown = False

    def is_due(self, name: str, *, before: bool) -> bool:
        """Whether to stop here; ``before`` begins the operation and counts it."""
        if self.is_blown:
            raise PowerCut
        if before:
            self.names.append(name)
        return len(self.names) == self.at and before is not self.is_after

    def blow(self) -> None:
        self.is_blown = True
        raise PowerCut

    @contextmanager
    def around(self, name: str) -> Iterator[None]:
        """Guard one operation that either happens or does not."""
        if self.is_due(name, before=True):
            self.blow()
        yield
        if self.is_due(name, before=False):
            self.blow()


class CrashingDatabase(Database):
    """A database that loses power around a commit or around the rewrite of its files."""

    def __init__(self, url: str, fuse: Fuse) -> None:
        super().__init__(url)
        self.fuse = fuse

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with super().transaction() as session:
            yield session
            if self.fuse.is_due("commit", before=True):
                self.fuse.blow()
        if self.fuse.is_due("commit", before=False):
            self.fuse.blow()

    def rewrite(self, tables: tuple[str, ...]) -> None:
        with self.fuse.around("rewrite"):
            super().rewrite(tables)


class CrashingPath(type(Path())):  # type: ignore[misc]
    """A path whose file operations are numbered."""

    fuse: Fuse

    def unlink(self, missing_ok: bool = False) -> None:
        with self.fuse.around("unlink"):
            super().unlink(missing_ok)

    def rename(self, target: Path) -> Path:
        with self.fuse.around("rename"):
            return Path(super().rename(target))


class CrashingSystem:
    """Stands for the module ``os`` in the key store: a write that is cut off has written half."""

    def __init__(self, fuse: Fuse) -> None:
        self.fuse = fuse

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)

    def write(self, handle: int, content: bytes) -> int:
        if self.fuse.is_due("write", before=True):
            os.write(handle, content[: len(content) // 2])
            self.fuse.blow()
        written = os.write(handle, content)
        if self.fuse.is_due("write", before=False):
            self.fuse.blow()
        return written

    def fsync(self, handle: int) -> None:
        with self.fuse.around("fsync"):
            os.fsync(handle)


def fragile(inst: Installation, fuse: Fuse, patch: pytest.MonkeyPatch) -> Installation:
    """Return the same installation as a process that loses power when the fuse blows."""
    folder_type = type("GuardedPath", (CrashingPath,), {"fuse": fuse})
    patch.setattr(keys_module, "os", CrashingSystem(fuse))
    return replace(
        inst,
        database=CrashingDatabase(inst.settings.sqlalchemy_url, fuse),
        keys=KeyStore(folder_type(inst.settings.key_dir)),
    )


def fragile_sender(box: list[Message], fuse: Fuse) -> Callable[[Message], None]:
    """Return a sender that loses power before or after a message was taken."""

    def send(message: Message) -> None:
        with fuse.around("send"):
            box.append(message)

    return send
