"""What every template needs: texts of the reader's language, addresses of static files with their hash, the mark."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request, url_for
from markupsafe import Markup

from surveys.i18n import LANGUAGES, Message, Translator, translator

LANGUAGE_NAMES = {"en": "English", "es": "Español"}
"""Each language in itself."""


def install(app: Flask) -> None:
    """Give the templates of an application their words; the language is that of the request."""

    @app.before_request
    def choose() -> None:
        g.language = chosen_language()

    def number(value: float, decimals: int = 1) -> str:
        return current().number(value, decimals)

    def date(value: dt.date) -> str:
        return current().date(value)

    def moment(value: dt.datetime, zone: str = "UTC") -> str:
        return current().moment(value, ZoneInfo(zone))

    def join(parts: Sequence[str]) -> str:
        return current().join(parts)

    def render(message: Message) -> str:
        return current().render(message)

    app.jinja_env.globals.update(
        t=_single, n=_plural, number=number, date=date, moment=moment, join=join, render=render,
        language=lambda: current().language, other_languages=other_languages,
        asset=asset, integrity=integrity, has_page=lambda name: name in current_app.view_functions,
    )  # fmt: skip
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def current() -> Translator:
    """Return the translator of the reader."""
    return translator(g.get("language", LANGUAGES[0]))


def chosen_language() -> str:
    """Return the language a request asks for: by its address, else by the browser's setting, else English."""
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def other_languages() -> list[tuple[str, str]]:
    """Return code and name of every language that is not the reader's."""
    return [(code, name) for code, name in LANGUAGE_NAMES.items() if code != current().language]


def asset(name: str) -> str:
    """Return the address of a static file; its hash is part of it, so that it may be kept for ever."""
    return url_for("static", filename=name, v=_digest(_static(name)).hex()[:16])


def integrity(name: str) -> Markup:
    """Return the integrity attribute of a static script or style sheet."""
    return Markup("sha256-") + base64.b64encode(_digest(_static(name))).decode()


def _single(message: str, /, **params: object) -> str:
    return current().t(message, **params)


def _plural(singular: str, plural: str, count: int, /, **params: object) -> str:
    return current().n(singular, plural, count, **params)


def _static(name: str) -> Path:
    return Path(str(current_app.static_folder)) / name


@functools.cache
def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
