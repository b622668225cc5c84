"""The plan of two people: every page, command and table is searched for a figure on their pressure.

Against a program that is content with two people the same search finds figures on every page.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from reports.services import pressure, pressure_team
from reports.services.pressure import compute_pressure, show_team
from surveys.services.roadmap import import_roadmap
from tests.attacks import account
from tests.integration.roadmap import conftest as plans
from tests.integration.web.world import World, client, make_world, mode, served, settings, world

__all__ = ["client", "make_world", "mode", "served", "settings", "world"]

PEOPLE = {"ticketing": 4, "payments": 2}
FEW = "payments"
KEY = "PAYMENTS-"
"""Begins the keys of the two people's items."""


def load(world: World) -> None:
    file = plans.plan_of(PEOPLE).file()
    world.now = dt.datetime.combine(plans.END, dt.time(9, tzinfo=dt.UTC))
    with world.inst.database.transaction() as session:
        import_roadmap(session, file, name="plan", file_sha256="0" * 64, now=world.now)
        compute_pressure(session, teams=dict.fromkeys(PEOPLE, "Europe/Madrid"), until=plans.END)


def found(world: World) -> Iterator[str]:
    """Yield where something on the two people's pressure can be read."""
    with world.inst.database.reading() as session:
        rows = session.execute(text("SELECT document FROM pressure_week WHERE team = :team"), {"team": FEW}).scalars()
        if any(set(json.loads(row)) - {"people", "enough"} for row in rows):
            yield "table"
        shown = show_team(session, FEW, people=9)
        if any(week.index is not None or week.parts or week.coverage for week in shown.weeks):
            yield "command"
    for who, path in (
        ("pau", f"/leader/{FEW}/plan"), ("amara", "/leader/larkfield/plan"), ("pau", f"/leader/{FEW}"),
        ("amara", "/leader/larkfield"),
    ):  # fmt: skip
        if KEY in world.signed_in(f"{who}@larkfield.example").get(path).text:
            yield path


def test_nothing_tells_the_pressure_of_two_people(world: World) -> None:
    load(world)
    assert list(found(world)) == []
    with world.inst.database.reading() as session:
        others = show_team(session, "ticketing", people=9)
    assert any(week.index is not None for week in others.weeks), "the search must have something to find"
    account.product("three people", "no figure and no key of two people's work")


def test_weakened_two_people_are_enough(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (pressure, pressure_team):
        if hasattr(module, "MIN_PEOPLE"):
            monkeypatch.setattr(module, "MIN_PEOPLE", 2)
    load(world)
    places = set(found(world))
    assert {"table", "command", f"/leader/{FEW}/plan"} <= places
    account.weakened("three people", "figures in " + ", ".join(sorted(places)))
