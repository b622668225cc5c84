"""Lets the programme of the world ask for more than questions from its next wave on: a site, topics and a comment."""

from __future__ import annotations

from surveys.enums import BallotMode
from surveys.services import programmes
from tests.integration.web.world import World
from tests.support import journey

SITE = journey.segment("site", "North", "South", "Harbour")


def ask_more(world: World, mode: BallotMode = BallotMode.SEALED) -> World:
    """Add the segment and the comments; the world has the redactor without whom no wave with comments opens."""
    with world.inst.database.transaction() as session:
        change = programmes.Change(segments=[SITE], has_comments=True)
        programmes.change_ballots(session, "pulse", mode=mode, second_lock=None, change=change)
    return world
