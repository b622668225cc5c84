"""Loads the stored link of a wave for HR: its finding in words, sections with tables, or plain data."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from reports.disclosure.policy import POLICY_VERSION
from reports.services.analysis_words import Section, WordTable
from reports.services.auditing import check_released
from reports.services.history import check_is_released
from reports.services.link import load_record
from reports.services.link_looks import extra_sentences, gate_rows, robust_sentences, setting_rows
from reports.services.link_record import FrameRelease, FrameRow, LinkRecord, RecordRow, to_plain
from reports.services.link_terms import day_text, indicator_name, range_text, scale_name, signed
from reports.services.link_words import (
    company_sentences,
    frame_lead,
    must_not_conclude,
    sentences_of,
    study_sentences,
    title_of,
)
from reports.services.pressure_series import Series, load_series
from reports.services.pressure_words import what_if_sentences
from reports.services.report_sentences import Member
from reports.stats.link_results import TeamLink
from reports.stats.methods import METHOD_VERSION
from reports.stats.results import TooEarly
from reports.store import export_rows, releases
from surveys.i18n import Translator
from surveys.instruments.schema import Instrument
from surveys.models.base import canonical_json
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store


@dataclass(frozen=True, kw_only=True)
class StoredLink:
    """The link of a wave with what is needed to read it: its questionnaire and the names of units.

    ``made_at`` is None where it is not stored. ``plans`` has by row of the frame the weeks of pressure from which a
    change of plan is worked out.
    """

    record: LinkRecord
    made_at: dt.datetime | None
    instrument: Instrument
    names: Mapping[str, str]
    plans: Mapping[int, Series] = field(default_factory=dict)

    def name_of(self, row: RecordRow, tr: Translator) -> str:
        """Return the names of the teams of a row."""
        return tr.join(sorted(self.names.get(unit, unit) for unit in row.units))

    def scale(self, tr: Translator) -> str:
        """Return the name of the scale that is compared."""
        return scale_name(self.instrument, self.record.scale, tr)


@dataclass(frozen=True, kw_only=True)
class LinkOverview:
    """What is said about the link: title and main sentences first, then panels, then what must not be concluded."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    conclusions: tuple[str, ...]


def load_link(session: Session, wave: str) -> StoredLink | None:
    """Return the current link of a released wave, None where there is none.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
        ReleaseRefused: an auditor found something wrong with its release.
    """
    row = check_is_released(session, wave)
    check_released(session, [wave])
    found = load_record(session, wave)
    if found is None:
        return None
    return StoredLink(
        record=found[0],
        made_at=found[1],
        instrument=instrument_of(session, row.instrument_sha256),
        names={unit: name for unit, _, name in export_rows.list_tree(session, wave)},
        plans=_plans(session, found[0]),
    )


def _plans(session: Session, record: LinkRecord) -> dict[int, Series]:
    if not record.frame:
        return {}
    frozen = {unit.unit: unit for unit in wave_store.list_units(session, record.wave)}
    found = {}
    for frame in record.frame:
        units = [frozen[unit] for unit in record.rows[frame.row].units if unit in frozen]
        found[frame.row] = load_series(
            session,
            [Member(team=unit.unit, name=unit.name, invited=unit.invited) for unit in units],
            opened_on=record.last_on,
            recall_days=record.recall_days,
            as_of=record.last_on,
            first_on=record.last_on,
        )
    return found


def overview_of(link: StoredLink, tr: Translator) -> LinkOverview:
    """Return everything that is told of a link, for those who see the whole organisation."""
    record, scale = link.record, link.scale(tr)
    sections = [
        _teams(link, tr),
        _whole(record, scale, tr),
        _looks(record, tr),
        _extras(link, tr),
        *_frames(link, tr),
        _gates(record, scale, tr),
    ]
    return LinkOverview(
        title=title_of(record, tr),
        lead=(*sentences_of(record, scale, tr), *(frame_lead(tr) if record.frame else [])),
        sections=tuple(each for each in sections if each is not None),
        conclusions=tuple(must_not_conclude(tr)),
    )


def as_plain(link: StoredLink) -> dict[str, object]:
    """Return the whole stored result as data for JSON."""
    return {
        "wave": link.record.wave,
        "made_at": link.made_at,
        "method_version": METHOD_VERSION,
        "link": to_plain(link.record),
        "names": {unit: link.names.get(unit, unit) for row in link.record.rows for unit in row.units},
    }


def note_plain(
    session: Session, link: StoredLink, plain: Mapping[str, object], *, actor: str, now: dt.datetime
) -> None:
    """Note in the ledger who gets the whole link as data; call it before anybody does.

    Raises:
        NotFound: the wave was withdrawn in between; nothing of it may be handed out.
    """
    check_is_released(session, link.record.wave)
    text = canonical_json({**plain, "made_at": link.made_at.isoformat() if link.made_at else ""})
    releases.add_ledger_entry(
        session,
        at=now,
        actor=actor,
        kind="export",
        subject=f"link: {link.record.wave} json",
        cells=len(link.record.rows) * len(link.record.waves),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        detail={
            "waves": list(link.record.waves),
            "units": "all",
            "measures": sorted({link.record.scale, *(pair.scale for pair in link.record.extras)}),
            "policy": POLICY_VERSION,
            "format": "json",
        },
    )


def _teams(link: StoredLink, tr: Translator) -> Section | None:
    fit = link.record.fit
    if fit is None or not isinstance(fit.team, TeamLink):
        return None
    rows = {row.key: link.name_of(row, tr) for row in link.record.rows}
    common = fit.team.pair.slope.interval
    lines = [(tr.t("All teams"), signed(common.estimate, 2, tr), range_text(common, 2, tr))]
    own = () if isinstance(fit.team.team_slopes, TooEarly) else fit.team.team_slopes.slopes
    lines += sorted(
        (rows.get(each.key, each.key), signed(each.interval.estimate, 2, tr), range_text(each.interval, 2, tr))
        for each in own
    )
    return Section(
        title=tr.t("Slopes by team"),
        about=tr.t(
            "Points of strain for a usual swing of the team's own pressure, moved towards the common slope because "
            "one team alone tells little. In alphabetical order; no ranks are given."
        ),
        sentences=(),
        table=WordTable(columns=(tr.t("Team"), tr.t("Slope"), tr.t("Likely range (90 %)")), rows=tuple(lines)),
    )


def _whole(record: LinkRecord, scale: str, tr: Translator) -> Section | None:
    sentences = [*company_sentences(record, tr), *study_sentences(record, scale, tr)]
    if not sentences:
        return None
    return Section(
        title=tr.t("All teams together"),
        about=tr.t("Another question than the one above: whether all teams feel worse in waves of high pressure."),
        sentences=tuple(sentences),
        table=None,
    )


def _looks(record: LinkRecord, tr: Translator) -> Section | None:
    if record.fit is None or not isinstance(record.fit.team, TeamLink):
        return None
    return Section(
        title=tr.t("Looked at in other ways"),
        about=tr.t("The same comparison with other choices. A finding that rests on one choice is none."),
        sentences=tuple(robust_sentences(record, record.fit.team, tr)),
        table=None,
    )


def _extras(link: StoredLink, tr: Translator) -> Section | None:
    names = {pair.scale: scale_name(link.instrument, pair.scale, tr) for pair in link.record.extras}
    sentences = extra_sentences(link.record, names, tr)
    if not sentences:
        return None
    return Section(
        title=tr.t("Worth a look"),
        about=tr.t("Other scales, and the parts of pressure one by one."),
        sentences=tuple(sentences),
        table=None,
    )


def _gates(record: LinkRecord, scale: str, tr: Translator) -> Section:
    gates = gate_rows(record.fit.gates, tr) if record.fit is not None else []
    rows = [(what, found, needed, tr.t("met") if is_met else tr.t("not met")) for what, found, needed, is_met in gates]
    rows += [(name, value, "", "") for name, value in setting_rows(record, scale, tr)]
    return Section(
        title=tr.t("What this rests on"),
        about=tr.t("Conditions that the data must meet before anything is estimated, and what was compared."),
        sentences=(),
        table=WordTable(columns=(tr.t("Condition"), tr.t("Found"), tr.t("Needed"), tr.t("Met")), rows=tuple(rows)),
    )


def _frames(link: StoredLink, tr: Translator) -> list[Section]:
    """Return the frame of every row, by name: a line per wave, then releases one by one, and what if."""
    found: list[tuple[str, Section]] = []
    for frame in link.record.frame:
        name = link.name_of(link.record.rows[frame.row], tr)
        section = frame_section(frame, name, link.scale(tr), tr)
        series = link.plans.get(frame.row)
        changes = () if series is None else what_if_sentences(series, tr)
        said = tuple("".join(run.text for run in sentence) for sentence in changes)
        found.append((name, replace(section, sentences=(*section.sentences, *said))))
    return [section for _, section in sorted(found, key=lambda each: each[0])]


def frame_section(frame: FrameRow, name: str, scale: str, tr: Translator) -> Section:
    """Return one row's frame: a line per wave, and a sentence per release."""
    before = [dt.date.min, *(point.opened_on for point in frame.points)]
    rows = tuple(
        (
            day_text(point.opened_on, tr),
            _figure(point.pressure, 0, tr),
            tr.join([indicator_name(code, tr) for code in point.parts]) if point.parts else "",
            tr.t("{value} or beyond", value=_figure(point.strain, 1, tr))
            if point.at_end
            else _figure(point.strain, 1, tr),
            _events(frame.releases, earlier, point.opened_on, tr),
        )
        for earlier, point in zip(before, frame.points, strict=False)
    )
    return Section(
        title=name,
        about=tr.t(
            "Each line is a wave: pressure of the days it asks about, its largest parts, strain in {scale} (5 is "
            "worst), and releases since the wave before.",
            scale=scale,
        ),
        sentences=tuple(release_sentence(each, tr) for each in frame.releases),
        table=WordTable(
            columns=(tr.t("Wave opened"), tr.t("Pressure"), tr.t("Largest parts"), tr.t("Strain"), tr.t("Releases")),
            rows=rows,
        ),
    )


def release_sentence(release: FrameRelease, tr: Translator) -> str:
    """Return pressure and strain near one release beside those of the other waves."""
    values = {
        "name": release.name,
        "day": day_text(release.day, tr)
        if release.is_done
        else tr.t("planned for {day}", day=day_text(release.day, tr)),
        "pressure": _figure(release.pressure, 0, tr),
        "pressure_else": _figure(release.pressure_else, 0, tr),
        "strain": _figure(release.strain, 1, tr),
        "strain_else": _figure(release.strain_else, 1, tr),
    }
    if release.near == 0:
        return tr.t("{name}, {day}: no wave asked about the three weeks before it.", **values)
    return tr.t(
        "{name}, {day}: pressure {pressure} in the waves that asked about the three weeks before it, {pressure_else} "
        "in the others; strain {strain}, {strain_else} in the others.",
        **values,
    )


def _events(found: Sequence[FrameRelease], earlier: dt.date, opened_on: dt.date, tr: Translator) -> str:
    """Name the releases since the wave before opened; one that is not done is named as planned."""
    names = [
        each.name if each.is_done else tr.t("{name} (planned)", name=each.name)
        for each in found
        if earlier <= each.day < opened_on
    ]
    return tr.join(names) if names else ""


def _figure(value: float | None, decimals: int, tr: Translator) -> str:
    return tr.number(value, decimals) if value is not None else tr.t("none")
