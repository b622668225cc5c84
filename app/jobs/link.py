"""Finds the link of pressure and strain after a release and after new delivery data, and keeps what did not change."""

from __future__ import annotations

import datetime as dt

from app.installation import Installation
from reports.services.link import LinkAccount, remake_link


def find_link(inst: Installation, *, wave: str, now: dt.datetime, remake: bool = False) -> LinkAccount:
    """Find and store the link of a released wave; one that stands there by today's data is kept unless ``remake``.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
        ReleaseRefused: an auditor found something wrong with a release of the window.
    """
    return remake_link(inst.database.reading, inst.database.transaction, wave=wave, now=now, remake=remake)
