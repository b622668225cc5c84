"""Turns the codes of a wave in card mode into sheets of cards to cut, with a strip for whoever hands them out.

A4 with two by four places. The sheets of a group begin on a page of their own, and its strip takes the first row.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import segno
from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup
from weasyprint import CSS, HTML

from reports.pdf.complaints import complaints_refused
from reports.pdf.fetcher import DataOnlyFetcher
from reports.pdf.fonts import font_configuration
from reports.pdf.tags import finish
from surveys.ballots import codes
from surveys.i18n import Translator, translator

PER_PAGE = 8
PER_FIRST_PAGE = 6
QUIET_MODULES = 4
"""The blank margin around a QR code that ISO/IEC 18004 asks for, in modules."""

_OVERLAP = 0.04
"""By how much of a module the rows of a QR code overlap, so that no hairline shows between them."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """The cards of one group: the names of its units and the codes of 26 signs in the order they are printed."""

    units: tuple[str, ...]
    is_whole_company: bool
    codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sheets:
    """Everything that is printed; ``closes_at`` is aware, ``words`` are those of the wave's fingerprint."""

    wave: str
    organisation: str
    languages: tuple[str, ...]
    closes_at: dt.datetime
    timezone: str
    words: str
    base_url: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, kw_only=True)
class _Card:
    """One card: its QR code as a drawing, the code to type, and its place on the sheet."""

    square: Markup
    code: str
    place: str


@dataclass(frozen=True, kw_only=True)
class _Side:
    """What stands on a card and on the strip in one language."""

    language: str
    how: str
    until: str
    compare: str
    mode: str
    heading: str
    count: str
    steps: tuple[str, ...]
    group: str


@dataclass(frozen=True, kw_only=True)
class _Page:
    """One sheet; the first of a group has the strip and fewer cards."""

    is_first: bool
    sides: tuple[_Side, ...]
    cards: tuple[_Card, ...]


def render(sheets: Sheets, *, printed_at: dt.datetime) -> bytes:
    """Draw the sheets as a tagged PDF (PDF/UA-1) with ``printed_at``, an aware time, as its date.

    Raises:
        RenderError: the renderer complained, which means that something is missing on the page.
    """
    html = to_html(sheets, printed_at=printed_at)
    identifier = hashlib.sha256(html.encode()).digest()[:16]
    with complaints_refused():
        page = HTML(string=html, url_fetcher=DataOnlyFetcher(), base_url=None)
        document = page.render(stylesheets=[_style_sheet()], font_config=font_configuration())
        pdf = document.write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)
    return finish(pdf)


def to_html(sheets: Sheets, *, printed_at: dt.datetime) -> str:
    """The document that is printed."""
    say = translator(sheets.languages[0])
    return _template().render(
        language=say.language,
        title=say.t("{organisation}: cards of {wave}", organisation=sheets.organisation, wave=sheets.wave),
        created=printed_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        organisation=sheets.organisation,
        address=card_address(sheets.base_url),
        words=sheets.words,
        pages=[page for box in sheets.boxes for page in _pages(sheets, box)],
    )


def card_address(base_url: str) -> str:
    """Where a code is typed."""
    return f"{base_url.rstrip('/')}/card"


def link_address(base_url: str, code: str) -> str:
    """What a QR code opens; the code stands in the fragment, so that no server's log gets it."""
    return f"{base_url.rstrip('/')}/answer#{code}"


def square(address: str, alt: str) -> Markup:
    """Draw an address as a QR code with its quiet margin; at least 15 per cent of it may be soiled."""
    matrix = segno.make(address, error="m", micro=False).matrix
    size = len(matrix) + 2 * QUIET_MODULES
    steps = []
    for row, modules in enumerate(matrix):
        bits = "".join("1" if module else "0" for module in modules) + "0"
        begin = 0
        while (begin := bits.find("1", begin)) >= 0:
            end = bits.index("0", begin)
            steps.append(f"M{QUIET_MODULES + begin} {QUIET_MODULES + row + 0.5}h{end - begin}")
            begin = end
    return Markup(
        '<svg role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" height="{size}" '
        'aria-label="{alt}"><title>{alt}</title>'
        '<path fill="none" stroke="#000" stroke-width="{width}" d="{path}"/></svg>'
    ).format(size=size, alt=alt, width=1 + _OVERLAP, path="".join(steps))


def _pages(sheets: Sheets, box: Box) -> list[_Page]:
    sides = tuple(_side(translator(language), sheets, box) for language in sheets.languages)
    first, later = box.codes[:PER_FIRST_PAGE], box.codes[PER_FIRST_PAGE:]
    pages = [_Page(is_first=True, sides=sides, cards=_cards(sheets, first, row=1))]
    for start in range(0, len(later), PER_PAGE):
        cards = _cards(sheets, later[start : start + PER_PAGE], row=0)
        pages.append(_Page(is_first=False, sides=sides, cards=cards))
    return pages


def _cards(sheets: Sheets, chosen: Sequence[str], *, row: int) -> tuple[_Card, ...]:
    alt = translator(sheets.languages[0]).t("Square code that opens the survey with the code of this card")
    return tuple(
        _Card(
            square=square(link_address(sheets.base_url, code), alt),
            code=codes.grouped(code).replace("-", " "),
            place=f"{'right' if place % 2 else 'left'} r{row + place // 2}",
        )
        for place, code in enumerate(chosen)
    )


def _side(say: Translator, sheets: Sheets, box: Box) -> _Side:
    closes = say.moment(sheets.closes_at, ZoneInfo(sheets.timezone))
    return _Side(
        language=say.language,
        how=say.t("Scan the square with a phone, or open the address below and type the code."),
        until=say.t("Open until {moment} ({zone}).", moment=closes, zone=sheets.timezone),
        compare=say.t("The page shows these words:"),
        mode=say.t("Card mode: as anonymous as the box you drew from."),
        heading=say.t("{organisation}: cards of {wave}", organisation=sheets.organisation, wave=sheets.wave),
        count=say.n("One card for:", "{count} cards for:", len(box.codes)),
        group=say.t("the whole organisation") if box.is_whole_company else say.join(box.units),
        steps=(
            say.t("Print at 100 %. Cut along the dashed lines and fold each card."),
            say.t("Mix them in a box and let everybody of this group draw one. Give no card to anybody by name."),
            say.t("Destroy the cards that are left over, and the file they were printed from."),
        ),
    )


@cache
def _style_sheet() -> CSS:
    return CSS(string=_read("cards.css"), url_fetcher=DataOnlyFetcher(), font_config=font_configuration())


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("cards.html")


def _read(name: str) -> str:
    return (resources.files("reports.pdf") / "templates" / name).read_text(encoding="utf-8")
