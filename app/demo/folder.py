"""Turns the name of a folder into an empty place for a demonstration, and never empties a folder that is not one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from surveys.errors import Refused

MARKER = ".barograph-demo"
_NOTE = "A demonstration of Barograph. The next one empties this folder.\n"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where things of a demonstration are; ``keys`` lies beside the data, as in every installation."""

    data: Path
    keys: Path

    @property
    def samples(self) -> Path:
        """The files that a steward would import."""
        return self.data / "samples"

    @property
    def database(self) -> Path:
        """The database."""
        return self.data / "barograph.db"

    @property
    def reports(self) -> Path:
        """The leaders' reports."""
        return self.data / "reports"

    @property
    def exports(self) -> Path:
        """The files for HR."""
        return self.data / "exports"


def prepare(folder: Path) -> Places:
    """Return empty folders for a new demonstration; what an earlier one left in them is removed.

    Raises:
        Refused: a folder holds anything and was not made by a demonstration; nothing was changed then.
    """
    data = folder.resolve()
    places = Places(data=data, keys=data.with_name(data.name + "-keys"))
    for place in (places.data, places.keys):
        _check(place)
    for place in (places.data, places.keys):
        _empty(place)
    places.keys.chmod(0o700)  # an empty folder that was there before may be open to others
    for place in (places.samples, places.reports, places.exports):
        place.mkdir()
    return places


def _check(place: Path) -> None:
    if not place.exists():
        return
    if not place.is_dir():
        raise Refused("{folder} is not a folder. Please name another one for the demonstration.", folder=place)
    if any(place.iterdir()) and not (place / MARKER).is_file():
        raise Refused(
            "The folder {folder} holds files that no demonstration made. Please name another one.", folder=place
        )


def _empty(place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Written first, so that a run that was broken off leaves a folder which the next one may empty.
    (place / MARKER).write_text(_NOTE, encoding="utf-8")
    for entry in place.iterdir():
        if entry.name == MARKER:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
