"""Turns a leader report and its release time into the bytes of its PDF; equal input gives equal bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import cache
from importlib import resources
from itertools import pairwise

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup
from weasyprint import CSS, HTML, Document

from reports.charts.numbers import numbers_tables
from reports.charts.roadmap_view import roadmap_view
from reports.charts.theme import Theme
from reports.charts.view import SheetView, pressure_view, scales_view, sheet_view
from reports.document import LeaderReport, sha256
from reports.pdf.complaints import complaints_refused
from reports.pdf.fetcher import DataOnlyFetcher
from reports.pdf.fonts import font_configuration
from reports.pdf.ornaments import with_ornaments
from reports.pdf.tags import finish
from reports.pdf.words import footer_text, provenance_rows, words_of

TRACE_MM = 85.0
_HALF_LABEL_MM = 6.0
_FLOWING_ROWS = 8
_FULL_PAGE_TRACES = 5
_SECTIONS = ("summary", "scales", "pressure", "side", "drivers", "sure", "conversation", "method")
_ONE_PAGE = ("summary", "pressure")


def render(report: LeaderReport, *, released_on: dt.datetime) -> bytes:
    """Draw the report as a tagged PDF (PDF/UA-1) that carries ``released_on``, an aware time, as its date.

    Raises ``RenderError`` for any warning of the renderer, because a warning means that something is missing.
    """
    digest = sha256(report)
    identifier = hashlib.sha256(f"{digest} {released_on.isoformat()}".encode()).digest()[:16]
    with complaints_refused():
        pdf = _laid_out(report, released_on, digest).write_pdf(pdf_variant="pdf/ua-1", pdf_identifier=identifier)
    return finish(pdf)


def warm() -> None:
    """Load fonts, style sheet and template, so that the first report costs no more than the next."""
    _template()
    _layout('<html lang="en"><title>-</title><p>-</p></html>').write_pdf()


def to_html(report: LeaderReport, *, released_on: dt.datetime, digest: str, tight: bool = False) -> str:
    """The document that is printed; ``tight`` takes the air out of page 1."""
    sheet = sheet_view(report, Theme.PRINT, low=tight)
    numbers = numbers_tables(report)
    return _template().render(
        report=report,
        words=words_of(report),
        created=released_on.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        density="tight" if tight else "airy",
        footer=footer_text(report, digest),
        sheet=sheet,
        axis=_axis(report, sheet),
        scales=scales_view(report, Theme.PRINT),
        pressure=pressure_view(report, Theme.PRINT),
        roadmap=roadmap_view(report, Theme.PRINT),
        provenance=provenance_rows(report, digest),
        numbers=numbers,
        numbers_flow=sum(len(table.rows) for table in numbers) <= _FLOWING_ROWS,
    )


def _laid_out(report: LeaderReport, released_on: dt.datetime, digest: str) -> Document:
    """Lay the pages out, a second time and tighter where a section that should fill one page needed two.

    A full page 1 is known to be too much for the airy form, so that the first layout is saved there.
    """
    is_full = report.pressure is not None and len(report.traces) >= _FULL_PAGE_TRACES
    for tight in (True,) if is_full else (False, True):
        document = _layout(to_html(report, released_on=released_on, digest=digest, tight=tight))
        if not _spills(document):
            break
    return document


def _layout(html: str) -> Document:
    page = HTML(string=html, url_fetcher=DataOnlyFetcher(), base_url=None)
    return page.render(stylesheets=[_style_sheet()], font_config=font_configuration())


def _spills(document: Document) -> bool:
    """Whether the summary or the pressure page runs over onto a second page."""
    begins: dict[str, int] = {}
    for number, page in enumerate(document.pages):
        for name in page.anchors:
            begins.setdefault(name, number)
    ordered = [begins[name] for name in _SECTIONS if name in begins]
    pairs = dict(pairwise(ordered))
    return any(pairs.get(begins.get(name, -1), 0) > begins.get(name, -1) + 1 for name in _ONE_PAGE)


def _axis(report: LeaderReport, sheet: SheetView) -> Markup:
    """The months over the traces as text, because a drawing would need words of its own for those who listen."""
    words = words_of(report)
    if sheet.is_level:
        return Markup('<span class="what">{}</span>').format(words.level)
    places = Markup()
    for tick in sheet.ticks:
        left = tick.x / sheet.width * TRACE_MM - _HALF_LABEL_MM
        text = Markup("<b>{}</b>").format(tick.text) if tick.is_last else tick.text
        places += Markup('<span style="left: {}mm">{}</span>').format(f"{left:.2f}", text)
    return places


@cache
def _style_sheet() -> CSS:
    return CSS(
        string=with_ornaments(_read("print.css")), url_fetcher=DataOnlyFetcher(), font_config=font_configuration()
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_read), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html")


def _read(name: str) -> str:
    return (resources.files("reports.pdf") / "templates" / name).read_text(encoding="utf-8")
