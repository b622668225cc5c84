"""Turns what else was looked at beside a link into sentences and tables: other direction, events, lags, conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.pressure.anchors import Indicator
from reports.pressure.sentences import INDICATOR_NAMES
from reports.services.link_record import ExtraPair, LinkRecord
from reports.services.link_terms import (
    GATE_WORDS,
    KIND_WORDS,
    gate_number,
    p_text,
    range_text,
    signed,
    slope_text,
)
from reports.stats.link_results import GateState, LinkFit, PairLink, TeamLink
from surveys.i18n import Translator

_NOT_BY_CHANCE = 0.05


def reverse_sentence(link: TeamLink, tr: Translator) -> str:
    """Return what the other direction shows: strain in a wave and pressure in the next one."""
    found = link.reverse
    if not isinstance(found, PairLink):
        return tr.t("The other direction, strain first and pressure in the next wave, could not be looked at.")
    values = {"range": range_text(found.slope.interval, 1, tr), "slope": signed(found.slope.interval.estimate, 1, tr)}
    if not link.may_say_followed:
        return tr.t(
            "The other direction shows as well: strain in one wave goes with pressure in the next ({slope} points of "
            "the index, likely range {range}). So neither may be said to follow the other.",
            **values,
        )
    return tr.t(
        "The other direction, strain first and pressure in the next wave, shows nothing clear ({slope} points of the "
        "index, likely range {range}).",
        **values,
    )


def flag_sentence(link: TeamLink, tr: Translator) -> str:
    """Return the slope without the waves that events of the calendar fall into, and with these taken into account."""
    if not link.flags.cells:
        return tr.t("No public holiday, shutdown, reorganisation, layoff, change of leader or incident is on record.")
    kinds = tr.join([tr.t(KIND_WORDS[name]) if name in KIND_WORDS else name for name in link.flags.names])
    return tr.n(
        "{count} value lies in weeks with {kinds}. Without it the slope is {dropped}; with it taken into account, "
        "{adjusted}.",
        "{count} values lie in weeks with {kinds}. Without them the slope is {dropped}; with them taken into "
        "account, {adjusted}.",
        link.flags.cells,
        kinds=kinds,
        dropped=slope_text(link.flags.dropped, tr),
        adjusted=slope_text(link.flags.adjusted, tr),
    )


def response_sentence(link: TeamLink, tr: Translator) -> str:
    """Return the slope with the waves that under half answered; empty where there are none."""
    if not link.low_response_cells:
        return ""
    return tr.n(
        "{count} value was left out because under half answered. With it the slope is {slope}.",
        "{count} values were left out because under half answered. With them the slope is {slope}.",
        link.low_response_cells,
        slope=slope_text(link.all_responses, tr),
    )


def robust_sentences(record: LinkRecord, link: TeamLink, tr: Translator) -> list[str]:
    """Return how the estimate stands when it is looked at in other ways."""
    found = [reverse_sentence(link, tr), flag_sentence(link, tr), response_sentence(link, tr)]
    if link.leave_one_out:
        found.append(
            tr.t(
                "Leaving out one team at a time gives {low} to {high}.",
                low=signed(link.leave_one_out[0], 2, tr),
                high=signed(link.leave_one_out[-1], 2, tr),
            )
        )
    found.append(tr.t("By ranks the two go together with {r}.", r=signed(link.pair.rank_correlation, 2, tr)))
    if record.previous is not None:
        found.append(
            tr.t(
                "On the window before the one that was asked about, the slope is {slope}. That is a second look only.",
                slope=slope_text(record.previous, tr),
            )
        )
    if link.scan is not None and link.scan.strongest == 0:
        found.append(
            tr.t(
                "Among the windows that end up to {most} weeks earlier, none is stronger than the one asked about. "
                "{chance}",
                most=max(link.scan.lags),
                chance=_chance_of_scan(link.scan.p, tr),
            )
        )
    elif link.scan is not None:
        found.append(
            tr.n(
                "Among the windows that end up to {most} weeks earlier, the strongest ends {count} week earlier. "
                "{chance}",
                "Among the windows that end up to {most} weeks earlier, the strongest ends {count} weeks earlier. "
                "{chance}",
                link.scan.strongest,
                most=max(link.scan.lags),
                chance=_chance_of_scan(link.scan.p, tr),
            )
        )
    return [each for each in found if each]


def extra_sentences(record: LinkRecord, names: Mapping[str, str], tr: Translator) -> list[str]:
    """Return the pairs worth a look and how many were tried; ``names`` has the names of scales."""
    if not record.extras:
        return []
    held = [pair for pair in record.extras if pair.is_worth_a_look]
    tried = tr.n(
        "{count} other pair of a scale and a part of pressure was tried.",
        "{count} other pairs of a scale and a part of pressure were tried.",
        len(record.extras),
    )
    if not held:
        return [tried + " " + tr.t("None stands out beyond chance.")]
    lines = [_extra(pair, names, tr) for pair in held]
    return [
        tried
        + " "
        + tr.t("These are worth a look. On average at most one in ten such finds is chance, so none is a finding:"),
        *lines,
    ]


def gate_rows(gates: Sequence[GateState], tr: Translator) -> list[tuple[str, str, str, bool]]:
    """Return the conditions: what, how much there is, how much is needed, and whether that is met."""
    return [
        (tr.t(GATE_WORDS[each.gate]), gate_number(each.gate, each.found, tr), gate_number(each.gate, each.needed, tr),
         each.is_met)
        for each in gates
    ]  # fmt: skip


def setting_rows(record: LinkRecord, scale: str, tr: Translator) -> list[tuple[str, str]]:
    """Return what was compared: scale, days, waves, anchors, and the share of items without a team."""
    first, last = tr.date(record.first_on), tr.date(record.last_on)
    rows = [
        (tr.t("Scale, turned so that more is worse"), scale),
        (
            tr.t("Pressure"),
            tr.n(
                "mean index of the {count} day before a wave opens",
                "mean index of the {count} days before a wave opens",
                record.recall_days,
            ),
        ),
        (
            tr.t("Waves"),
            tr.n("{count}, {first} to {last}", "{count}, {first} to {last}", len(record.waves), first=first, last=last),
        ),
        (
            tr.t("Version of the anchors"),
            tr.join([str(version) for version in record.anchors]) if record.anchors else tr.t("none"),
        ),
    ]
    if record.unmapped is not None:
        rows.append(
            (tr.t("Items that belong to no team"), tr.t("{share} %", share=tr.number(100 * record.unmapped, 0)))
        )
    if isinstance(record.fit, LinkFit) and isinstance(record.fit.team, TeamLink):
        rows.append(
            (
                tr.t("Usual swing of a team's pressure"),
                tr.t("{points} points of the index", points=tr.number(record.fit.team.pair.pressure_sd, 1)),
            )
        )
    rows += [(tr.t("Values in weeks with {kind}", kind=tr.t(KIND_WORDS.get(each.kind, each.kind))), str(each.cells))
             for each in record.flags]  # fmt: skip
    return rows


def _chance_of_scan(p: float, tr: Translator) -> str:
    if p <= _NOT_BY_CHANCE:
        return tr.t(
            "Chance seldom gives so strong a one among all of them (p {p}). This is a look around, no finding.",
            p=p_text(p, tr),
        )
    return tr.t(
        "Chance often gives as strong a one among all of them (p {p}). This is a look around, no finding.",
        p=p_text(p, tr),
    )


def _extra(pair: ExtraPair, names: Mapping[str, str], tr: Translator) -> str:
    name = names.get(pair.scale, pair.scale)
    part = tr.t(INDICATOR_NAMES[Indicator(pair.indicator)]) if pair.indicator else tr.t("the index")
    return tr.t(
        "{scale} and {part}: {slope} points, likely range {range} (90 %).",
        scale=name,
        part=part,
        slope=signed(pair.slope.estimate, 2, tr),
        range=range_text(pair.slope, 2, tr),
    )
