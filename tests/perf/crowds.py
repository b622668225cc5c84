"""What the usual rules leak and the crowd rule does not, at four sizes, and the seconds that plan and audit take.

Run ``python -m tests.perf.crowds``. Companies are made up: teams of 3 to 15 people, leaders of 3 to 9 teams or units,
70 % answer. Three rules decide which teams have figures of their own; every unit above always has some:

* hide n<5: a team with fewer than five answers is hidden;
* next smallest: as above, and where one team under a leader is hidden the next smallest is hidden too;
* crowds: the product's own count.

An isolated group is what is left of a unit when the published parts inside it are taken away, if that is 1 to 4 people.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reports.disclosure.tree_audit import audit_tree
from reports.services.pages import published
from surveys.crowds.counting import CountPlan, merge_at_count
from surveys.crowds.planning import plan_crowds
from surveys.crowds.shapes import Crowd, Unit
from tests.support.optimum import answers, children_of, sample_company, upwards

K = 5
Counts = Mapping[str, int]
Parents = Mapping[str, str | None]
Rule = Callable[[Parents, Counts], frozenset[str]]


@dataclass
class Leak:
    """What one rule did over some waves."""

    own: int = 0
    teams: int = 0
    groups: int = 0
    people: int = 0
    single: int = 0
    hit: set[str] = field(default_factory=set)


def hide_small(parents: Parents, counts: Counts) -> frozenset[str]:
    """Return the teams shown under the usual rule."""
    return frozenset(key for key, count in counts.items() if count >= K)


def hide_two(parents: Parents, counts: Counts) -> frozenset[str]:
    """Return the teams shown where nobody is hidden alone under a leader."""
    shown = set(hide_small(parents, counts))
    for below in children_of(parents).values():
        teams = [key for key in below if key in counts]
        hidden = [key for key in teams if key not in shown]
        if len(hidden) == 1 and len(teams) > 1:
            shown.discard(min((key for key in teams if key in shown), key=lambda key: (counts[key], key)))
    return frozenset(shown)


def atoms(parents: Parents, counts: Counts, shown: frozenset[str]) -> list[tuple[int, list[str]]]:
    """Return what every unit leaves when the shown teams and units inside it are taken away, and who that is."""
    children = children_of(parents)
    return [
        (sum(counts[key] for key in hidden), hidden)
        for key in upwards(parents)
        if children[key] and (hidden := [each for each in children[key] if each in counts and each not in shown])
    ]


def of_crowds(parents: Parents, counts: Counts) -> tuple[CountPlan, list[tuple[int, list[str]]]]:
    """Return the product's crowds and its atoms, which are the crowds."""
    plan = merge_at_count(
        [Crowd(label=key, units=(key,), home=key, invited=counts[key] + 1) for key in counts], parents, counts, k=K
    )
    assert isinstance(plan, CountPlan)
    return plan, [(crowd.invited, list(crowd.units)) for crowd in plan.crowds]


def add(leak: Leak, own: int, found: Sequence[tuple[int, list[str]]], counts: Counts) -> None:
    """Add one wave to the account of a rule."""
    small = [(size, who) for size, who in found if 0 < size < K]
    leak.own += own
    leak.teams += len(counts)
    leak.groups += len(small)
    leak.people += sum(size for size, _ in small)
    leak.single += sum(size == 1 for size, _ in small)
    leak.hit.update(key for _, who in small for key in who)


def table(teams: int, waves: int) -> None:
    """Print the leaks of the three rules for one size."""
    parents, invited = sample_company(teams, 7)
    invited = {key: number for key, number in invited.items() if key.startswith("t")}
    leaks = {"hide n<5": Leak(), "next smallest": Leak(), "crowds": Leak()}
    for wave in range(waves):
        counts = answers(invited, 1000 * teams + wave)
        for name, rule in (("hide n<5", hide_small), ("next smallest", hide_two)):
            shown = rule(parents, counts)
            add(leaks[name], len(shown), atoms(parents, counts, shown), counts)
        plan, found = of_crowds(parents, counts)
        add(leaks["crowds"], sum(len(crowd.units) == 1 for crowd in plan.crowds), found, counts)
    for name, leak in leaks.items():
        print(
            f"| {teams:>6,} | {waves:>2} | {name:<13} | {leak.own / leak.teams:6.1%} | {leak.groups:>6,} "
            f"| {leak.people:>6,} | {leak.single:>4,} | {len(leak.hit) / teams:6.1%} |"
        )


def seconds(teams: int, repeats: int) -> None:
    """Print what planning, the merge at the count and the tree audit take, as medians."""
    parents, invited = sample_company(teams, 7)
    units = [Unit(key=key, parent=parent, name=key) for key, parent in parents.items()]
    people = {f"{key}-{place}": key for key, number in invited.items() for place in range(number)}
    counts = answers(invited, 7)
    plan = plan_crowds(units, people)
    cast = {crowd.label: sum(counts[key] for key in crowd.units) for crowd in plan.crowds}
    final = merge_at_count(plan.crowds, parents, cast, k=K)
    assert isinstance(final, CountPlan)
    pages = published(final.crowds, parents, {})
    sizes = {crowd.label: crowd.invited for crowd in final.crowds}

    def median(deed: Callable[[], object]) -> float:
        taken = []
        for _ in range(repeats):
            began = time.process_time()
            deed()
            taken.append(time.process_time() - began)
        return statistics.median(taken)

    print(f"\n{teams:,} teams in {len(parents):,} units, {len(people):,} people invited, {len(final.crowds):,} crowds")
    print(f"plan from people   {median(lambda: plan_crowds(units, people)):.3f} s")
    print(f"merge at the count {median(lambda: merge_at_count(plan.crowds, parents, cast, k=K)):.3f} s")

    def audit() -> None:
        account = audit_tree(units=parents, published=pages, crowds=sizes, answers=sum(sizes.values()), k=K)
        assert account.passed

    print(f"tree audit         {median(audit):.3f} s")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teams", type=int, nargs="*", default=[10, 100, 1_000, 10_000])
    parser.add_argument("--waves", type=int, default=52)
    asked = parser.parse_args()
    print(
        "| teams  | waves | rule | teams with a report of their own | groups of 1 to 4 | people | single | teams hit |"
    )
    for teams in asked.teams:
        table(teams, 1)
        table(teams, asked.waves)
    seconds(max(asked.teams), 5)


if __name__ == "__main__":
    main()
