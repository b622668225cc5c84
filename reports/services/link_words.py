"""Turns a stored link of pressure and strain into sentences, chosen by rule from its verdict; none claims a cause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from reports.services.link_record import Absence, LinkRecord
from reports.services.link_terms import GATE_WORDS, gate_number, p_text, range_text, signed, swing_text, tenths_below
from reports.stats.event_study import EventStudy
from reports.stats.link_results import (
    CompanyLink,
    LinkFit,
    LinkGate,
    LinkVerdict,
    NoIdentification,
    NotIdentifiable,
    SwapTest,
    TeamLink,
)
from reports.stats.results import TooEarly
from surveys.i18n import Translator, mark

FEW_HIDDEN = 5
"""Under so many rows that a reader may not see, how many of all rows agree is told in words."""

REFERENCE_R = 0.3
"""The size of link for which the waves still needed are told."""


_NOT_BY_CHANCE = 0.05

FALSE_IN_TWO_YEARS = 15
"""Of 100 organisations of nine teams without any link, how many get a finding in waves 12 to 52; simulated."""


TITLES: Mapping[LinkVerdict, str] = {
    LinkVerdict.HIGHER_TOGETHER: mark("More pressure goes with more strain"),
    LinkVerdict.LOWER_TOGETHER: mark("More pressure goes with less strain"),
    LinkVerdict.NOT_CONFIRMED: mark("Two checks disagree, so nothing is claimed"),
    LinkVerdict.NO_LARGER_LINK: mark("No larger link fits the data"),
    LinkVerdict.UNCERTAIN: mark("Too early to say"),
    LinkVerdict.SHARED_CALENDAR: mark("Teams cannot be compared"),
    LinkVerdict.NOTHING_MOVES: mark("Nothing moved enough to compare"),
    LinkVerdict.ONE_TEAM_MOVES: mark("Only one team moved enough to compare"),
    LinkVerdict.TOO_EARLY: mark("Too early to say"),
    LinkVerdict.NEVER_HERE: mark("Too few teams for a link"),
}


def title_of(record: LinkRecord, tr: Translator) -> str:
    """Return the finding in a few words."""
    if record.absence is Absence.NO_PRESSURE or record.fit is None:
        return tr.t("Nothing to compare")
    if record.absence is Absence.FEW_COVERED:
        return tr.t("Delivery data of too few teams")
    return tr.t(TITLES[record.fit.verdict])


def sentences_of(record: LinkRecord, scale: str, tr: Translator, *, hidden: int = 0) -> list[str]:
    """Return what is said about the link between teams, the main sentence first; ``scale`` is the name of the scale.

    ``hidden`` is how many rows the reader may not see: where they are few, a count would tell what they are.
    """
    if record.absence is Absence.NO_PRESSURE or record.fit is None:
        return [absent_sentence(record, tr)]
    if record.absence is Absence.FEW_COVERED:
        return [absent_sentence(record, tr)]
    fit = record.fit
    if isinstance(fit.team, TeamLink):
        return _team_sentences(fit, fit.team, scale, tr, is_counted=not 0 < hidden < FEW_HIDDEN)
    if isinstance(fit.team, NotIdentifiable):
        return [not_identifiable(fit.team, tr)]
    if isinstance(fit.team, TooEarly):
        return _early(fit, tr)
    return [_never(record, tr)]


def absent_sentence(record: LinkRecord, tr: Translator) -> str:
    """Return why nothing was compared."""
    if record.absence is Absence.NOT_ASKED:
        return tr.t("The questionnaire of this wave does not ask about workload, so nothing is compared with pressure.")
    if record.absence is Absence.FEW_COVERED:
        return tr.n(
            "Delivery data are there for {count} of {all} teams or joint groups. Five are needed; import those of "
            "the others.",
            "Delivery data are there for {count} of {all} teams or joint groups. Five are needed; import those of "
            "the others.",
            len(record.rows),
            all=record.all_rows,
        )
    return tr.t("No delivery data cover the days that the waves ask about, so there is nothing to compare.")


def company_sentences(record: LinkRecord, tr: Translator) -> list[str]:
    """Return what is said about all teams together; never mixed with the comparison of teams."""
    found = record.fit.company if record.fit is not None else None
    if isinstance(found, CompanyLink):
        return [_company(found, tr), calendar_caution(tr)]
    if isinstance(found, TooEarly):
        return [
            tr.n(
                "All teams together: too early to say. {count} more wave is needed.",
                "All teams together: too early to say. {count} more waves are needed.",
                found.waves_left,
            )
        ]
    if isinstance(found, NotIdentifiable):
        return [tr.t("All teams together: pressure or strain hardly moved, so nothing can be compared.")]
    return []


def study_sentences(record: LinkRecord, scale: str, tr: Translator, *, hidden: int | None = None) -> list[str]:
    """Return how strain in the run-up to shared releases differs from other times; empty without such releases.

    ``hidden`` is how many rows the reader may not see, None for those who see the whole organisation. The others get no
    list by release, and nothing at all where one row is hidden: it would be the figure less what they see.
    """
    study = record.study
    if hidden == 1:
        return []
    if isinstance(study, TooEarly):
        return [
            tr.n(
                "Run-up to releases: too early to say. {count} more release is needed.",
                "Run-up to releases: too early to say. {count} more releases are needed.",
                study.waves_left,
            )
        ]
    if study is None:
        return []
    each = [] if hidden is not None else _by_release(study, tr)
    return [
        tr.t(
            "In the three weeks up to a release strain in {scale} was {effect} points from that of other times (90 % "
            "range {range}), higher in {positive} of {releases} releases (p {p} by the mean, {sign} by the direction).",
            scale=scale,
            effect=signed(study.mean.estimate, 2, tr),
            range=range_text(study.mean, 2, tr),
            positive=study.positive,
            releases=study.releases,
            p=p_text(study.p, tr),
            sign=p_text(study.p_sign, tr),
        ),
        tr.t("Whatever is planned along with releases is in this figure too."),
        *([tr.t("Release by release, in points: {list}.", list=tr.join(each))] if each else []),
    ]


def _by_release(study: EventStudy, tr: Translator) -> list[str]:
    return [
        tr.t(
            "{day} {effect}",
            day=tr.date(dt.date.fromordinal(round(one.day)), "d MMM y"),
            effect=signed(one.effect, 1, tr),
        )
        for one in study.effects
    ]


def calendar_caution(tr: Translator) -> str:
    """Return the sentence that goes with every figure about all teams together."""
    return tr.t("Everything else that happened to all teams in the same weeks is in this figure too.")


def swap_sentence(swap: SwapTest, tr: Translator) -> str:
    """Return how often re-dealt pressure did as well."""
    values = {"all": tr.number(swap.pairings, 0), "p": p_text(swap.p, tr)}
    if swap.is_full:
        return tr.n(
            "The pressure of the teams was dealt among them anew in all {all} other ways. {count} deal looked as "
            "strong (p {p}).",
            "The pressure of the teams was dealt among them anew in all {all} other ways. {count} deals looked as "
            "strong (p {p}).",
            swap.as_strong,
            **values,
        )
    return tr.n(
        "The pressure of the teams was dealt among them anew {all} times. {count} deal looked as strong (p {p}).",
        "The pressure of the teams was dealt among them anew {all} times. {count} deals looked as strong (p {p}).",
        swap.as_strong,
        **values,
    )


def not_identifiable(found: NotIdentifiable, tr: Translator) -> str:
    """Return why enough teams cannot be compared all the same."""
    if found.reason is NoIdentification.SHARED_CALENDAR:
        return tr.t(
            "Pressure rose and fell together in all teams, so teams cannot be compared: {share} % of its movement is "
            "a team's own, and 5 % are needed.",
            share=tr.number(tenths_below(100 * found.share_left), 1),
        )
    if found.reason is NoIdentification.ONE_TEAM:
        return tr.t(
            "What moved in pressure is mostly that of one team, so teams cannot be compared. One team alone cannot "
            "tell a link from chance."
        )
    return tr.t("Pressure or strain hardly moved within the teams, so nothing can be compared.")


def must_not_conclude(tr: Translator) -> list[str]:
    """Return the conclusions that none of these figures bears; they stand wherever a link is shown."""
    return [
        tr.t("That pressure caused the strain, or that strain will ease when the index falls."),
        tr.t("Anything about a person, or about a group too small to have figures of its own."),
        tr.t(
            "That a team with a higher index works harder, is led worse or plans better. An index is compared with "
            "that of the same team at other times, hardly with that of other teams."
        ),
        tr.t("That a calm index means a calm team. Work that nobody logs is not in it."),
        tr.t("That the lag or the part of pressure that looks best among many is real."),
        tr.t("That missing delivery data mean no pressure."),
        tr.t("That the index may be a goal. A figure that is a goal stops measuring."),
    ]


def frame_lead(tr: Translator) -> list[str]:
    """Return what is shown in place of a link where none can ever be told."""
    return [
        tr.t(
            "In its place stand the dated events, the parts of pressure and the scores side by side, each release by "
            "itself, and what a change of plan would do to the pace that the dates ask for."
        ),
        tr.t("These are facts of the past in one frame. They are too few to tell a link from chance."),
    ]


def _team_sentences(fit: LinkFit, link: TeamLink, scale: str, tr: Translator, *, is_counted: bool) -> list[str]:
    pair, verdict = link.pair, fit.verdict
    slope = pair.slope.interval
    values = {
        "scale": scale,
        "slope": signed(slope.estimate, 2, tr),
        "range": range_text(slope, 2, tr),
        "points": swing_text(pair.pressure_sd, tr),
    }
    if verdict is LinkVerdict.HIGHER_TOGETHER:
        first = tr.t(
            "Teams under more pressure than the others in the same wave reported more strain in {scale}: {slope} "
            "points for {points} points of the index, likely range {range} (90 %).",
            **values,
        )
    elif verdict is LinkVerdict.LOWER_TOGETHER:
        first = tr.t(
            "Teams under more pressure than the others in the same wave reported less strain in {scale}: {slope} "
            "points for {points} points of the index, likely range {range} (90 %).",
            **values,
        )
    elif verdict is LinkVerdict.NOT_CONFIRMED:
        first = tr.t(
            "The likely range of the slope in {scale} and the re-dealt pressure disagree, so nothing is claimed: "
            "{slope} points for {points} points of the index, likely range {range} (90 %).",
            **values,
        )
    elif verdict is LinkVerdict.NO_LARGER_LINK:
        largest = max(abs(slope.low), abs(slope.high))
        first = tr.t(
            "No link of more than {largest} points in {scale} for {points} points of the index fits the data (slope "
            "{slope}, likely range {range}, 90 %).",
            largest=tr.number(largest, 2),
            **values,
        )
    else:
        first = tr.t(
            "Too early to say whether teams under more pressure report more strain in {scale}: {slope} points for "
            "{points} points of the index, likely range {range} (90 %).",
            **values,
        )
    found = [first, _direction(link, tr, is_counted=is_counted), swap_sentence(pair.swap, tr)]
    if verdict in {LinkVerdict.UNCERTAIN, LinkVerdict.NOT_CONFIRMED}:
        found.append(_power(fit, tr))
    if verdict in {LinkVerdict.HIGHER_TOGETHER, LinkVerdict.LOWER_TOGETHER}:
        found += [repeated_looks(tr), own_plans(tr)]
    return [each for each in found if each]


def _direction(link: TeamLink, tr: Translator, *, is_counted: bool) -> str:
    found = link.team_slopes
    if isinstance(found, TooEarly):
        return ""
    if not is_counted:
        if 3 * found.same_direction >= 2 * found.teams:
            return tr.t("Most teams point in that direction.")
        if 3 * found.same_direction > found.teams:
            return tr.t("About half of the teams point in that direction.")
        return tr.t("Fewer than half of the teams point in that direction.")
    return tr.n(
        "{same} of {count} team points in that direction.",
        "{same} of {count} teams point in that direction.",
        found.teams,
        same=found.same_direction,
    )


def repeated_looks(tr: Translator) -> str:
    """Return what looking again after every wave does to the chance of a false find."""
    return tr.t(
        "This is looked at after every wave. Where nothing is linked, about {count} of {all} organisations would read "
        "such a finding at least once in two years, so see whether the next waves show it too.",
        count=FALSE_IN_TWO_YEARS,
        all=100,
    )


def own_plans(tr: Translator) -> str:
    """Return what the test takes for granted about teams, which an organisation of departments may not keep."""
    return tr.t(
        "The dealing takes the plan of every team as its own. Where the teams of a department share plan and mood, it "
        "finds links that are not there two to four times as often as it should."
    )


def _power(fit: LinkFit, tr: Translator) -> str:
    power = fit.power
    if power is None:
        return ""
    teams = power.teams
    if power.waves_left > 0 or power.detectable_r is None:
        return tr.n(
            "With {teams} teams a link of r = {r} would show after about {all} waves, {count} more than now.",
            "With {teams} teams a link of r = {r} would show after about {all} waves, {count} more than now.",
            power.waves_left,
            teams=teams,
            r=tr.number(REFERENCE_R, 1),
            all=power.waves_needed,
        )
    return tr.t(
        "With {teams} teams and these waves a link from about r = {r} on would show.",
        teams=teams,
        r=tr.number(power.detectable_r, 2),
    )


def _early(fit: LinkFit, tr: Translator) -> list[str]:
    """Return the conditions that are not met yet, and when a link would show."""
    lacking = [each for each in fit.gates if not each.is_met and each.gate is not LinkGate.COMPANY_WAVES]
    found = [tr.t("Too early to say whether teams under more pressure report more strain.")]
    found += [
        tr.t(
            "{what}: {found} of {needed} needed.",
            what=tr.t(GATE_WORDS[each.gate]),
            found=gate_number(each.gate, each.found, tr),
            needed=gate_number(each.gate, each.needed, tr),
        )
        for each in lacking
    ]
    power = _power(fit, tr)
    return [*found, power] if power else found


def _never(record: LinkRecord, tr: Translator) -> str:
    return tr.n(
        "There is {count} team or joint group with delivery data and figures of its own. With fewer than five, no "
        "number of waves can tell a link between pressure and strain from chance.",
        "There are {count} teams or joint groups with delivery data and figures of their own. With fewer than five, no "
        "number of waves can tell a link between pressure and strain from chance.",
        record.known_rows,
    )


def _company(found: CompanyLink, tr: Translator) -> str:
    values = {
        "r": signed(found.correlation.estimate, 2, tr),
        "range": range_text(found.correlation, 2, tr),
        "waves": found.waves,
        "shifts": tr.number(found.shifts, 0),
        "p": p_text(found.p, tr),
    }
    if found.p <= _NOT_BY_CHANCE:
        return tr.n(
            "All teams together: pressure and strain moved with r = {r} over {waves} waves, likely range {range} "
            "(90 %). {count} of {shifts} shifts in time looked as strong (p {p}).",
            "All teams together: pressure and strain moved with r = {r} over {waves} waves, likely range {range} "
            "(90 %). {count} of {shifts} shifts in time looked as strong (p {p}).",
            found.as_strong,
            **values,
        )
    return tr.n(
        "All teams together: r = {r} over {waves} waves, likely range {range} (90 %). This could be chance: {count} "
        "of {shifts} shifts in time looked as strong (p {p}).",
        "All teams together: r = {r} over {waves} waves, likely range {range} (90 %). This could be chance: {count} "
        "of {shifts} shifts in time looked as strong (p {p}).",
        found.as_strong,
        **values,
    )
