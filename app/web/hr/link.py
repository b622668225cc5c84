"""The page of HR analysts with the link of roadmap pressure and strain, or why there is none."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app import auth
from app.extensions import Database
from app.web import pages as words
from reports.services import hr_export, link_view
from surveys.enums import Role
from surveys.errors import NotFound

_LONGEST_KEY = 64


def add_link(pages: Blueprint, *, database: Database) -> None:
    """Add the page of the link to the pages of HR analysts."""

    @pages.get("/link")
    @auth.required(Role.HR)
    def link() -> str:
        with database.reading() as session:
            slugs = hr_export.released_slugs(session)
            wave = request.args.get("wave") or (slugs[-1] if slugs else None)
            if wave is None:
                return render_template("hr/link.html", wave=None, waves=[], overview=None)
            if wave not in slugs:
                raise NotFound("Wave {wave} has not been released.", wave=wave[:_LONGEST_KEY])
            found = link_view.load_link(session, wave)
            overview = None if found is None else link_view.overview_of(found, words.current())
            return render_template("hr/link.html", wave=wave, waves=slugs[::-1], found=found, overview=overview)
