"""Turns what is about to be published and the counts behind it into an account of whether anybody is singled out.

Written from the rule and not from the planner of crowds, and it imports nothing of it. Published groups cut the people
into atoms, the sets that no published group tells apart; sums and differences of published figures are made of whole
atoms. In a tree an atom is a unit minus the largest published units inside it. One pass over the published sets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from reports.disclosure.policy import K_DEFAULT, check_k
from surveys.i18n import Message, mark

_NAMED = 5
"""Failures named one by one; the rest of a long list helps nobody."""

REMEDY = mark(
    "Nothing may be released like this, and nothing of it is visible. Groups that could be joined were joined already. "
    "Run the step again. If it is refused again, withdraw the wave."
)
"""What a steward can do where an auditor refuses."""


@dataclass(frozen=True, kw_only=True)
class AuditAccount:
    """The outcome for a steward; ``smallest`` is the smallest group that can be computed (0: none) and stays inside."""

    passed: bool
    lines: tuple[Message, ...]
    smallest: int


@dataclass(frozen=True, kw_only=True)
class _Finding:
    line: Message
    passed: bool


def audit_tree(
    *,
    units: Mapping[str, str | None],
    published: Mapping[str, Collection[str]],
    crowds: Mapping[str, int],
    answers: int,
    k: int = K_DEFAULT,
) -> AuditAccount:
    """Check one wave before its release.

    ``units`` maps every unit to its parent, ``published`` every unit that gets figures to the crowds they cover,
    ``crowds`` every crowd to its number of answers, and ``answers`` is the number of ballots counted. It passes where
    the tree is sound, the crowds hold every answer once, every crowd has at least ``k`` answers (an unpublished one may
    be empty), and no published unit minus units published inside it leaves 1 to ``k`` - 1 people.
    """
    check_k(k)
    atoms = _atoms(published, crowds)
    sizes = [size for size, _ in atoms if size > 0]
    findings = [
        *_check_tree(units, published, crowds),
        _check_partition(crowds, answers),
        *_check_crowds(published, crowds, k),
        *_check_atoms(published, crowds, atoms, k),
    ]
    passed = all(finding.passed for finding in findings)
    lines = [finding.line for finding in findings]
    if not passed:
        lines.append(Message(REMEDY))
    return AuditAccount(passed=passed, lines=tuple(lines), smallest=min(sizes, default=0))


def _atoms(published: Mapping[str, Collection[str]], crowds: Mapping[str, int]) -> list[tuple[int, tuple[str, ...]]]:
    """Return answers and covering units of every atom; unknown crowds count as empty."""
    covered_by: dict[str, list[str]] = defaultdict(list)
    for unit in sorted(published):
        for crowd in set(published[unit]):
            covered_by[crowd].append(unit)
    sizes: dict[tuple[str, ...], int] = defaultdict(int)
    for crowd, covering in covered_by.items():
        sizes[tuple(covering)] += crowds.get(crowd, 0)
    return sorted((size, covering) for covering, size in sizes.items())


def _check_tree(
    units: Mapping[str, str | None], published: Mapping[str, Collection[str]], crowds: Mapping[str, int]
) -> list[_Finding]:
    strange = sorted(unit for unit in published if unit not in units)
    lost = sorted(parent for parent in set(units.values()) if parent is not None and parent not in units)
    unknown = sorted({crowd for covered in published.values() for crowd in covered if crowd not in crowds})
    found = []
    if strange or lost:
        names = _names([*strange, *lost])
        found.append(
            _Finding(line=Message("These units are not in the tree: {names}.", {"names": names}), passed=False)
        )
    if unknown:
        names = _names(unknown)
        line = Message("These crowds are published and were never counted: {names}.", {"names": names})
        found.append(_Finding(line=line, passed=False))
    circle = _circle(units)
    if circle:
        line = Message("The unit {unit} lies inside itself.", {"unit": circle})
        found.append(_Finding(line=line, passed=False))
    return found


def _circle(units: Mapping[str, str | None]) -> str:
    """Return a unit on a circle of parents, or nothing; every unit is walked once."""
    done: set[str] = set()
    for start in units:
        path: set[str] = set()
        unit: str | None = start
        while unit is not None and unit not in done:
            if unit in path:
                return unit
            path.add(unit)
            unit = units.get(unit)
        done |= path
    return ""


def _check_partition(crowds: Mapping[str, int], answers: int) -> _Finding:
    if sum(crowds.values()) == answers and all(count >= 0 for count in crowds.values()):
        return _Finding(line=Message("Every answer is in exactly one crowd."), passed=True)
    return _Finding(line=Message("The crowds do not hold every counted answer exactly once."), passed=False)


def _check_crowds(published: Mapping[str, Collection[str]], crowds: Mapping[str, int], k: int) -> list[_Finding]:
    shown = {crowd for covered in published.values() for crowd in covered}
    small = sorted(crowd for crowd, count in crowds.items() if count < k and (count or crowd in shown))
    if not small:
        return [_Finding(line=Message("Every crowd has at least {k} answers.", {"k": k}), passed=True)]
    line = Message("These crowds have fewer than {k} answers: {names}.", {"k": k, "names": _names(small)})
    return [_Finding(line=line, passed=False)]


def _check_atoms(
    published: Mapping[str, Collection[str]],
    crowds: Mapping[str, int],
    atoms: list[tuple[int, tuple[str, ...]]],
    k: int,
) -> list[_Finding]:
    small = [(size, covering) for size, covering in atoms if 0 < size < k]
    if not small:
        line = Message("No unit minus units inside it leaves fewer than {k} people.", {"k": k})
        return [_Finding(line=line, passed=True)]
    totals = {unit: sum(crowds.get(crowd, 0) for crowd in set(covered)) for unit, covered in published.items()}
    found = []
    for size, covering in small[:_NAMED]:
        unit = min(covering, key=lambda name: (totals[name], name))
        values = {"unit": unit, "k": k}
        if totals[unit] == size:
            line = Message("The figures of {unit} are about fewer than {k} people.", values)
        else:
            line = Message("The figures of {unit} minus those inside it are about fewer than {k} people.", values)
        found.append(_Finding(line=line, passed=False))
    return found


def _names(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
