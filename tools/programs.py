"""Finds programs and libraries of the operating system; standard library only, for it runs before any install."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_MAC_CHROMIUMS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_POSTGRES_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome; ``BAROGRAPH_CHROMIUM`` names one that stands elsewhere."""
    named = os.environ.get("BAROGRAPH_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in _CHROMIUMS:
        path = shutil.which(name)
        if path:
            return path
    return next((path for path in _MAC_CHROMIUMS if Path(path).exists()), None)


def find_postgres() -> Path | None:
    """Return the folder that holds PostgreSQL's server programs: the newest of those installed."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).parent
    found: list[tuple[int, Path]] = []
    for pattern in _POSTGRES_FOLDERS:
        for folder in Path("/").glob(pattern.lstrip("/")):
            if (folder / "initdb").exists() and (folder / "postgres").exists():
                digits = "".join(filter(str.isdigit, folder.parent.name.split(".", maxsplit=1)[0]))
                found.append((int(digits or 0), folder))
    return max(found)[1] if found else None


def has_library(name: str) -> bool:
    """Return whether the loader finds a shared library under exactly this name."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
