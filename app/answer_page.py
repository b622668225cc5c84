"""Turns texts, style sheets and the ballot script into the one answer page that is the same for everybody.

The page holds every screen in every language as templates; its script fills them in the reader's browser. Style sheet
and script are addressed by their SHA-256, so that a page always meets the files it was made with.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import string
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy.orm import Session

from surveys.ballots import manifest
from surveys.errors import Refused
from surveys.i18n import LANGUAGES, Translator, translator
from surveys.store import answer_files
from surveys.store.answer_files import PAGE_TYPE, SCRIPT_TYPE, AnswerPage, PageFile

__all__ = ["FILES", "AnswerPage", "PageFile", "build", "current", "in_use"]

FILES = "/answer/files/"
"""Where style sheet and script are served, below it by SHA-256."""

SCREENS = ("wait", "start", "item", "talk", "review", "sending", "thanks", "closed", "results", "problem", "say")
"""The templates below ``respond/sealed`` that the page holds once in each language."""

LANGUAGE_NAMES = {"en": "English", "es": "Español"}
_HERE = Path(__file__).parent
_STYLES = ("tokens.css", "look.css", "answer.css")
_SCRIPT = "ballot.js"
_ICON = "mark.svg"


@functools.cache
def current() -> AnswerPage:
    """Return the page of this version of the program.

    Raises:
        Refused: the ballot script was not built.
    """
    return build(_HERE / "static")


def in_use(session: Session) -> AnswerPage:
    """Return the page that all open sealed waves share: that of the one open longest, else the current one."""
    return answer_files.find_open_page(session) or current()


def build(static: Path) -> AnswerPage:
    """Make the page from the style sheets and the script in a folder; the same files give the same bytes.

    Raises:
        Refused: the ballot script was not built.
    """
    if not (static / _SCRIPT).exists():
        raise Refused("The ballot script is not built. Run make assets.")
    rules = "\n".join((static / name).read_text() for name in _STYLES)
    style = _file("text/css", rules.replace('url("fonts/', 'url("/static/fonts/').encode())
    script = _file(SCRIPT_TYPE, (static / _SCRIPT).read_bytes())
    icon = _file("image/svg+xml", (static / _ICON).read_bytes())
    page = (
        _environment()
        .get_template("respond/answer.html")
        .render(
            languages=[(_Texts(translator(code)), LANGUAGE_NAMES[code]) for code in LANGUAGES],
            screens=SCREENS,
            icon=_address(icon, "svg"),
            style=_address(style, "css"),
            style_integrity=_integrity(style),
            script=_address(script, "js"),
            script_integrity=_integrity(script),
            words=" ".join(manifest.WORDS),
        )
    )
    return AnswerPage(page=_file(PAGE_TYPE, page.encode()), files=(style, script, icon), script_sha256=script.sha256)


class _Texts:
    """Translates without values: places such as {units} stay, because only the reader's browser knows them."""

    def __init__(self, tr: Translator) -> None:
        self._tr = tr
        self.language = tr.language
        self.number = tr.number

    def t(self, message: str, /, **params: object) -> str:
        """Translate a text, filled only where every value of it is given here."""
        return self._tr.t(message, **params)

    def n(self, singular: str, plural: str, name: str) -> Markup:
        """Write both forms of a text; the script keeps the one that fits the value of this name."""
        names = [field for _, field, _, _ in string.Formatter().parse(plural) if field]
        kept = {field: f"{{{field}}}" for field in names} | {"count": f"{{{name}}}"}
        one, many = self._tr.n(singular, plural, 1, **kept), self._tr.n(singular, plural, 2, **kept)
        return Markup('<span data-one="{0}">{1}</span><span data-many="{0}">{2}</span>').format(name, one, many)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _file(media_type: str, content: bytes) -> PageFile:
    return PageFile(sha256=hashlib.sha256(content).hexdigest(), media_type=media_type, content=content)


def _address(file: PageFile, suffix: str) -> str:
    return f"{FILES}{file.sha256}.{suffix}"


def _integrity(file: PageFile) -> str:
    return "sha256-" + base64.b64encode(bytes.fromhex(file.sha256)).decode()
