"""With whom answers are counted stands on the answer page before the first question: joint crowds, whole company."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from surveys.ballots import links
from tests.e2e.phone import Phone
from tests.integration.web.world import World
from tests.support import journey

pytestmark = pytest.mark.slow

Begin = Callable[[journey.Teams, str], Phone]


@pytest.fixture
def begin(make_world: Callable[..., World], page: Page) -> Iterator[Begin]:
    """Open a wave for an organisation and the page of a member of a team."""
    ends: list[Callable[[], None]] = []

    def make(teams: journey.Teams, team: str) -> Phone:
        world = make_world()
        journey.company(world.inst, teams)
        wave = journey.open_wave(world.inst)
        world.now = wave.opens_at
        server = make_server("127.0.0.1", 0, world.app, threaded=True)
        world.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        ends.extend((server.shutdown, thread.join, server.server_close))
        link = journey.link_of(world.inst, wave.codes[journey.member(team, 1)])
        phone = Phone(world, page)
        phone.open(f"{world.address}/answer#{links.fragment(link)}")
        return phone

    yield make
    for end in ends:
        end()


def test_two_teams_that_are_counted_together_are_both_named(begin: Begin) -> None:
    phone = begin(journey.SIX_TEAMS, "dog")
    phone.reads(
        "Your answers are counted together with those of your group, Team cat and Team dog: 10 people are asked."
    )
    phone.reads("If too few of you answer, they are counted together with a neighbouring group")
    expect(phone.page.get_by_text("comment")).to_have_count(0)
    expect(phone.page.get_by_text("about you")).to_have_count(0)


def test_a_whole_company_is_told_that_it_is_one_group(begin: Begin) -> None:
    phone = begin(journey.TWO_TEAMS, "ant")
    phone.reads("12 people are asked, the whole organisation in one group. Leaders are among them.")
    phone.reads("If fewer than 5 answer, nothing is published and the answers are destroyed.")
    expect(phone.page.get_by_text("counted together with those of your group")).to_have_count(0)
