# ruff: noqa: E501 - the sentences of a sample read better unbroken
"""The pieces of the sample reports: waves, traces, pressure, scales and texts, all made up."""

from __future__ import annotations

import datetime as dt
import math

from reports.document import (
    Band,
    Cell,
    Event,
    Load,
    MarkKind,
    NotAsked,
    PressurePart,
    PressureTrace,
    Provenance,
    RulerMark,
    Run,
    RunStyle,
    ScaleRow,
    ScaleSection,
    Tone,
    Trace,
    Value,
    Verdict,
    VerdictChip,
    WaveFacts,
    WavePoint,
    WeekPoint,
    Withheld,
    WithheldReason,
    band_of,
)

LAST = dt.date(2026, 11, 2)
RELEASED = dt.datetime(2026, 11, 19, 9, 0, tzinfo=dt.UTC)
WAVES = tuple(LAST - dt.timedelta(days=14 * back) for back in range(25, -1, -1))
EARLY = VerdictChip(verdict=Verdict.TOO_EARLY, tone=Tone.NONE, text="Too early to tell", sub="trends start with wave 5")
FLAT = VerdictChip(verdict=Verdict.NO_DETECTABLE_CHANGE, tone=Tone.NONE, text="No detectable change")
WEEKS = tuple(LAST + dt.timedelta(days=7 - 7 * back) for back in range(78, 0, -1))
NAMES = (
    ("workload", "Workload", "higher is easier to carry", "hard to carry", "easy to carry"),
    ("clarity", "Clarity of task and vision", "higher is clearer", "unclear", "clear"),
    ("motivation", "Motivation", "higher is better", "low", "high"),
    ("energy", "Energy after work", "higher is better", "drained", "full"),
    ("safety", "Safety to speak up", "higher is better", "unsafe", "safe"),
)
NOMBRES = (
    ("workload", "Carga de trabajo", "más alto, más llevadera", "difícil de llevar", "fácil de llevar"),
    ("clarity", "Claridad de la tarea y de la visión", "más alto, más clara", "confusa", "clara"),
    ("motivation", "Motivación", "más alto es mejor", "baja", "alta"),
    ("energy", "Energía después del trabajo", "más alto es mejor", "agotada", "plena"),
    ("safety", "Seguridad para opinar", "más alto es mejor", "insegura", "segura"),
)
BANDS = {
    "en": dict(zip(Band, ("very strained", "strained", "mixed", "good", "very good"), strict=True)),
    "es": dict(zip(Band, ("muy tensa", "tensa", "mixta", "buena", "muy buena"), strict=True)),
}


def figure(value: float, language: str) -> str:
    """One decimal in the sign of the language."""
    text = f"{value:.1f}"
    return text.replace(".", ",") if language == "es" else text


def cell(mean: float, half: float = 0.4) -> Value:
    """A value with a symmetric range."""
    mean = round(mean, 1)
    return Value(mean=mean, low=round(max(1.0, mean - half), 1), high=round(min(5.0, mean + half), 1))


def trace(
    names: tuple[str, str, str, str, str],
    cells: list[Cell],
    *,
    chip: VerdictChip = FLAT,
    language: str = "en",
    minimum: str = "",
) -> Trace:
    """A trace over the last waves with texts that follow from its cells."""
    code, name, direction, low, high = names
    days = WAVES[-len(cells) :]
    latest = cells[-1]
    points = tuple(
        WavePoint(date=day, label=f"Wave {place}", cell=entry)
        for place, (day, entry) in enumerate(zip(days, cells, strict=True), start=1)
    )
    held = isinstance(latest, Value)
    to = " a " if language == "es" else " to "
    band = band_of(latest.mean) if isinstance(latest, Value) else None
    return Trace(
        code=code,
        name=name,
        direction=direction,
        low_word=low,
        high_word=high,
        points=points,
        value_text=figure(latest.mean, language) if isinstance(latest, Value) else "",
        range_text=figure(latest.low, language) + to + figure(latest.high, language)
        if isinstance(latest, Value)
        else "",
        band=band,
        band_text=BANDS[language][band] if band is not None else "",
        chip=chip,
        minimum_text=minimum,
        title=f"{name} over {len(cells)} waves",
        alt=f"Trace of {name.lower()} over {len(cells)} waves, now {figure(latest.mean, language) if held else 'hidden'}."
        if isinstance(latest, Value)
        else f"Trace of {name.lower()}; the last wave is hidden.",
    )


def wavy(level: float, phase: float, size: float = 0.2) -> list[Cell]:
    """A year and a half of harmless ups and downs; one wave was not held."""
    cells: list[Cell] = [cell(level + size * math.sin(phase + 0.9 * place)) for place in range(26)]
    cells[20] = NotAsked(text="No wave held")
    return cells


def falling(level: float, drop: float, start: int) -> list[Cell]:
    """Steady, then lower from wave ``start`` on; one wave hidden."""
    cells: list[Cell] = [
        cell(level - (drop if place >= start else 0) + 0.1 * math.sin(place), 0.5) for place in range(26)
    ]
    cells[7] = Withheld(reason=WithheldReason.TOO_FEW, text="Hidden: too few answers in all")
    cells[20] = NotAsked(text="No wave held")
    return cells


def weeks(base: float, rise: float, start: int) -> tuple[WeekPoint, ...]:
    """Weekly pressure around ``base`` that climbs by ``rise`` from week ``start`` on."""
    points = []
    for place, week in enumerate(WEEKS):
        climb = rise * min(1.0, max(0, place - start) / 12)
        points.append(WeekPoint(week=week, index=float(round(base + climb + 6 * math.sin(place * 0.8)))))
    return tuple(points)


def parts(language: str = "en") -> tuple[PressurePart, ...]:
    """Seven parts, one of them unknown."""
    english = (
        ("R", "Required run rate", "31 items to finish in four weeks; usual: 21", 84.0, 21.0),
        ("C", "Scope change", "14 of 38 items in release 4.2 were added or re-sized since 5 October", 90.0, 18.0),
        ("L", "Load against capacity", "38 items planned, 24 usually finished in a sprint", 80.0, 12.0),
        ("W", "Work in progress", "14 items open at once; usual: 12", 58.0, 8.0),
        ("P", "Top-priority share", "6 of 38 open items carry top priority; usual: 6", 50.0, 5.0),
        ("U", "Unplanned work", "4 of 21 finished items were not planned; usual: 1 in 5", 47.0, 5.0),
    )
    spanish = (
        ("R", "Ritmo necesario", "31 elementos por terminar en cuatro semanas; lo habitual: 21", 84.0, 21.0),
        (
            "C",
            "Cambio de alcance",
            "14 de 38 elementos de la versión 4.2 se añadieron desde el 5 de octubre",
            90.0,
            18.0,
        ),
        ("L", "Carga frente a capacidad", "38 elementos planificados; suelen terminarse 24", 80.0, 12.0),
        ("W", "Trabajo en curso", "14 elementos abiertos a la vez; lo habitual: 12", 58.0, 8.0),
        ("P", "Parte de prioridad máxima", "6 de 38 elementos abiertos; lo habitual: 6", 50.0, 5.0),
        ("U", "Trabajo no planificado", "4 de 21 elementos terminados; lo habitual: 1 de 5", 47.0, 5.0),
    )
    known = tuple(
        PressurePart(code=code, name=name, fact=fact, score=score, contribution=adds, coverage=1.0)
        for code, name, fact, score, adds in (spanish if language == "es" else english)
    )
    missing = PressurePart(
        code="V",
        name="Volatilidad del plan" if language == "es" else "Plan volatility",
        fact="sin historial de fechas" if language == "es" else "no history of dates in this source",
        score=NotAsked(text="sin datos" if language == "es" else "no data"),
        contribution=0.0,
        coverage=0.0,
    )
    return (*known, missing)


def load_of(index: float) -> Load:
    """The labelled band of a pressure index from 0 to 100."""
    for limit, load in ((20, Load.VERY_LIGHT), (40, Load.LIGHT), (60, Load.USUAL), (80, Load.HEAVY)):
        if index < limit:
            return load
    return Load.VERY_HEAVY


def pressure(language: str = "en", *, base: float = 42, rise: float = 34, start: int = 62) -> PressureTrace:
    """Pressure with two releases."""
    points = weeks(base, rise, start)
    index = points[-1].index
    last = round(index) if isinstance(index, float) else 0
    load = load_of(last)
    spanish = language == "es"
    return PressureTrace(
        name="Presión de la hoja de ruta" if spanish else "Roadmap pressure",
        direction="0 a 100, datos de entrega" if spanish else "0 to 100, delivery data",
        weeks=points,
        events=(
            Event(date=dt.date(2026, 5, 12), label="versión 4.1" if spanish else "release 4.1", date_text="12 May"),
            Event(
                date=dt.date(2026, 9, 29),
                label="versión 4.2, adelantada dos semanas" if spanish else "release 4.2, moved forward by two weeks",
                date_text="29 Sep",
            ),
        ),
        value_text=str(last),
        range_text=f"{last - 6} a {last + 7}" if spanish else f"{last - 6} to {last + 7}",
        week_text=str(last),
        load=load,
        load_text={"heavy": "Alta" if spanish else "Heavy", "usual": "Usual"}.get(load.value, load.value.capitalize()),
        sub="alta desde octubre" if spanish else "heavy since October",
        chip=None,
        title="Línea: media del equipo con su rango probable. Área: índice semanal, hecho solo de datos de entrega."
        if spanish
        else "Line: team average with its likely range. Brass area: weekly pressure index, from delivery data only.",
        alt=f"La presión semanal se movió cerca de {base:.0f} y está en {last}."
        if spanish
        else f"Weekly roadmap pressure moved near {base:.0f} and stands at {last}.",
        lead="La presión es alta desde octubre; el ritmo necesario y los cambios de alcance pesan más."
        if spanish
        else "Roadmap pressure has been heavy since October; the required run rate and added scope weigh most.",
        driver="Ritmo necesario: 31 elementos por terminar en cuatro semanas; lo habitual son 21."
        if spanish
        else "Required run rate: 31 items to finish in the next four weeks, where 21 are usual.",
        parts=parts(language),
        coverage_text=f"Las dos semanas antes de la ronda. Índice {last}; cobertura 92 %."
        if spanish
        else f"The two weeks before the wave. Index {last}; other weightings give {last - 6} to {last + 7}. Coverage 92 %.",
        sentences=(
            (
                Run(text="Entre la ronda 14 y la 26, "),
                Run(text="la carga de trabajo empeoró y la presión subió.", style=RunStyle.STRONG),
            ),
        )
        if spanish
        else (
            (
                Run(text="From wave 14 to wave 26 workload "),
                Run(text="became harder to carry while pressure rose", style=RunStyle.STRONG),
                Run(text=" from 40 to 76."),
            ),
            (Run(text="One team alone has too few waves to tell whether the two are linked."),),
        ),
        caution="Una asociación, no una causa. Las dos pueden seguir a otra cosa, como el fin de año."
        if spanish
        else "An association, not a cause. Both may follow from something else, such as the end of the year.",
    )


def section(item: Trace, texts: tuple[str, ...], language: str = "en") -> ScaleSection:
    """The lines of one scale: the whole and its items."""
    latest = item.latest
    rows = []
    for place, text in enumerate(("Todas las preguntas" if language == "es" else "All questions", *texts)):
        shown: Cell = latest
        if isinstance(latest, Value) and place:
            shown = cell(latest.mean + (0.3 if place % 2 else -0.3), 0.5)
        value = shown if isinstance(shown, Value) else None
        to = " a " if language == "es" else " to "
        rows.append(
            ScaleRow(
                code=f"{item.code}-{place}",
                label=text,
                is_item=place > 0,
                cell=shown,
                value_text=figure(value.mean, language) if value else "",
                range_text=figure(value.low, language) + to + figure(value.high, language) if value else "",
                favourable_text=("40 a 60 %" if language == "es" else "40 to 60 %") if value else "",
                response_text="75 to 90 %",
                marks=(
                    RulerMark(kind=MarkKind.PARENT, value=3.1, label="dept 3.1"),
                    RulerMark(kind=MarkKind.YEAR, value=3.6, label="year 3.6"),
                )
                if not place and language == "en"
                else (),
            )
        )
    return ScaleSection(
        code=item.code,
        name=item.name,
        direction=item.direction,
        chip=item.chip,
        note="Steady over the year, as far as the data can tell." if language == "en" else "Estable durante el año.",
        rows=tuple(rows),
    )


ITEMS = {
    "workload": ("My workload is reasonable.",),
    "clarity": ("I know what is expected of me on the job.", "I know how my work relates to our product's goals."),
    "motivation": ("My work gives me a feeling of personal accomplishment.",),
    "energy": ("My work leaves me with enough energy for the rest of my day.",),
    "safety": ("I think it is safe to challenge the way things are done in my team.",),
}
METHOD = (
    (
        "The survey",
        "Six statements, five options each, five scales. A scale is the mean of its statements; an answer sheet counts if at least half of them are answered.",
    ),
    (
        "Likely range",
        "A 95 % interval. For a team this small it is widened for the size of the team and steadied by the spread seen in all teams. It covers chance, not people who chose not to answer.",
    ),
    (
        "Verdicts",
        "Each scale is compared with its own waves before, by a straight line with a memory for moods. A change is reported if chance alone would show one like it in fewer than 1 of 20 such reports, all scales counted together. Otherwise the verdict is no detectable change. The data cannot tell; it does not mean that nothing moved.",
    ),
    (
        "Roadmap pressure",
        "Seven parts, each scored from 0 to 100, where 50 is usual. The range gives the lowest and highest index under other weightings. Only work items are read. No person's output, hours or messages.",
    ),
    (
        "What is kept about answers",
        "Sums over groups of 5 or more. When the survey closed, the single answers were destroyed. No name, no address, no time of day, no device.",
    ),
    (
        "What is never shown",
        "Any figure about fewer than 5 people, and any figure from which such a figure could be worked out together with other figures, reports or waves.",
    ),
    (
        "What we cannot rule out",
        "In a small team people may guess. Please do not try to find out who answered what. If you think a person can be recognised, tell the steward: a release can be withdrawn.",
    ),
    (
        "Words to use, and to avoid",
        "Say “the team's average fell”, not “three people are unhappy”. Say “went with”, not “led to”.",
    ),
)
PROVENANCE = Provenance(
    data_cutoff=dt.datetime(2026, 11, 16, 18, 0, tzinfo=dt.UTC),
    data_cutoff_text="16 Nov 2026, 18:00",
    program="0.1.0",
    method="1",
    instrument="pulse-1",
    policy="1",
    fingerprint_words="caballero adaptable admirable staccato camembert ranchero gourmet similar",
    fingerprint_hex="7f3a91c204be5d1e8a602b97c3d411f87f3a91c204be5d1e8a602b97c3d411f8",
    mode="promise",
    mode_text="Promise: the server sealed the answers on arrival.",
)
WAVE = WaveFacts(
    slug="2026-w45",
    label="wave 26",
    opened_on=LAST,
    closed_on=dt.date(2026, 11, 16),
    released_on=RELEASED.date(),
    dates_text="Wave 26, 2 to 16 November 2026. Released 19 November",
)
