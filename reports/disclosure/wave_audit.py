"""Turns the crowds, pages and segment tables of one wave into the account of all auditors, unit by unit.

Three auditors look, none of them by the code that plans crowds: the tree audit over the whole wave, the smallest group
that can be computed for each unit directly under the root, and the range in which a hidden part of a joint crowd must
lie. Beside them the declared covariances are looked at. The same account is made of exact numbers before a release and
of the lower ends of released bands ever after, which finds at least as much.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.intervals import Range, fewest_answers, is_open, narrowest_part
from reports.disclosure.moments import Moments, audit_moments
from reports.disclosure.policy import K_DEFAULT, K_FLOOR, NBand, n_band
from reports.disclosure.smallest import SECONDS, Outcome, Verdict, smallest_inferable
from reports.disclosure.tree_audit import REMEDY, audit_tree
from surveys.i18n import Message, mark

ABOVE = ""
"""Stands for the crowds that reach over several units directly under the root."""

_NAMED = 5
"""Figures named one by one; the rest of a long list helps nobody."""


@dataclass(frozen=True, kw_only=True)
class AuditedCrowd:
    """A crowd: the lowest unit around it, its units with their numbers of invited people, and its answers.

    ``people`` is the number of answers, or the lower end of its released band. ``band`` is how that number is shown
    elsewhere, which depends on how many were invited; an account that showed another band would tell more.
    """

    home: str
    units: Mapping[str, int]
    people: int
    band: NBand | None = None


@dataclass(frozen=True, kw_only=True)
class AuditedTable:
    """An admitted segment table of one unit: by cell the option numbers counted together, and the answers.

    ``options`` are all option numbers of the question, of which those that nobody chose are in no cell; ``people`` the
    answers of the unit, None where only bands are known.
    """

    unit: str
    segment: str
    cells: Mapping[str, Sequence[int]]
    sizes: Mapping[str, int]
    options: Sequence[int]
    people: int | None = None


@dataclass(frozen=True, kw_only=True)
class AuditedWave:
    """What the auditors look at: the frozen tree, who sees which crowds, the crowds, the tables, the ballots in all."""

    parents: Mapping[str, str | None]
    published: Mapping[str, Sequence[str]]
    crowds: Mapping[str, AuditedCrowd]
    answers: int
    tables: Sequence[AuditedTable] = ()
    k: int = K_DEFAULT
    seconds: float = SECONDS
    moments: Moments = field(default_factory=Moments)


@dataclass(frozen=True, kw_only=True)
class UnitAccount:
    """What was found for one unit directly under the root, or for what reaches over several (:data:`ABOVE`).

    ``n_low`` and ``n_high`` are the band of its smallest crowd, None where it fails.
    """

    unit: str
    outcome: Outcome
    crowds: tuple[str, ...]
    n_low: int | None
    n_high: int | None


@dataclass(frozen=True, kw_only=True)
class WaveAccount:
    """The outcome of all auditors; ``lines`` are complete sentences without any number of answers."""

    passed: bool
    lines: tuple[Message, ...]
    units: tuple[UnitAccount, ...]
    tables: tuple[tuple[str, str, int], ...] = field(default=())
    """Unit, segment and number of cells of every segment table."""
    narrowest: float | None = None
    """Points of the narrowest range about a hidden part of a joint crowd; None where none was looked at."""

    @property
    def failing(self) -> tuple[UnitAccount, ...]:
        """The units of which it is not proven that nobody is singled out."""
        return tuple(found for found in self.units if not found.outcome.passed)


def top_units(parents: Mapping[str, str | None]) -> dict[str, str]:
    """Return by unit the unit directly under the root that holds it, :data:`ABOVE` for the root itself.

    A unit on a circle belongs to :data:`ABOVE`; the tree audit finds the circle.
    """
    found: dict[str, str] = {}
    for start in parents:
        path: list[str] = []
        unit = start
        while unit not in found:
            above = parents.get(unit)
            path.append(unit)
            if above is None or above in path:
                found[unit] = ABOVE
            elif parents.get(above) is None:
                found[unit] = unit
            else:
                unit = above
        for passed in path:
            found.setdefault(passed, found[unit])
    return found


def audit_wave(wave: AuditedWave, *, cells: Iterable[ReleasedCell] = ()) -> WaveAccount:
    """Run all auditors over a wave; ``cells`` are the released figures of its crowds, none before they are made."""
    tree = audit_tree(
        units=wave.parents,
        published=wave.published,
        crowds={label: crowd.people for label, crowd in wave.crowds.items()},
        answers=wave.answers,
        k=wave.k,
    )
    units = _audit_units(wave)
    table_lines = [wrong for table in wave.tables if (wrong := _wrong_table(table, wave.k)) is not None]
    narrowest, range_lines = _audit_ranges(wave, cells)
    failed = [_sentence(found, wave.k) for found in units if not found.outcome.passed]
    tree_lines = [line for line in tree.lines if line.text != REMEDY]
    faults = [*failed, *table_lines, *range_lines, *audit_moments(wave.moments)]
    lines = [*tree_lines, *faults]
    passed = tree.passed and not faults
    if passed:
        line = mark("No figures added to or subtracted from one another are about fewer than {k} people.")
        lines.append(Message(line, {"k": wave.k}))
    else:
        lines.append(Message(REMEDY))
    return WaveAccount(
        passed=passed,
        lines=tuple(lines),
        units=units,
        tables=tuple((table.unit, table.segment, len(table.cells)) for table in wave.tables),
        narrowest=narrowest,
    )


def _audit_units(wave: AuditedWave) -> tuple[UnitAccount, ...]:
    """Look for the smallest group under every unit directly below the root.

    Every crowd has figures of its own, so whoever has a page of several units can take away what lies outside this
    one: each page is cut to the crowds inside.
    """
    top = top_units(wave.parents)
    inside: dict[str, list[str]] = defaultdict(list)
    for label in sorted(wave.crowds):
        inside[top.get(wave.crowds[label].home, ABOVE)].append(label)
    unit_of = {label: unit for unit, labels in inside.items() for label in labels}
    groups: dict[str, dict[str, list[str]]] = {unit: {f"crowd {at}": [at] for at in inside[unit]} for unit in inside}
    for page in sorted(wave.published):
        for label in wave.published[page]:
            if label in unit_of:  # the tree audit names the others
                groups[unit_of[label]].setdefault(f"page {page}", []).append(label)
    found = []
    for unit in sorted(inside):
        sizes = {label: max(0, wave.crowds[label].people) for label in inside[unit]}
        outcome = smallest_inferable(groups[unit], sizes, k=wave.k, seconds=wave.seconds)
        band = _smallest_band([wave.crowds[label] for label in inside[unit]], wave.k)
        found.append(
            UnitAccount(
                unit=unit,
                outcome=outcome,
                crowds=tuple(inside[unit]),
                n_low=band.low if band else None,
                n_high=band.high if band else None,
            )
        )
    return tuple(found)


def _smallest_band(crowds: Sequence[AuditedCrowd], k: int) -> NBand | None:
    """Return the lowest of the bands in which the crowds are shown, None where one of them is too small for any."""
    if any(crowd.people < k for crowd in crowds):
        return None
    return min(crowd.band or n_band(crowd.people, k=k) for crowd in crowds)


def _sentence(found: UnitAccount, k: int) -> Message:
    figures = sorted({name.split(" ", 1)[1] for name in found.outcome.example})
    names = ", ".join(figures[:_NAMED]) + (" …" if len(figures) > _NAMED else "")
    if found.outcome.verdict is Verdict.UNPROVEN:
        if not found.unit:
            line = mark("For the crowds over several units it was not proven in time that nobody is singled out.")
            return Message(line)
        return Message("For {unit} it was not proven in time that nobody is singled out.", {"unit": found.unit})
    if not found.unit:
        line = mark("In the crowds over several units these figures together are about fewer than {k} people: {names}.")
        return Message(line, {"k": k, "names": names})
    line = mark("In {unit} these figures together are about fewer than {k} people: {names}.")
    return Message(line, {"unit": found.unit, "k": k, "names": names})


def _wrong_table(table: AuditedTable, k: int) -> Message | None:
    """Look at one segment table by itself: everybody once, every cell of k and more.

    How it crosses crowds and other tables is known at the count alone, where it was admitted.
    """
    held = [option for options in table.cells.values() for option in options]
    is_whole = len(set(held)) == len(held) and set(held) <= set(table.options) and set(table.sizes) == set(table.cells)
    is_all = table.people is None or sum(table.sizes.values()) == table.people
    if is_whole and is_all and all(size >= k for size in table.sizes.values()):
        return None
    line = mark("The table of {unit} by {segment} has cells of fewer than {k} people, or does not hold everybody once.")
    return Message(line, {"unit": table.unit, "segment": table.segment, "k": k})


def _audit_ranges(wave: AuditedWave, cells: Iterable[ReleasedCell]) -> tuple[float | None, list[Message]]:
    """Look at what the figures of a joint crowd tell of the small part that each of its units is.

    Parts of ``K_FLOOR`` and more people are not looked at: a rule for figures of their own would let them out.
    """
    parts = {label: _small_parts(crowd) for label, crowd in wave.crowds.items() if len(crowd.units) > 1}
    narrowest: Range | None = None
    closed: dict[str, None] = {}
    joint: dict[str, list[ReleasedCell]] = {}
    for cell in cells:
        if cell.crowd in parts:
            joint.setdefault(cell.crowd, []).append(cell)
    fewest = {label: fewest_answers(held) for label, held in joint.items()}
    for cell in itertools.chain.from_iterable(joint.values()):
        for people in parts[cell.crowd]:
            found = narrowest_part(cell, people, fewest=fewest[cell.crowd])
            if narrowest is None or found.width < narrowest.width:
                narrowest = found
            if not is_open(cell, found):
                closed[cell.crowd] = None
    line = mark("The figures of {crowd} leave too little open about a team in it that has none of its own.")
    lines = [Message(line, {"crowd": crowd}) for crowd in list(closed)[:_NAMED]]
    return (None if narrowest is None else narrowest.width), lines


def _small_parts(crowd: AuditedCrowd) -> tuple[int, ...]:
    """Return the numbers of people, each at most ``K_FLOOR`` - 1, that the units of a joint crowd can have answers of.

    The largest is the worst: the more of a crowd a part is, the more its figure tells of it.
    """
    most = min(K_FLOOR - 1, max(crowd.units.values()))
    return (most,) if most > 0 else ()
