"""Turns the stored analysis of a wave into the sentences and small tables about the organisation as a whole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.charts.words import range_words
from reports.services.analysis_cells import standing_word, verdict_word
from reports.services.analysis_plain import Plain
from reports.stats.shrinkage import LevelStanding
from reports.stats.verdicts import DriverVerdict, Verdict
from surveys.i18n import Translator, mark
from surveys.instruments.schema import Scale

_HALF = 0.5
_ALERT_WAVES = 26
"""Waves in which one in ten units is flagged, where no rule was fitted that says so itself."""

_WHY_NOT = {
    "no_outcome": mark("None of the waves asked about satisfaction or motivation, so nothing can go together with it."),
    "too_few_scales": mark("Fewer than two other scales share no question with the first one, so nothing is split."),
    "no_differences": mark("Teams do not differ on one of the scales, so nothing can be said."),
}


@dataclass(frozen=True, kw_only=True)
class WordTable:
    """A small table: its columns, and rows of which the first field is the heading."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """One panel: what its figures are about, sentences, and a table or none."""

    title: str
    about: str
    sentences: tuple[str, ...]
    table: WordTable | None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What is said about the whole: the summary first, then panels, and how it was found."""

    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    rules: tuple[str, ...]
    settings: tuple[tuple[str, str], ...]


def overview_of(document: Mapping[str, object], scales: Mapping[str, Scale], tr: Translator) -> Overview:
    """Return what is said about the organisation as a whole; ``scales`` are those of the wave by code."""
    whole = Plain(document)
    return Overview(
        summary=tuple(_summary(whole, tr)),
        sections=(
            _verdicts(whole, scales, tr),
            _alerts(whole, scales, tr),
            _levels(whole, scales, tr),
            *_answered(whole, tr),
            _together(whole, scales, tr),
            _reliability(whole, scales, tr),
            _agreement(whole, scales, tr),
        ),
        rules=tuple(_rules(whole, tr)),
        settings=tuple(_settings(document)),
    )


def _summary(whole: Plain, tr: Translator) -> list[str]:
    units, rows, family = (whole.part(name) or Plain({}) for name in ("units", "rows", "family"))
    waves, tested, changed = len(whole.texts("waves")), family.count("rows"), rows.count("changed")
    said = []
    if not family.count("tests"):
        said.append(tr.t("No trend can be tested yet: a unit needs five released waves."))
    elif not changed:
        said.append(
            tr.n("In {waves} waves there is no detectable change in the {count} unit tested.",
                 "In {waves} waves there is no detectable change in the {count} units tested.", tested, waves=waves)
        )  # fmt: skip
    else:
        said.append(
            tr.t("In {waves} waves {changed} of {units} units tested changed on at least one scale: {worse} towards "
                 "the unfavourable end, {better} towards the favourable end.", waves=waves,
                 changed=tr.number(changed, 0), units=tr.number(tested, 0), worse=tr.number(rows.count("worse"), 0),
                 better=tr.number(rows.count("better"), 0))
        )  # fmt: skip
        said.append(tr.t("About one in ten of the units that are named as changed may be named by chance alone."))
    if doubtful := rows.count("doubtful"):
        said.append(
            tr.n("In {count} unit the mean moved towards the favourable end while those who answered changed; "
                 "that is not called an improvement.",
                 "In {count} units the mean moved towards the favourable end while those who answered changed; "
                 "that is not called an improvement.", doubtful)
        )  # fmt: skip
    said.append(_alert_summary(whole, tr))
    below, above = rows.count("below"), rows.count("above")
    if below or above:
        said.append(
            tr.t("On at least one scale {below} units lie clearly on the unfavourable side of the organisation's mean, "
                 "{above} clearly on the favourable side.", below=tr.number(below, 0), above=tr.number(above, 0))
        )  # fmt: skip
    if without := units.count("without"):
        said.append(
            tr.n("{count} unit has no figures of its own and no row here.",
                 "{count} units have no figures of their own and no row here.", without)
        )  # fmt: skip
    return said


def _alert_summary(whole: Plain, tr: Translator) -> str:
    found = [
        (alerts, rule)
        for _, own in _scales(whole)
        if (alerts := own.part("alerts")) and (rule := own.part("alert_rule"))
    ]
    watched = sum(alerts.count("watched") for alerts, _ in found)
    if not watched:
        return tr.t("No unit can be watched yet: an alert needs six released waves.")
    expected = sum(alerts.count("watched") * _per_wave(rule) for alerts, rule in found)
    lower, higher = (sum(alerts.count(name) for alerts, _ in found) for name in ("lower", "higher"))
    if not lower and not higher:
        return tr.t(
            "No alert in this wave; {expected} would be expected if nothing had changed anywhere.",
            expected=_about(expected, tr),
        )
    return tr.t(
        "Alerts in this wave: {lower} of lower and {higher} of higher values than before; {expected} would be expected "
        "if nothing had changed anywhere.",
        lower=tr.number(lower, 0),
        higher=tr.number(higher, 0),
        expected=_about(expected, tr),
    )


def _per_wave(rule: Plain) -> float:
    """Share of unchanged units flagged in one wave, from the share that is flagged in a year of waves."""
    return -math.log1p(-rule.number("rate")) / rule.number("waves")


def _about(expected: float, tr: Translator) -> str:
    return tr.t("fewer than one") if expected < _HALF else tr.t("about {n}", n=tr.number(expected, 0))


def _verdicts(whole: Plain, scales: Mapping[str, Scale], tr: Translator) -> Section:
    order = (Verdict.FALLING, Verdict.RISING, Verdict.NO_DETECTABLE_CHANGE, Verdict.TOO_EARLY)
    rows = []
    for code, own in _scales(whole):
        found = own.part("verdicts") or Plain({})
        rows.append((_name(code, scales, tr), *(tr.number(found.count(verdict.value), 0) for verdict in order)))
    return Section(
        title=tr.t("What changed, by scale"),
        about=tr.t("Units by verdict. The question is whether something lasting changed."),
        sentences=(),
        table=WordTable(columns=(tr.t("Scale"), *(verdict_word(each.value, tr) for each in order)), rows=tuple(rows)),
    )


def _alerts(whole: Plain, scales: Mapping[str, Scale], tr: Translator) -> Section:
    rows, waves = [], _ALERT_WAVES
    for code, own in _scales(whole):
        alerts, rule = own.part("alerts"), own.part("alert_rule")
        if alerts is None or rule is None:
            continue
        waves = rule.count("waves")
        expected = alerts.count("watched") * _per_wave(rule)
        counts = (tr.number(alerts.count(name), 0) for name in ("watched", "lower", "higher"))
        flagged = tr.number(alerts.count("flagged_in_window"), 0)
        rows.append((_name(code, scales, tr), *counts, _about(expected, tr), flagged))
    columns = (
        tr.t("Scale"), tr.t("Watched"), tr.t("Lower"), tr.t("Higher"), tr.t("Expected by chance"),
        tr.t("With an alert in the window"),
    )  # fmt: skip
    said = tr.t("About one in ten units without any change is flagged on each scale in {waves} waves.", waves=waves)
    return Section(
        title=tr.t("Alerts"),
        about=tr.t(
            "The last three waves against up to nine before them. The question is whether something lasting changed."
        ),
        sentences=(said,),
        table=WordTable(columns=columns, rows=tuple(rows)) if rows else None,
    )


def _levels(whole: Plain, scales: Mapping[str, Scale], tr: Translator) -> Section:
    rows = []
    order = (LevelStanding.CLEARLY_BELOW, LevelStanding.NOT_DISTINGUISHABLE, LevelStanding.CLEARLY_ABOVE)
    for code, own in _scales(whole):
        levels, found = own.part("levels"), own.part("standings") or Plain({})
        if levels is None or not levels.has("mean"):
            continue
        mean = tr.number(levels.number("mean"), 1)
        rows.append((_name(code, scales, tr), mean, *(tr.number(found.count(each.value), 0) for each in order)))
    said = (tr.t("No ranks are given. Units that are not distinguishable are not alike: the figures cannot tell."),)
    if not rows:
        said = (tr.t("Levels are compared from five units on that do not overlap."),)
    columns = (tr.t("Scale"), tr.t("Mean of units"), *(standing_word(each.value, tr) for each in order))
    return Section(
        title=tr.t("Levels beside the organisation"),
        about=tr.t("Mean of the last four waves. The question is where a unit lies when moods have passed."),
        sentences=said,
        table=WordTable(columns=columns, rows=tuple(rows)) if rows else None,
    )


def _answered(whole: Plain, tr: Translator) -> list[Section]:
    """Return the panel on the response; none for an analysis that did not look at it."""
    found, rows = whole.part("response"), whole.part("rows") or Plain({})
    if found is None:
        return []
    said = [_response(found, tr)]
    if odds := found.part("odds"):
        reach = range_words(tr.language, odds.number("low"), odds.number("high"), 2)
        ratio = tr.number(odds.number("estimate"), 2)
        said.append(
            tr.t("The ratio of the odds of answering, end to start of the window, is {ratio} (likely range {range}); "
                 "1 means no change.", ratio=ratio, range=reach)
        )  # fmt: skip
    moved, points = found.count("moved"), tr.number(100 * found.number("points"), 0)
    if not moved:
        said.append(tr.t("In no unit did the share move by more than {points} points.", points=points))
    else:
        said.append(
            tr.n("In {count} unit the share moved by more than {points} points; a move of its mean towards the "
                 "favourable end is not called an improvement.",
                 "In {count} units the share moved by more than {points} points; a move of their means towards the "
                 "favourable end is not called an improvement.", moved, points=points)
        )  # fmt: skip
        held = rows.count("doubtful")
        said.append(
            tr.n("This keeps the word from {count} unit now.", "This keeps the word from {count} units now.", held)
            if held
            else tr.t("None of them has such a move now.")
        )
    return [
        Section(
            title=tr.t("Who answered"),
            about=tr.t(
                "The share of all invited people who answered, from the released bands. The question is whether "
                "something lasting changed."
            ),
            sentences=tuple(said),
            table=None,
        )
    ]


def _response(found: Plain, tr: Translator) -> str:
    verdict = found.text("verdict")
    if verdict == Verdict.TOO_EARLY.value:
        return tr.t("It is too early to tell whether the share changes: this needs five released waves.")
    facts = {
        "first": tr.number(100 * found.number("first"), 0),
        "last": tr.number(100 * found.number("last"), 0),
        "waves": tr.number(found.count("waves"), 0),
    }
    if verdict == Verdict.FALLING.value:
        return tr.t(
            "The share who answered fell: {first} % in the first third of {waves} waves, {last} % in the last.", **facts
        )
    if verdict == Verdict.RISING.value:
        return tr.t(
            "The share who answered rose: {first} % in the first third of {waves} waves, {last} % in the last.", **facts
        )
    return tr.t(
        "No detectable change of the share who answered: {first} % in the first third of {waves} waves, {last} % in "
        "the last.", **facts
    )  # fmt: skip


def _together(whole: Plain, scales: Mapping[str, Scale], tr: Translator) -> Section:
    found = whole.part("companions") or Plain({})
    outcome = _name(found.text("outcome"), scales, tr)
    title = tr.t("What goes together")
    about = tr.t("Over team means less the mean of each wave, never over people. Going together is no cause.")
    if found.has("reason"):
        if found.text("reason") == "too_few_teams":
            teams = {"teams": tr.number(found.count("teams"), 0), "needed": tr.number(found.count("needed"), 0)}
            why = tr.t("This needs {needed} teams with figures on all scales; there are {teams}.", **teams)
        else:
            why = tr.t(_WHY_NOT.get(found.text("reason"), _WHY_NOT["no_outcome"]))
        return Section(title=title, about=about, sentences=(why,), table=None)
    r2 = found.part("r2") or Plain({"estimate": 0.0, "low": 0.0, "high": 0.0})
    said = tr.t(
        "Over {teams} teams these scales go together with {share} % of the differences in {outcome} (likely range "
        "{range} %).",
        teams=tr.number(found.count("teams"), 0), share=tr.number(100 * r2.number("estimate"), 0), outcome=outcome,
        range=range_words(tr.language, 100 * r2.number("low"), 100 * r2.number("high"), 0),
    )  # fmt: skip
    rows = []
    for each in found.parts("scales"):
        share, link = each.part("share"), each.part("correlation")
        if share is not None and link is not None:
            rows.append(
                (_name(each.text("scale"), scales, tr), _linked(each.text("verdict"), outcome, tr), _percent(share, tr))
            )
    columns = (tr.t("Scale"), tr.t("Finding"), tr.t("Share of the differences, with likely range"))
    shared = tr.t("Scales of one questionnaire share the day and the people, so part of every share is only that.")
    return Section(
        title=title, about=about, sentences=(said, shared), table=WordTable(columns=columns, rows=tuple(rows))
    )


def _linked(verdict: str, outcome: str, tr: Translator) -> str:
    if verdict == DriverVerdict.HIGHER_TOGETHER.value:
        return tr.t("goes together with {outcome}", outcome=outcome)
    if verdict == DriverVerdict.OPPOSITE.value:
        return tr.t("goes against {outcome}", outcome=outcome)
    return tr.t("not distinguishable from chance")


def _reliability(whole: Plain, scales: Mapping[str, Scale], tr: Translator) -> Section:
    rows = []
    for code, own in _scales(whole):
        found = own.part("reliability")
        alpha = None if found is None else found.part("alpha")
        if found is None or alpha is None:
            continue
        omega = tr.number(found.number("omega"), 2) if found.has("omega") else "–"
        reach = range_words(tr.language, alpha.number("low"), alpha.number("high"), 2)
        value = tr.t("{value} ({range})", value=tr.number(alpha.number("estimate"), 2), range=reach)
        rows.append((_name(code, scales, tr), tr.number(found.count("items"), 0), value, omega, found.text("wave")))
    columns = (tr.t("Scale"), tr.t("Questions"), tr.t("Alpha, with likely range"), tr.t("Omega"), tr.t("Wave"))
    missing = tr.t(
        "A scale of two questions and more has figures here where the lower ends of the bands of all groups add up to "
        "200 answers and more, and the spreads of its questions and of their sums are large enough to be shown."
    )
    return Section(
        title=tr.t("Reliability of the scales"),
        about=tr.t(
            "How far the questions of a scale say the same about people of one group, over the whole organisation."
        ),
        sentences=() if rows else (missing,),
        table=WordTable(columns=columns, rows=tuple(rows)) if rows else None,
    )


def _agreement(whole: Plain, scales: Mapping[str, Scale], tr: Translator) -> Section:
    rows = []
    for code, own in _scales(whole):
        found = own.part("agreement")
        if found is None:
            continue
        agreed = "–"
        if found.has("agreement") and found.has("agreement_skewed"):
            ends = sorted((found.number("agreement"), found.number("agreement_skewed")))
            agreed = range_words(tr.language, ends[0], ends[1], 2)
        between = tr.number(100 * max(0.0, found.number("icc1")), 0)
        chance = tr.number(100 * found.number("chance_share"), 0)
        rows.append((_name(code, scales, tr), between, chance, agreed))
    columns = (
        tr.t("Scale"), tr.t("Between groups, %"), tr.t("Chance in that, %"), tr.t("Agreement, from 0 to 1"),
    )  # fmt: skip
    parts = tr.t(
        "The first figure is the part of all differences between answers that lies between groups; the second is the "
        "part of the differences between the means of groups that is chance."
    )
    bounds = tr.t(
        "Agreement is given from 100 answers on, for two ideas of what chance would give: answers spread evenly, and "
        "answers that lean a little to one side."
    )
    return Section(
        title=tr.t("Agreement inside groups"),
        about=tr.t("The question is how people felt in this wave, over the whole organisation."),
        sentences=(parts, bounds) if rows else (tr.t("From 50 answers on there are figures here."),),
        table=WordTable(columns=columns, rows=tuple(rows)) if rows else None,
    )


def _rules(whole: Plain, tr: Translator) -> list[str]:
    family = whole.part("family") or Plain({"level": 0.05, "rate": 0.1})
    return [
        tr.t(
            "All {units} units and their {tests} tested scales are judged together: first the units, then the scales "
            "inside them (Benjamini and Bogomolov). A change is named where its own test rejects at {level} % and the "
            "share of false names is held at {rate} %.",
            units=tr.number(family.count("rows"), 0), tests=tr.number(family.count("tests"), 0),
            level=tr.number(100 * family.number("level"), 0), rate=tr.number(100 * family.number("rate"), 0),
        ),
        tr.t(
            "The report of a leader judges the scales of that report together. A change may be named there and not "
            "here."
        ),
        tr.t(
            "Units whose answers are counted together share one row. A unit and the units below it are no independent "
            "news."
        ),
        tr.t("Everything is made of released figures. No answer, no person and no exact sum is read."),
    ]  # fmt: skip


def _settings(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield code and value of every setting, as docs/methods.md names them."""
    found = document.get("settings")
    for name, value in found.items() if isinstance(found, Mapping) else ():
        yield str(name), ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _percent(share: Plain, tr: Translator) -> str:
    reach = range_words(tr.language, 100 * share.number("low"), 100 * share.number("high"), 0)
    return tr.t("{value} % ({range} %)", value=tr.number(100 * share.number("estimate"), 0), range=reach)


def _scales(whole: Plain) -> Sequence[tuple[str, Plain]]:
    found = whole.part("scales") or Plain({})
    return [(code, own) for code in found.names() if (own := found.part(code)) is not None]


def _name(code: str, scales: Mapping[str, Scale], tr: Translator) -> str:
    return scales[code].name.to(tr.language) if code in scales else code
