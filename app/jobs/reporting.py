"""Lists which reports a release has and makes them one by one, each of which may be repeated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from app.installation import Installation
from surveys.store import waves

MakeReport = Callable[[Installation, str, str, str, dt.datetime], None]
"""Freezes one report and writes its PDF: installation, wave, unit, language, now; a repeat changes nothing."""


def list_reports(inst: Installation, wave: str) -> list[list[str]]:
    """Return unit and language of every report of a released wave, by unit."""
    with inst.database.reading() as session:
        row = waves.get_wave(session, wave)
        languages = waves.get_programme(session, row.programme_slug).languages
        return [[unit.unit, language] for unit in waves.list_units(session, wave) for language in languages]
