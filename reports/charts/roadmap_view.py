"""Turns the roadmap pages of a report into their drawings, ready for the templates of web page and PDF."""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from reports.charts import drivers, forest, run_up, side
from reports.charts.axes import Period, period_of
from reports.charts.theme import Theme
from reports.document import LeaderReport, Value
from reports.document_link import LinkPage, LinkTable
from reports.document_roadmap import DriversPage, PartName, RunUpPage, RunUpPanel, SidePage, SideRow, StackWeek
from surveys.i18n import translator

PRINTED_ROWS = 8
"""Waves of a frame that are printed; the page keeps its place, and what is older stands on the web page."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A drawing in two widths; in print both are the same."""

    wide: Markup
    narrow: Markup


@dataclass(frozen=True, kw_only=True)
class TextTable:
    """A table of texts behind a drawing."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class SideRowView:
    """A row of page A with its drawing."""

    row: SideRow
    drawn: Drawn
    table: TextTable


@dataclass(frozen=True, kw_only=True)
class SideView:
    """Page A."""

    page: SidePage
    rows: tuple[SideRowView, ...]
    events: str


@dataclass(frozen=True, kw_only=True)
class PanelView:
    """A panel of page B with its drawing."""

    panel: RunUpPanel
    drawn: Drawn


@dataclass(frozen=True, kw_only=True)
class RunUpView:
    """Page B."""

    page: RunUpPage
    panels: tuple[PanelView, ...]
    table: TextTable


@dataclass(frozen=True, kw_only=True)
class KeyView:
    """A line of the key of the stack."""

    swatch: Markup
    fill: int
    name: str


@dataclass(frozen=True, kw_only=True)
class DriversView:
    """Page C; ``fall`` is None where there is no move to take apart."""

    page: DriversPage
    stack: Drawn | None
    key: tuple[KeyView, ...]
    fall: Drawn | None
    table: TextTable


@dataclass(frozen=True, kw_only=True)
class LinkView:
    """Page D; ``forest`` and ``strip`` are None where nothing was estimated.

    ``frames`` are those of the page; in print with their last rows only, of which ``cut`` says so.
    """

    page: LinkPage
    forest: Drawn | None
    strip: Drawn | None
    frames: tuple[LinkTable, ...]
    cut: str


@dataclass(frozen=True, kw_only=True)
class RoadmapView:
    """The four pages; each is None where the report has none."""

    side: SideView | None
    run_up: RunUpView | None
    drivers: DriversView | None
    link: LinkView | None


def roadmap_view(report: LeaderReport, theme: Theme) -> RoadmapView | None:
    """The drawings of the roadmap pages; None for a report without them, such as one from before they were made."""
    pages = report.roadmap
    if pages is None:
        return None
    return RoadmapView(
        side=_side(pages.side, report, theme) if pages.side is not None else None,
        run_up=_run_up(pages.run_up, report.language, theme) if pages.run_up is not None else None,
        drivers=_drivers(pages.drivers, report.language, theme) if pages.drivers is not None else None,
        link=_link(pages.link, report.language, theme) if pages.link is not None else None,
    )


def _side(page: SidePage, report: LeaderReport, theme: Theme) -> SideView:
    period = period_of(report)
    wide = side.PRINT if theme is Theme.PRINT else side.WIDE
    rows = tuple(
        SideRowView(
            row=row,
            drawn=Drawn(
                wide=side.side_row(row, period=period, size=wide, theme=theme, language=report.language),
                narrow=side.side_row(row, period=period, size=side.NARROW, theme=theme, language=report.language),
            ),
            table=side_table(row, report.language),
        )
        for row in page.rows
    )
    return SideView(page=page, rows=rows, events=_events(page, period))


def _events(page: SidePage, period: Period) -> str:
    found = {
        (event.date, event.label): f"{event.date_text} {event.label}"
        for row in page.rows
        for event in row.events
        if period.start <= event.date <= period.end
    }
    return "; ".join(found[key] for key in sorted(found))


def _run_up(page: RunUpPage, language: str, theme: Theme) -> RunUpView:
    wide = run_up.PRINT if theme is Theme.PRINT else run_up.WIDE
    panels = tuple(
        PanelView(
            panel=panel,
            drawn=Drawn(
                wide=run_up.run_up_panel(page, panel, size=wide, theme=theme, language=language),
                narrow=run_up.run_up_panel(page, panel, size=run_up.NARROW, theme=theme, language=language),
            ),
        )
        for panel in page.panels
    )
    return RunUpView(page=page, panels=panels, table=run_up_table(page, language))


def run_up_table(page: RunUpPage, language: str) -> TextTable:
    """The means over releases behind page B: a row per distance, a column per measure, ranges where there are some."""
    tr = translator(language)
    weeks = sorted({band.weeks for panel in page.panels for band in panel.mean})
    rows = []
    for week in weeks:
        cells = []
        for panel in page.panels:
            band = next((each for each in panel.mean if each.weeks == week), None)
            decimals = 0 if panel.is_pressure else 1
            if band is None:
                cells.append(tr.t("no value"))
            elif band.low < band.high:
                cells.append(
                    tr.t(
                        "{value} ({range})",
                        value=tr.number(band.mean, decimals),
                        range=tr.t(
                            "{low} to {high}", low=tr.number(band.low, decimals), high=tr.number(band.high, decimals)
                        ),
                    )
                )
            else:
                cells.append(tr.number(band.mean, decimals))
        sign = "+" if week > 0 else ""
        rows.append((sign + tr.number(week, 0), *cells))
    return TextTable(
        title=tr.t("Mean over releases, by weeks from the release"),
        columns=(tr.t("Weeks"), *(panel.name for panel in page.panels)),
        rows=tuple(rows),
    )


def _drivers(page: DriversPage, language: str, theme: Theme) -> DriversView:
    printed = theme is Theme.PRINT
    stack_size = drivers.STACK_PRINT if printed else drivers.STACK_WIDE
    fall_size = drivers.FALL_PRINT if printed else drivers.FALL_WIDE
    stack = fall = None
    if page.key and page.weeks:
        stack = Drawn(
            wide=drivers.stack(
                page.weeks, page.key, size=stack_size, theme=theme, language=language, alt=page.stack_alt
            ),
            narrow=drivers.stack(
                page.weeks, page.key, size=drivers.STACK_NARROW, theme=theme, language=language, alt=page.stack_alt
            ),
        )
    if page.waterfall is not None:
        fall = Drawn(
            wide=drivers.waterfall(page.waterfall, size=fall_size, theme=theme, language=language),
            narrow=drivers.waterfall(page.waterfall, size=drivers.FALL_NARROW, theme=theme, language=language),
        )
    key = tuple(
        KeyView(
            swatch=drivers.swatch(part.code, page.key, theme),
            fill=len(drivers.FILLS) - 1 if place == len(page.key) - 1 else place,
            name=part.name,
        )
        for place, part in enumerate(page.key)
    )
    return DriversView(page=page, stack=stack, key=key, fall=fall, table=stack_table(page.weeks, page.key, language))


def stack_table(weeks: tuple[StackWeek, ...], key: tuple[PartName, ...], language: str) -> TextTable:
    """The parts behind the stack, newest week first; a week without an index says why in place of its figures."""
    tr = translator(language)
    rows = []
    for week in reversed(weeks):
        if week.parts and isinstance(week.index, float | int):
            cells = [tr.number(week.index, 0), *(tr.number(part.points, 1) for part in week.parts)]
        else:
            reason = "" if isinstance(week.index, float | int) else week.index.text
            cells = [reason, *("" for _ in key)]
        rows.append((tr.date(week.week), *cells))
    return TextTable(
        title=tr.t("Parts of the index by week, in index points"),
        columns=(tr.t("Week from"), tr.t("Index"), *(part.name for part in key)),
        rows=tuple(rows),
    )


def side_table(row: SideRow, language: str) -> TextTable:
    """The released values behind a row of page A, newest wave first."""
    tr = translator(language)
    days = sorted({point.date for line in row.lines for point in line.points}, reverse=True)
    rows = []
    for day in days:
        cells = []
        for line in row.lines:
            cell = next((point.cell for point in line.points if point.date == day), None)
            if isinstance(cell, Value):
                ends = tr.t("{low} to {high}", low=tr.number(cell.low, 1), high=tr.number(cell.high, 1))
                cells.append(tr.t("{value} ({range})", value=tr.number(cell.mean, 1), range=ends))
            else:
                cells.append(cell.text if cell is not None else tr.t("not asked in this wave"))
        rows.append((tr.date(day), *cells))
    return TextTable(
        title=row.name,
        columns=(tr.t("Wave opened"), *(line.name for line in row.lines)),
        rows=tuple(rows),
    )


def _link(page: LinkPage, language: str, theme: Theme) -> LinkView:
    printed = theme is Theme.PRINT
    found = dealt = None
    if page.forest:
        size = forest.FOREST_PRINT if printed else forest.FOREST_WIDE
        found = Drawn(
            wide=forest.forest(page.forest, size=size, theme=theme, language=language, caption=page.unit_text),
            narrow=forest.forest(
                page.forest, size=forest.FOREST_NARROW, theme=theme, language=language, caption=page.unit_text
            ),
        )
    if page.strip is not None:
        wide = forest.STRIP_PRINT if printed else forest.STRIP_WIDE
        dealt = Drawn(
            wide=forest.strip(page.strip, size=wide, theme=theme, language=language),
            narrow=forest.strip(page.strip, size=forest.STRIP_NARROW, theme=theme, language=language),
        )
    is_cut = printed and any(len(table.rows) > PRINTED_ROWS for table in page.frames)
    frames = tuple(replace(table, rows=table.rows[-PRINTED_ROWS:]) for table in page.frames) if is_cut else page.frames
    tr = translator(language)
    cut = tr.t("The last {count} waves. The web page has the earlier ones too.", count=PRINTED_ROWS) if is_cut else ""
    return LinkView(page=page, forest=found, strip=dealt, frames=frames, cut=cut)
