"""Turns a language into the fixed words of the printed report; what is said about a unit comes with its document."""

from __future__ import annotations

from dataclasses import dataclass

from reports.charts.words_roadmap import RoadmapWords, roadmap_words
from reports.document import LeaderReport, Standing
from surveys.i18n import translator


@dataclass(frozen=True, kw_only=True)
class Words:
    """Every fixed word of the report; the names are those the template uses."""

    title: str
    forward: str
    averages: str
    measure: str
    trace: str
    now: str
    change: str
    key_hidden: str
    key_bridge: str
    key_band: str
    key_lasting: str
    key_level: str
    level: str
    who: str
    talk: str
    lowest: str
    weighs: str
    cannot: str
    scales: str
    favourable: str
    pressure: str
    marked: str
    parts: str
    part: str
    part_bar: str
    score: str
    adds: str
    together: str
    method: str
    method_lead: str
    again: str
    again_lead: str
    imported: str
    imported_heads: tuple[str, str, str]
    numbers: str
    numbers_note: str
    nothing: str
    minutes: str
    page_words: tuple[str, str, str]
    roadmap: RoadmapWords


def words_of(report: LeaderReport) -> Words:
    """The words of the report's language."""
    tr = translator(report.language)
    own = report.unit.standing is Standing.OWN
    return Words(
        title=tr.t("{unit}: leader report, {wave}", unit=report.unit.name, wave=report.wave.label),
        forward=tr.t(
            "Leader report. May be forwarded: it holds averages of {k} or more people only.", k=report.smallest_group
        ),
        averages=tr.t("Averages of {k} or more people only", k=report.smallest_group),
        measure=tr.t("Measure"),
        trace=tr.t("Trace"),
        now=tr.t("This wave, likely range"),
        change=tr.t("Against the waves before"),
        key_hidden=tr.t("Hidden: the figure exists and is not published."),
        key_bridge=tr.t("Not asked in between."),
        key_band=tr.t("Shaded: likely range of each wave, 95 %."),
        key_lasting=tr.t("Darker: likely range of the lasting level behind the waves."),
        level=tr.t("Level of now, 1 to 5"),
        key_level=tr.t("Dot: the value. Bar: its likely range in this wave, 95 %."),
        who=tr.t("Who answered"),
        talk=tr.t("To talk about with the team"),
        lowest=tr.t("Lowest answer"),
        weighs=tr.t("What weighs most in the roadmap"),
        cannot=tr.t("What this report cannot tell you"),
        scales=tr.t("The scales, one by one"),
        favourable=tr.t("favourable"),
        pressure=tr.t("Roadmap pressure and what people say") if report.traces else tr.t("Roadmap pressure"),
        marked=tr.t("Dashed lines"),
        parts=tr.t("What the pressure is made of"),
        part=tr.t("Part"),
        part_bar=tr.t("0 to 100, usual 50"),
        score=tr.t("Score"),
        adds=tr.t("Adds"),
        together=tr.t("Pressure and answers together"),
        method=tr.t("How this was made, and what protects your team")
        if own
        else tr.t("How this was made, and what protects the people in it"),
        method_lead=tr.t("You do not need this page to use the report. It is here so that anyone can check it."),
        again=tr.t("To make this report again"),
        again_lead=tr.t("The same data, rules and program give the same file, byte for byte."),
        imported=tr.t("Imported: earlier results of other tools"),
        imported_heads=(tr.t("Wave"), tr.t("Result"), tr.t("Answers")),
        numbers=tr.t("The numbers behind the pictures"),
        numbers_note=tr.t("In brackets: likely range of that wave, 95 %."),
        nothing=tr.t("No survey figures were released for this page."),
        minutes=tr.t("min"),
        roadmap=roadmap_words(tr),
        page_words=_page_words(tr.t("Page {page} of {pages}", page="\x00", pages="\x00")),
    )


def provenance_rows(report: LeaderReport, digest: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The lines of the table "To make this report again": name, and the lines of its value."""
    tr, facts = translator(report.language), report.provenance
    return (
        (tr.t("Data cut-off"), (facts.data_cutoff_text,)),
        (tr.t("Wave"), (report.wave.dates_text,)),
        (tr.t("Way of answering"), (facts.mode_text,)),
        (tr.t("Rules of release"), (facts.policy,)),
        (tr.t("Questionnaire"), (facts.instrument,)),
        (tr.t("Method"), facts.settings or (facts.method,)),
        (tr.t("Program"), (facts.program,)),
        (tr.t("Fingerprint of the wave"), (f"{facts.fingerprint_words} ({grouped(facts.fingerprint_hex)})",)),
        (tr.t("Hash of this report's data"), (grouped(digest),)),
    )


def footer_text(report: LeaderReport, digest: str) -> str:
    """The line at the foot of each page: cut-off, versions, digits of the fingerprint and of the document's hash."""
    tr, facts = translator(report.language), report.provenance
    return tr.t(
        "Data cut-off {cutoff}. Rules {policy}, questionnaire {instrument}, program {program}. "
        "Wave {fingerprint}, report {digest}",
        cutoff=facts.data_cutoff_text,
        policy=facts.policy,
        instrument=facts.instrument,
        program=facts.program,
        fingerprint=grouped(facts.fingerprint_hex[:16]),
        digest=grouped(digest[:16]),
    )


def grouped(digits: str) -> str:
    """Hexadecimal digits in groups of four, so that they can be read aloud."""
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _page_words(text: str) -> tuple[str, str, str]:
    before, between, after = text.split("\x00")
    return before, between, after
