"""Says of every column of the export what it means, in which unit it is, and what not to do with it."""

from __future__ import annotations

from dataclasses import dataclass

from reports.disclosure.cells import Qualifier
from reports.disclosure.participation import ResponseBand
from reports.disclosure.reasons import Reason
from reports.exports.table import Level, Relation
from surveys.enums import BallotMode, MeasureKind
from surveys.i18n import mark
from surveys.instruments.parts import Direction

_POINTS, _PEOPLE, _SHARE = mark("points of the scale"), mark("people"), mark("share, 0 to 1")
_DO_NOT_AVERAGE = mark("Do not average over crowds without weights: crowds differ in size. Use the ready-made totals.")
_BAND_NOTE = mark("A band, never a count. Do not turn it into a number of people who answered.")


def _codes(*values: str) -> str:
    return ", ".join(values)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A column in words that are translated when the code book is made; empty where there is nothing to say."""

    name: str
    meaning: str
    unit: str = ""
    allowed: str = ""
    note: str = ""


_NAMES_NOTE = mark("At most 20 names; the table of units has them all.")

ENTRIES: dict[str, Entry] = {
    "programme": Entry(name=mark("Programme"), meaning=mark("The standing survey to which the wave belongs.")),
    "wave_number": Entry(name=mark("Number of the wave"), meaning=mark("Its place in the programme, from 1.")),
    "wave_opened_on": Entry(
        name=mark("Opened on"), meaning=mark("The day on which the wave opened."), allowed="YYYY-MM-DD"
    ),
    "wave": Entry(name=mark("Wave"), meaning=mark("The fielding in which the answers were given.")),
    "wave_closed_on": Entry(
        name=mark("Closed on"), meaning=mark("The day on which the wave closed."), allowed="YYYY-MM-DD"
    ),
    "crowd": Entry(
        name=mark("Crowd"),
        meaning=mark("Stable name of the group of people behind the row. Each answer of a wave is in exactly one."),
    ),
    "crowd_name": Entry(name=mark("Name of the crowd"), meaning=mark("The name that people saw in this wave.")),
    "units": Entry(
        name=mark("Units"),
        meaning=mark("Keys of the teams whose people answer in this crowd, with a vertical bar between them."),
        note=_NAMES_NOTE,
    ),
    "unit_names": Entry(
        name=mark("Names of the units"),
        meaning=mark("The names of these teams in this wave."),
        note=mark("A figure of several units is about all of them together and cannot be divided among them."),
    ),
    "joined_with": Entry(
        name=mark("Joined with"),
        meaning=mark(
            "Names of those who are counted together. In cells and topics: all teams of the crowd. In units and "
            "totals: the units outside the unit of the row. Empty where nobody is joined."
        ),
        note=_NAMES_NOTE,
    ),
    "unit": Entry(
        name=mark("Unit"),
        meaning=mark("Stable key of the team or unit, the one in the list of teams that was imported."),
    ),
    "unit_name": Entry(name=mark("Name of the unit"), meaning=mark("Its name when the wave opened.")),
    "parent": Entry(
        name=mark("Unit above"), meaning=mark("Key of the unit above when the wave opened. Empty for the company.")
    ),
    "level": Entry(
        name=mark("Level"),
        meaning=mark("The whole company, a unit with others below it, or a team."),
        allowed=_codes(*Level),
    ),
    "crowds": Entry(
        name=mark("Number of crowds"), meaning=mark("How many whole crowds the total is made of.")
    ),
    "not_included": Entry(
        name=mark("Not included"),
        meaning=mark("Names of teams of the unit that share a crowd with teams outside it and are therefore left out."),
        note=_NAMES_NOTE,
    ),
    "relation": Entry(
        name=mark("Relation"),
        meaning=mark(
            "Whether the crowd lies wholly inside the unit, reaches across to others, or there is none because "
            "nobody is counted as this unit."
        ),
        allowed=_codes(*Relation),
    ),
    "measure": Entry(name=mark("Measure"), meaning=mark("Stable name of the item or scale.")),
    "measure_kind": Entry(
        name=mark("Kind of measure"),
        meaning=mark("Whether the row is about one item or about a scale of items."),
        allowed=_codes(*MeasureKind),
        note=mark("A scale is the mean of its released items. Do not add it to them."),
    ),
    "measure_name": Entry(name=mark("Name of the measure"), meaning=mark("The name in the language of the export.")),
    "item_text": Entry(
        name=mark("Question"), meaning=mark("The words that people answered. Empty for a scale.")
    ),
    "scale": Entry(
        name=mark("Scale"), meaning=mark("Stable name of the scale to which the item belongs first, or of the scale.")
    ),
    "higher_is": Entry(
        name=mark("A higher value is"),
        meaning=mark("Whether a high value is good or bad for the people who answered."),
        allowed=_codes(*Direction),
    ),
    "source": Entry(name=mark("Source"), meaning=mark("Where the item or scale comes from.")),
    "attribution": Entry(
        name=mark("Attribution"), meaning=mark("The words that the licence asks for wherever the item is shown.")
    ),
    "licence": Entry(name=mark("Licence"), meaning=mark("The terms under which the item may be used.")),
    "value": Entry(
        name=mark("Value"),
        meaning=mark(
            "Mean of the keyed answers, rounded and clipped. Reversed questions are turned round, so that a higher "
            "value is the better one; in the burnout module it is the worse one. Where the number band starts under "
            "12 the mean is rounded to 0.2, under 50 to 0.1, under 100 to 0.02, from 100 on to 0.01."
        ),
        unit=_POINTS,
        note=_DO_NOT_AVERAGE,
    ),
    "low": Entry(
        name=mark("Lower end"),
        meaning=mark("The mean of the answers is not under this. It tells of rounding and clipping, not of chance."),
        unit=_POINTS,
    ),
    "high": Entry(
        name=mark("Upper end"),
        meaning=mark("The mean of the answers is not over this. It tells of rounding and clipping, not of chance."),
        unit=_POINTS,
    ),
    "qualifier": Entry(
        name=mark("Qualifier"),
        meaning=mark("How to read the value: exact within rounding, at least, at most, or only known to the two ends."),
        allowed=_codes(*Qualifier),
        note=mark("A clipped value stands for a range. Do not treat it as the mean."),
    ),
    "n_band": Entry(
        name=mark("Answers"), meaning=mark("The number of answers behind the row, as a band."), unit=_PEOPLE,
        note=_BAND_NOTE,
    ),
    "n_low": Entry(
        name=mark("Answers, at least"), meaning=mark("The lower end of the band."), unit=_PEOPLE, note=_BAND_NOTE
    ),
    "n_high": Entry(
        name=mark("Answers, at most"), meaning=mark("The upper end of the band."), unit=_PEOPLE, note=_BAND_NOTE
    ),
    "n_band_sort": Entry(
        name=mark("Answers, to sort by"), meaning=mark("The lower end of the band."), unit=_PEOPLE,
        note=_BAND_NOTE,
    ),
    "invited": Entry(
        name=mark("Invited"),
        meaning=mark("The number of people who were invited. It is public and exact."),
        unit=_PEOPLE,
    ),
    "response_band": Entry(
        name=mark("Response"),
        meaning=mark("The part of the invited people who answered, as a band."),
        allowed=_codes(*ResponseBand),
        note=mark("Bands are joined where they would leave too few possible numbers. A response is never 0 or 100 %."),
    ),
    "response_sort": Entry(
        name=mark("Response, to sort by"), meaning=mark("From 0, not shown, to 5, the highest band.")
    ),
    "favourable_low": Entry(
        name=mark("Favourable, at least"), meaning=mark("The lower end of the band, included."), unit=_SHARE
    ),
    "favourable_high": Entry(
        name=mark("Favourable, under"),
        meaning=mark("The upper end of the band, not included unless it is 1."),
        unit=_SHARE,
    ),
    "favourable_sort": Entry(
        name=mark("Favourable, to sort by"), meaning=mark("The lower end of the band in whole per cent.")
    ),
    "favourable_band": Entry(
        name=mark("Favourable"),
        meaning=mark("The part of the answers in the favourable options, as a band. For a scale, over its items."),
        note=mark("Do not average bands."),
    ),
    "reason_code": Entry(
        name=mark("Reason code"),
        meaning=mark("Why there is no figure. Empty where there is one."),
        allowed=_codes(*Reason),
    ),
    "reason": Entry(name=mark("Reason"), meaning=mark("The same in a sentence.")),
    "instrument": Entry(
        name=mark("Questionnaire"),
        meaning=mark("The instruments that the wave asked, each with its version, with a vertical bar between them."),
    ),
    "instrument_sha256": Entry(
        name=mark("Hash of the questionnaire"), meaning=mark("SHA-256 of the whole questionnaire as it was asked.")
    ),
    "policy_version": Entry(
        name=mark("Policy version"), meaning=mark("The version of the rules of release under which the row was made.")
    ),
    "fingerprint": Entry(
        name=mark("Fingerprint"), meaning=mark("SHA-256 of the manifest that was published when the wave opened.")
    ),
    "topic": Entry(name=mark("Topic"), meaning=mark("Stable name of something that people may tick.")),
    "topic_name": Entry(name=mark("Name of the topic"), meaning=mark("The words beside the tick.")),
    "ticked_band": Entry(
        name=mark("Ticked by"),
        meaning=mark("The part of the crowd's answers that ticked the topic, as a band."),
        note=mark("Do not average bands."),
    ),
    "ticked_low": Entry(
        name=mark("Ticked by, at least"), meaning=mark("The lower end of the band, included."), unit=_SHARE
    ),
    "ticked_high": Entry(
        name=mark("Ticked by, under"),
        meaning=mark("The upper end of the band, not included unless it is 1."),
        unit=_SHARE,
    ),
    "ticked_sort": Entry(
        name=mark("Ticked by, to sort by"), meaning=mark("The lower end of the band in whole per cent.")
    ),
    "segment": Entry(
        name=mark("Segment question"),
        meaning=mark("Stable name of a question about the person who answers, asked inside the sealed answers."),
    ),
    "segment_name": Entry(name=mark("Words of the segment question"), meaning=mark("The words that people answered.")),
    "segment_cell": Entry(
        name=mark("Cell of the segment"),
        meaning=mark("Numbers of the options that are counted together, with dashes between. 0 is no answer."),
        note=mark("A cell that joins options cannot be divided among them."),
    ),
    "segment_options": Entry(
        name=mark("Options of the cell"),
        meaning=mark("The same in words, with a vertical bar between them."),
    ),
    "mode": Entry(
        name=mark("Mode"), meaning=mark("How answers reached the ballot box."),
        allowed=_codes(*BallotMode),
    ),
}  # fmt: skip
