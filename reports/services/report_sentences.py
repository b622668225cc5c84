"""Writes the sentences of a report's first page: what changed, what did not, who answered, whose figures these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.participation import ResponseBand
from reports.document import Change, Run, RunStyle, Sentence, Standing, Step, Unit
from reports.services.history import History, WaveRecord
from reports.services.report_change import notes
from reports.services.report_findings import ScaleFinding
from reports.services.report_notices import notice_sentence
from reports.services.report_traces import Sheet, response_of
from reports.services.report_words import change_sentence, clipped_sentence, clipped_words, level_text, value_text
from reports.services.trend_sets import cell_of, page_crowds, window
from reports.stats.results import TooEarly
from reports.stats.verdicts import Verdict
from reports.store.releases import CrowdRecord
from surveys.i18n import Translator

ARROWS = frozenset({Step.UP, Step.DOWN, Step.SAME})
"""Steps that are drawn as an arrow."""

_MOST_HEADINGS = 3
_MOST_NAMES = 5


@dataclass(frozen=True, kw_only=True)
class Member:
    """A team whose roadmap stands in a report, with the people invited in it."""

    team: str
    name: str
    invited: int


def standing_of(history: History, unit: str, tr: Translator) -> Unit:
    """Return whose figures the report of a unit holds, in data and in words."""
    last = history.last
    frozen = last.units[unit]
    crowds = page_crowds(last, unit)
    parent = last.units[frozen.parent].name if frozen.parent is not None else ""
    context = f"{history.organisation}, {parent}" if parent not in {"", history.organisation} else history.organisation
    base = {"key": unit, "name": frozen.name, "context": context}
    if not crowds:
        text = _nothing_text(last, unit, tr)
        return Unit(**base, standing=Standing.NOTHING, joined_with=(), standing_text=text)
    if any(record.is_whole_company for record in crowds):
        text = tr.t(
            "In an organisation of this size all answers are counted together, those of leaders included: figures of "
            "smaller groups would show who said what. There is one report for all of {organisation}.",
            organisation=history.organisation,
        )
        return Unit(**base, standing=Standing.COMPANY, joined_with=(), standing_text=text)
    held = {key for record in crowds for key in record.units}
    others = tuple(last.names(sorted(held - last.subtree(unit))))
    if not others:
        return Unit(**base, standing=Standing.OWN, joined_with=(), standing_text="")
    text = tr.t(
        "{team} has no survey figures of its own in this wave. Its answers are counted together with {names}, and "
        "the figures of this wave are about all of them together.",
        team=frozen.name,
        names=tr.join(others),
    )
    text += " " + _why_joined(last, unit, held, tr)
    return Unit(**base, standing=Standing.JOINED, joined_with=others, standing_text=text)


def member_units(wave: WaveRecord, unit: str) -> tuple[Member, ...]:
    """Return the teams whose roadmap belongs in the report: those of the crowds on its page, else the unit's own."""
    held = {key for record in page_crowds(wave, unit) for key in record.units} or set(wave.subtree(unit))
    return tuple(
        Member(team=key, name=wave.units[key].name, invited=wave.units[key].invited)
        for key in sorted(held | {unit})
        if key in wave.units
    )


def headings(sheet: Sheet, findings: Sequence[ScaleFinding], pressure: Sentence | None) -> tuple[Sentence, ...]:
    """Return at most three sentences: changes, then notices, what did not change or the levels, and the roadmap.

    A notice takes the room of the words on what would have been seen, which stand by each scale: the page is as long.
    """
    tr = sheet.tr
    room = _MOST_HEADINGS - (1 if pressure else 0)
    changes = sorted((finding for finding in findings if finding.is_change), key=_urgency)
    sentences = [change_sentence(finding, tr) for finding in changes[: max(1, room - 1)]]
    others = _other_changes(changes[max(1, room - 1) :], tr)
    notice = notice_sentence(findings, tr)
    rest = _rest_sentence(sheet, findings, changes, is_short=notice is not None)
    if notice and len(sentences) < room - 1:
        sentences.append(notice)
        notice = None
    last = tuple(run for each in (others, notice, rest) if each for run in (*each, Run(text=" ")))[:-1]
    if last and len(sentences) < room:
        sentences.append(last)
    if not findings:
        sentences.append((Run(text=standing_of(sheet.history, sheet.unit, tr).standing_text),))
    if pressure:
        sentences.append(pressure)
    return tuple(sentences[:_MOST_HEADINGS])


def who_answered(sheet: Sheet) -> str:
    """Return what the silence of the others may mean; empty without figures."""
    if not response_text(sheet):
        return ""
    return sheet.tr.t("Those who did not answer may feel otherwise; no figure here speaks for them.")


def response_text(sheet: Sheet) -> str:
    """Return the response band in a sentence; empty without figures."""
    last, tr = sheet.history.last, sheet.tr
    crowds = page_crowds(last, sheet.unit)
    cell = _any_cell(sheet)
    if not crowds or cell is None:
        return ""
    invited = sum(record.invited for record in crowds)
    band = tr.render(cell.n_band.text)
    if cell.n_band.high >= invited:
        band = tr.t("{low} or more", low=cell.n_band.low)
    if response_of(cell, crowds) == ResponseBand.NOT_SHOWN.words:
        text = tr.t("Of {invited} people invited, {band} answered.", invited=invited, band=band)
    else:
        text = tr.t(
            "Of {invited} people invited, {band} answered: {response}.",
            invited=invited,
            band=band,
            response=tr.render(response_of(cell, crowds)),
        )
    guests = _guests(last, crowds, sheet.unit)
    if not guests:
        return text
    return text + " " + tr.t("Invited with them: the leaders of {names}.", names=tr.join(guests))


def _guests(wave: WaveRecord, crowds: Sequence[CrowdRecord], unit: str) -> list[str]:
    """Return the names of the units from elsewhere whose leaders were asked in these crowds."""
    if any(record.is_whole_company for record in crowds):
        return []
    held = {key for record in crowds for key in record.units} | wave.subtree(unit)
    return wave.names([key for record in crowds for key in wave.leads.get(record.crowd, ()) if key not in held])


def trace_note(sheet: Sheet, changes: Sequence[Change | None] = ()) -> str:
    """Return the line under the traces: how many waves, whom they are about where that is not this wave's page.

    It also says once what the arrows of ``changes`` are, and why a mean stands in the place of one.
    """
    tr, last = sheet.tr, sheet.history.last
    text = tr.n("{count} wave.", "{count} waves.", len(window(sheet.history.waves)))
    page = {key for record in page_crowds(last, sheet.unit) for key in record.units}
    if sheet.found is not None and sheet.found.units != page:
        names = tr.join(last.names(sorted(sheet.found.units)))
        text += " " + tr.t("Traces and changes are about {names}, as in most waves.", names=names)
    if any(change is not None and change.step in ARROWS for change in changes):
        text += " " + tr.t("Arrows compare with the wave before. One step is no trend.")
    why = notes(changes)
    return f"{text} {why}" if why else text


def scales_lead(sheet: Sheet, findings: Sequence[ScaleFinding]) -> str:
    """Return the sentence above the scale tables."""
    changed = [finding for finding in findings if finding.is_change]
    tr = sheet.tr
    if not findings:
        return ""
    if all(finding.judgement.p is None for finding in findings):
        return tr.t("It is too early to test for changes. The levels and ranges below are those of this wave.")
    if not changed:
        text = tr.t("No scale shows a detectable change. The levels and ranges below are those of this wave.")
    else:
        text = tr.n(
            "{count} scale has changed. The levels and ranges below are those of this wave.",
            "{count} scales have changed. The levels and ranges below are those of this wave.",
            len(changed),
        )
    if any(finding.bounds for finding in findings):
        text += " " + tr.t("The share of people who answered moved too; each scale says what that could hide.")
    return text


def _urgency(finding: ScaleFinding) -> tuple[bool, float]:
    """Sort worsening first, then by the strength of evidence."""
    return (not finding.is_worse, finding.judgement.p if finding.judgement.p is not None else 1.0)


def _rest_sentence(
    sheet: Sheet, findings: Sequence[ScaleFinding], told: Sequence[ScaleFinding], *, is_short: bool
) -> Sentence | None:
    """Return what did not change, or the lowest level. A scale with a notice is not called quiet beside it."""
    tr = sheet.tr
    unmoved = [each for each in findings if each.judgement.verdict is Verdict.NO_DETECTABLE_CHANGE]
    quiet = [each for each in unmoved if each.notice is None]
    if unmoved and not quiet:
        return None
    if quiet:
        named = quiet[:_MOST_NAMES]
        words = _in_a_row([each.scale.name.to(tr.language) for each in named])
        if len(quiet) > len(named):
            words.append(tr.n("{count} other scale", "{count} other scales", len(quiet) - len(named)))
        names = tr.join(words)
        said = (
            Run(text=tr.n("{names} shows ", "{names} show ", len(quiet), names=names)),
            Run(text=tr.t("no detectable change"), style=RunStyle.STRONG),
        )
        if is_short:
            return (*said, Run(text="."))
        return (*said, Run(text=". "), Run(text=_seen(named, tr), style=RunStyle.MUTED))
    if told:
        return None
    early = [each for each in findings if isinstance(each.judgement.finding, TooEarly)]
    level = _lowest_level(sheet, findings)
    runs = [Run(text=level)] if level else []
    if early:
        left = min(each.judgement.finding.waves_left for each in early if isinstance(each.judgement.finding, TooEarly))
        text = tr.n(
            "It is too early for trends; they start in {count} more wave.",
            "It is too early for trends; they start in {count} more waves.",
            left,
        )
        runs.append(Run(text=" " + text if runs else text, style=RunStyle.MUTED))
    return tuple(runs) or None


def _seen(quiet: Sequence[ScaleFinding], tr: Translator) -> str:
    """Return what would have been seen on scales without a change; those whose values are clipped are named apart."""
    minima = [each.judgement.minimum for each in quiet if each.judgement.minimum is not None]
    if not minima:
        return clipped_sentence(tr)
    points = tr.number(max(minima), 1)
    seen = tr.t("The data cannot tell; a change of {points} points would have been seen.", points=points)
    hidden = [each.scale.name.to(tr.language) for each in quiet if each.judgement.minimum is None]
    if not hidden:
        return seen
    return f"{seen} {tr.t('{names}: ', names=tr.join(_in_a_row(hidden)))}{clipped_words(tr)}."


def _other_changes(changes: Sequence[ScaleFinding], tr: Translator) -> Sentence:
    """Return the changes for which there is no sentence of their own, in a few words each."""
    if not changes:
        return ()
    parts = []
    for finding in changes:
        scale = finding.scale
        if finding.is_doubtful:
            parts.append(tr.t("{scale} (who answered changed too)", scale=scale.name.to(tr.language)))
            continue
        word = (scale.short_worse if finding.is_worse else scale.short_better).to(tr.language)
        parts.append(tr.t("{scale} ({change})", scale=scale.name.to(tr.language), change=word))
    return (
        Run(text=tr.t("Also changed: ")),
        Run(text=tr.join(_in_a_row(parts)), style=RunStyle.STRONG),
        Run(text="."),
    )


def _in_a_row(names: Sequence[str]) -> list[str]:
    """Return names for the start of a sentence: only the first keeps its capital."""
    return [name if place == 0 else name[:1].lower() + name[1:] for place, name in enumerate(names)]


def _lowest_level(sheet: Sheet, findings: Sequence[ScaleFinding]) -> str:
    tr, last = sheet.tr, sheet.history.last
    crowds = page_crowds(last, sheet.unit)
    levels = []
    for place, finding in enumerate(findings):
        cell = cell_of(last, crowds, finding.scale.code)
        if isinstance(cell, ReleasedCell):
            keyed = 6 - cell.value if finding.lower_is_better else cell.value
            levels.append((keyed, place, finding, cell))
    if not levels:
        return ""
    _, _, finding, cell = min(levels, key=lambda level: level[:2])
    value = sheet.value(cell, crowds)
    words = level_text(value, value_text(cell, tr), tr, lower_is_better=finding.lower_is_better)
    return tr.t("The lowest scale is {scale}: {level}.", scale=finding.scale.name.to(tr.language), level=words)


def _any_cell(sheet: Sheet) -> ReleasedCell | None:
    last = sheet.history.last
    crowds = page_crowds(last, sheet.unit)
    for item in last.instrument.items:
        cell = cell_of(last, crowds, item.code)
        if isinstance(cell, ReleasedCell):
            return cell
    return None


def _why_joined(wave: WaveRecord, unit: str, held: set[str], tr: Translator) -> str:
    """Return why a unit shares its figures: the plan said so before the opening, or the count made it so.

    Which of the teams answered too rarely is not told, and nobody can find it out: "here or next door".
    """
    inside = wave.subtree(unit)
    labels = {wave.units[key].planned for key in held & inside if key in wave.units}
    planned = {key for key in held if key in wave.units and wave.units[key].planned in labels}
    if planned <= inside:
        return tr.t("Too few people answered for separate figures, here or next door.")
    if planned == held:
        return tr.t(
            "This was fixed before the wave opened: too few people are invited for separate figures, or too few "
            "answered in an earlier wave, here or next door."
        )
    return tr.t(
        "With {names} this was fixed before the wave opened, because too few people are invited or answered earlier, "
        "here or next door. The others came in at the count: too few people answered, here or next door.",
        names=tr.join(wave.names(sorted(planned - inside))),
    )


def _nothing_text(wave: WaveRecord, unit: str, tr: Translator) -> str:
    name = wave.units[unit].name
    if wave.is_none:
        return tr.t(
            "Fewer than {k} people answered in all. Nothing is released of this wave, and its answers were destroyed.",
            k=wave.k,
        )
    if wave.is_withdrawn:
        return tr.t("This wave was withdrawn.")
    inside = wave.subtree(unit)
    hiding = [record for record in wave.crowds if inside.intersection(record.units) and unit in record.hidden_from]
    others = wave.names(sorted({key for record in hiding for key in record.units} - inside))
    if others:
        return tr.t(
            "{team} has no survey figures in this wave. Its answers are counted together with {names}, because too few "
            "people are invited or answered, here or next door. The leader of {team} answered in that group too, and "
            "nobody gets a report on the own team that holds the own answer.",
            team=name,
            names=tr.join(others),
        )
    return tr.t(
        "{team} has no survey figures in this wave: its answers were counted in groups that cannot be shown here.",
        team=name,
    )
