"""A released wave with tokens of every kind, read in this process."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from surveys.services import tokens
from surveys.services.tokens import Scope
from tests.integration.web.world import World, make_world, mode, released, settings, world

__all__ = ["make_world", "mode", "released", "settings", "world"]

HR, AUDITOR = "hr@larkfield.example", "auditor@larkfield.example"


@dataclass
class Program:
    """A program with a token that reads from the application."""

    world: World
    secret: str
    token: str

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask for a list or an address; names of headers are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        address = path if path.startswith("/") else f"/api/v1/{path}"
        bearer = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        return self.world.app.test_client(use_cookies=False).get(address, headers={**bearer, **sent})

    def rows(self, path: str, **headers: str) -> list[dict[str, object]]:
        """All rows of a list, page after page."""
        found: list[dict[str, object]] = []
        following: str | None = path
        while following is not None:
            answer = self.get(following, **headers)
            assert answer.status_code == 200, answer.text
            found += answer.json["data"]
            following = answer.json["next"]
        return found


def program(world: World, *scopes: Scope, email: str = HR, days: int = 90) -> Program:
    """Make a token and return the program that has it."""
    with world.inst.database.transaction() as session:
        made = tokens.add_token(
            session, email=email, name="Power BI", scopes=scopes, days=days, now=world.now, actor="test"
        )
    return Program(world=world, secret=made.secret, token=made.id)


@pytest.fixture
def analyst(released: World) -> Program:
    """A program of an HR analyst that may read results and segments."""
    return program(released, Scope.RESULTS, Scope.SEGMENTS)


@pytest.fixture
def stranger(released: World) -> Program:
    """A program without a token."""
    return Program(world=released, secret="", token="")


@pytest.fixture
def later(released: World) -> dt.datetime:
    """An instant after the life of a token of 90 days."""
    return released.now + dt.timedelta(days=90)
