# ruff: noqa: E501 - the sentences of a sample read better unbroken
"""Three leader reports made up for the tests: a troubled team, a fluctuating one and a joined one, in two languages."""

from __future__ import annotations

import dataclasses

from reports.document import (
    Conversation,
    ConversationStep,
    Focus,
    Imported,
    ImportedGroup,
    ImportedRow,
    LeaderReport,
    LevelPoint,
    Notice,
    Paragraph,
    Place,
    Run,
    RunStyle,
    Standing,
    Standpoint,
    ThinTrace,
    Tone,
    Trace,
    Unit,
    Value,
    Verdict,
    VerdictChip,
)
from tests.pdf import sample_roadmap
from tests.pdf.sample_parts import (
    EARLY,
    ITEMS,
    LAST,
    METHOD,
    NAMES,
    NOMBRES,
    PROVENANCE,
    RELEASED,
    WAVE,
    WAVES,
    cell,
    falling,
    pressure,
    section,
    trace,
    wavy,
    weeks,
)

__all__ = [
    "LAST",
    "NAMES",
    "RELEASED",
    "WAVES",
    "cell",
    "fluctuating",
    "hostile",
    "joined",
    "never",
    "pressed",
    "trace",
    "troubled",
    "watched",
]


def troubled() -> LeaderReport:
    """Workload fell by 1.5 points from wave 16 on, before the second release."""
    fell = VerdictChip(verdict=Verdict.FALLING, tone=Tone.LESS, text="Falling", sub="harder since June")
    seen = "Motivation: a lasting change of 0.7 or more would have been seen."
    traces = (
        trace(NAMES[0], falling(3.7, 1.5, 15), chip=fell),
        trace(NAMES[1], wavy(3.6, 1.0)),
        trace(NAMES[2], wavy(3.8, 2.0), minimum=seen),
        trace(NAMES[3], falling(3.2, 0.4, 16)),
        trace(NAMES[4], wavy(3.9, 0.5)),
    )
    return LeaderReport(
        language="en",
        organisation="Larkfield Transit",
        unit=Unit(key="ticketing", name="Ticketing", standing=Standing.OWN, context="Larkfield Transit, Revenue"),
        wave=WAVE,
        provenance=PROVENANCE,
        headings=(
            (
                Run(text="Workload has become "),
                Run(text="harder to carry", style=RunStyle.STRONG),
                Run(text=": it fell by 1.5 since June (likely range 1.0 to 2.0), further than chance would explain."),
            ),
            (
                Run(text="Clarity, motivation, energy and safety show "),
                Run(text="no detectable change", style=RunStyle.STRONG),
                Run(text="."),
            ),
            (
                Run(text="Roadmap pressure rose from 40 to 76 in three months. "),
                Run(text="An association, not a cause.", style=RunStyle.MUTED),
            ),
        ),
        traces=traces,
        trace_note="For pressure: other weightings.",
        response_text="Between 75 and 90 % of those asked answered.",
        pressure=pressure(),
        no_pressure_text="",
        who_answered="Had those who did not answer stood at either end, the verdict would be the same.",
        focus=Focus(
            item="“My workload is reasonable.”",
            level_text="stands at 2.2, strained.",
            question="“When new work arrives, what comes off the list?”",
        ),
        cannot_tell="Who answered what, and why. For the why, ask the room, and let people pass.",
        scales=tuple(section(entry, ITEMS[entry.code]) for entry in traces),
        scales_lead="The dot is the team's average, the bar its likely range. If two bars overlap a good deal, the difference may be chance.",
        method=tuple(Paragraph(title=title, text=text) for title, text in METHOD),
    )


def pressed() -> LeaderReport:
    """The troubled team with the roadmap pages: two rows side by side, releases, drivers and an estimated link."""
    base = troubled()
    assert base.pressure is not None
    return dataclasses.replace(base, roadmap=sample_roadmap.pages(base.traces, base.pressure.weeks))


def never() -> LeaderReport:
    """The same where no link can ever be told: a long frame of facts, no release and nothing to take apart."""
    base = pressed()
    assert base.roadmap is not None
    assert base.roadmap.drivers is not None
    link = sample_roadmap.never()
    rows = tuple((f"{number} Mar 2026", *link.frames[0].rows[0][1:]) for number in range(1, 27))
    frames = (dataclasses.replace(link.frames[0], rows=rows),)
    drivers = dataclasses.replace(base.roadmap.drivers, waterfall=None, parts=(), what_if=(), priorities=(), feeds=())
    pages = dataclasses.replace(
        base.roadmap, run_up=None, drivers=drivers, link=dataclasses.replace(link, frames=frames)
    )
    return dataclasses.replace(base, roadmap=pages)


def fluctuating() -> LeaderReport:
    """Nothing detectable, in Spanish."""
    plano = VerdictChip(verdict=Verdict.NO_DETECTABLE_CHANGE, tone=Tone.NONE, text="Sin cambio detectable")
    levels = (3.1, 3.5, 3.9, 3.0, 4.1)
    traces = tuple(
        trace(names, wavy(level, place), chip=plano, language="es", minimum=f"{names[1]}: desde 0,7.")
        for place, (names, level) in enumerate(zip(NOMBRES, levels, strict=True))
    )
    base = troubled()
    return dataclasses.replace(
        base,
        language="es",
        unit=Unit(
            key="pagos", name="Pagos e información", standing=Standing.OWN, context="Larkfield Transit, Ingresos"
        ),
        wave=dataclasses.replace(
            WAVE,
            label="ronda 26",
            dates_text="Ronda 26, del 2 al 16 de noviembre de 2026. Publicada el 19 de noviembre",
        ),
        headings=(
            (
                Run(text="Sin cambio detectable", style=RunStyle.STRONG),
                Run(text=" en las cinco escalas. Los datos no permiten saberlo; no significa que nada haya cambiado."),
            ),
            (Run(text="Se habría visto un cambio duradero de 0,7 puntos o más en la carga de trabajo."),),
            (
                Run(text="La presión de la hoja de ruta se mantuvo en lo habitual. "),
                Run(text="Una asociación, no una causa.", style=RunStyle.MUTED),
            ),
        ),
        traces=traces,
        trace_note="",
        response_text="Contestó entre el 60 y el 75 % de las personas invitadas.",
        pressure=pressure("es", rise=4),
        who_answered="Quienes no contestaron podrían pensar de otra manera.",
        focus=Focus(
            item="«Mi trabajo me deja energía suficiente para el resto del día».",
            level_text="está en 3,0, mixta.",
            question="«¿Qué parte de la semana os deja sin energía, y qué podría salir de ella?»",
        ),
        cannot_tell="Quién contestó qué, y por qué. Para el porqué, pregunta al equipo y deja que la gente pase.",
        scales=tuple(
            section(
                entry, ("Mi carga de trabajo es razonable.", "Sé cómo contribuye mi trabajo a los objetivos."), "es"
            )
            for entry in traces
        ),
        scales_lead="El punto es la media del equipo; la barra, su rango probable.",
        method=tuple(Paragraph(title=f"Apartado {place}", text="Texto del método. " * 12) for place in range(1, 9)),
    )


def joined() -> LeaderReport:
    """A team of four without figures of its own, in its third wave: joint levels, two pressures, a conversation."""
    base = troubled()
    traces = tuple(
        trace(names, [cell(level + 0.1), cell(level, 0.5)], chip=EARLY)
        for names, level in zip(NAMES, (2.6, 3.4, 3.9, 2.9, 4.2), strict=True)
    )
    teams = (
        ThinTrace(name="Fares", weeks=weeks(30, 20, 60)),
        ThinTrace(name="Refunds", weeks=weeks(54, 20, 60)),
    )
    return dataclasses.replace(
        base,
        unit=Unit(
            key="refunds",
            name="Refunds",
            standing=Standing.JOINED,
            context="Larkfield Transit, Revenue",
            joined_with=("Fares",),
            standing_text="Refunds has no survey figures of its own: fewer than 5 people would be too easy to recognise. "
            "Every survey figure on these pages is that of Fares and Refunds counted together.",
        ),
        headings=(
            (
                Run(text="Fares and Refunds together are "),
                Run(text="strained in workload", style=RunStyle.STRONG),
                Run(text=" (2.6, likely range 2.1 to 3.1) and very good in safety to speak up."),
            ),
            (Run(text="Too early to tell any change. Trends start with the fifth wave."),),
        ),
        traces=traces,
        pressure=dataclasses.replace(pressure(), teams=teams),
        scales=tuple(section(entry, ITEMS[entry.code]) for entry in traces),
        conversation=Conversation(
            title="Twenty minutes with the team",
            intro="This page collects nothing. Read one question aloud, let people pass, write down what you agree on.",
            steps=(
                ConversationStep(minutes=7, title="Vision", prompts=("What are we trying to reach, in one sentence?",)),
                ConversationStep(minutes=6, title="Motivation", prompts=("What was worth the effort lately?",)),
                ConversationStep(
                    minutes=7,
                    title="Workload",
                    prompts=("What could come off the list?", "What would you stop first?"),
                ),
            ),
        ),
    )


def watched() -> LeaderReport:
    """The troubled team again with all that stands beside verdicts: levels, a notice, bounds, imported results."""
    base = troubled()
    traces = tuple(dataclasses.replace(entry, level=_smoothed(entry)) for entry in base.traces)
    lower = dataclasses.replace(traces[3].chip, sub="the last three waves lie lower")
    traces = (*traces[:3], dataclasses.replace(traces[3], chip=lower, notice=Notice.LOWER), traces[4])
    standpoint = Standpoint(
        place=Place.CLEARLY_BELOW,
        value=Value(mean=2.6, low=2.2, high=3.0),
        text="Lasting level 2.6 (likely range 2.2 to 3.0): clearly below the organisation.",
    )
    silent = (
        "Lasting change as answered: −1.5 (likely range −2.0 to −1.0). If those who were silent had stood 0.5 points lower: "
        "−1.6 (likely range −2.1 to −1.1); 1.0 points lower: −1.7 (likely range −2.2 to −1.2)."
    )
    said = (
        Run(text="Energy after work: "),
        Run(text="the last three waves lie lower than the nine before", style=RunStyle.STRONG),
        Run(text=". "),
        Run(
            text="On a scale without any change about one in ten teams gets such a notice once a year.",
            style=RunStyle.MUTED,
        ),
    )
    group = ImportedGroup(
        title="Imported from Yearly survey: Work pressure",
        description="percent of people, lower is better",
        rows=tuple(ImportedRow(wave=str(year), value="34 %", answers_text="20 to 49") for year in range(2019, 2026)),
    )
    return dataclasses.replace(
        base,
        traces=traces,
        headings=(base.headings[0], said, base.headings[2]),
        scales=tuple(
            dataclasses.replace(entry, standpoint=standpoint, silent_text=silent if place == 0 else "")
            for place, entry in enumerate(base.scales)
        ),
        provenance=dataclasses.replace(
            base.provenance, method="2", settings=("Version 2. See docs/methods.md.", "Trend: test at 5 %.")
        ),
        imported=Imported(
            sentence="These are results of Yearly survey: other questions, asked by another tool.",
            groups=(group, group),
        ),
    )


def _smoothed(entry: Trace) -> tuple[LevelPoint, ...]:
    """A level that follows the values of a trace slowly."""
    points, level = [], 0.0
    for point in entry.points:
        if isinstance(point.cell, Value):
            level = 0.8 * level + 0.2 * point.cell.mean if level else point.cell.mean
            value = Value(mean=round(level, 2), low=round(level - 0.25, 2), high=round(level + 0.25, 2))
            points.append(LevelPoint(date=point.date, value=value))
    return tuple(points)


def hostile() -> LeaderReport:
    """Names that try to be markup, and a company too small for anything."""
    base = troubled()
    nasty = "<script>alert(1)</script><img src=file:///etc/passwd>"
    return dataclasses.replace(
        base,
        organisation=nasty,
        unit=Unit(
            key="x",
            name=nasty,
            standing=Standing.NOTHING,
            context=nasty,
            standing_text="Too few answered in all; the answers were destroyed.",
        ),
        headings=((Run(text=nasty, style=RunStyle.STRONG),),),
        traces=(),
        scales=(),
        focus=None,
        pressure=None,
        no_pressure_text="No roadmap is connected.",
    )
