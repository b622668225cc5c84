"""The page of a link for one leader: common figures and their own rows by name, nothing of anybody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.installation import Installation
from reports.codec import decode, encode
from reports.document_link import ForestKind, LinkPage, LinkState
from reports.services import link, link_page
from reports.services.link_record import LinkRecord, RecordRow
from surveys.i18n import translator
from tests.support import journey
from tests.support.filled import World, fill, team
from tests.support.linked import fill_linked

NOW = journey.START + dt.timedelta(days=900)
EN = translator("en")
WORLD = World(teams=8, waves=16, scales=3, seed=2, joint=frozenset({4}))


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    inst = journey.installation(tmp_path_factory.mktemp("leader"))
    fill_linked(inst, WORLD, slope=0.9)
    link.remake_link(inst.database.reading, inst.database.transaction, wave="pulse-16", now=NOW)
    yield inst
    inst.database.dispose()


def page(inst: Installation, unit: str, wave: str = "pulse-16") -> LinkPage:
    with inst.database.reading() as session:
        found = link_page.link_page(session, wave=wave, unit=unit, tr=EN)
    assert found is not None
    return found


def names(found: LinkPage) -> list[str]:
    return [row.name for row in found.forest if row.kind is ForestKind.UNIT]


def test_a_leader_sees_the_common_estimate_and_their_own_slope(linked: Installation) -> None:
    found = page(linked, team(0))
    assert found.state is LinkState.ESTIMATED
    assert found.forest[0].kind is ForestKind.ALL
    assert names(found) == [f"Team {team(0)}"]
    assert {row.kind for row in found.forest} == {ForestKind.ALL, ForestKind.UNIT, ForestKind.REVERSE}
    assert "7 of 7 teams" in " ".join(found.sentences)


def test_no_other_team_is_named_or_keyed_on_it(linked: Installation) -> None:
    plain = str(encode(page(linked, team(0)), LinkPage))
    assert team(0) in plain
    assert not any(team(number) in plain for number in range(1, 8))


def test_teams_counted_together_share_one_line_and_the_top_sees_all_below(linked: Installation) -> None:
    together = f"Team {team(4)} and Team {team(5)}"
    assert names(page(linked, team(4))) == names(page(linked, team(5))) == [together]
    assert len(names(page(linked, "root"))) == 7


def test_a_row_kept_from_the_top_is_not_shown_to_it() -> None:
    rows = tuple(RecordRow(key=key, units=(key,), readers=(key,), kept_from=kept) for key, kept in
                 (("a", ()), ("b", ("top",)), ("c", ("c",))))  # fmt: skip
    record = LinkRecord.__new__(LinkRecord)
    object.__setattr__(record, "rows", rows)
    everything = frozenset({"top", "a", "b", "c"})
    assert link_page.visible_rows(record, "top", everything) == (0, 2)
    assert link_page.visible_rows(record, "c", frozenset({"c"})) == (2,), "its series leaves out hidden waves itself"
    assert link_page.visible_rows(record, "b", frozenset({"b"})) == (1,)


def test_the_strip_counts_every_deal_in_bins_of_equal_width(linked: Installation) -> None:
    strip = page(linked, team(0)).strip
    assert strip is not None
    assert sum(strip.counts) == 1999
    assert strip.own > strip.first + strip.width * len(strip.counts), "ours lies outside what deals gave"


def test_it_is_the_same_whether_stored_or_worked_out(linked: Installation) -> None:
    early = page(linked, team(0), "pulse-9")
    assert early.state is LinkState.TOO_EARLY
    assert early.forest == ()
    assert early.strip is None
    link.remake_link(linked.database.reading, linked.database.transaction, wave="pulse-9", now=NOW)
    assert page(linked, team(0), "pulse-9") == early


def test_it_goes_through_plain_data_and_back(linked: Installation) -> None:
    plain = encode(page(linked, team(0)), LinkPage)
    assert encode(decode(plain, LinkPage), LinkPage) == plain


def test_of_three_teams_each_reads_its_own_frame_only(tmp_path: Path) -> None:
    inst = journey.installation(tmp_path)
    fill_linked(inst, World(teams=3, waves=14, scales=2), slope=0.9)
    found = page(inst, team(1), "pulse-14")
    assert found.state is LinkState.NEVER_HERE
    assert [frame.title for frame in found.frames] == [f"Team {team(1)}"]
    assert len(page(inst, "root", "pulse-14").frames) == 3
    assert not found.forest
    inst.database.dispose()


def test_without_delivery_data_there_is_no_page(tmp_path: Path) -> None:
    inst = journey.installation(tmp_path)
    fill(inst, World(teams=6, waves=2, scales=2))
    with inst.database.reading() as session:
        assert link_page.link_page(session, wave="pulse-2", unit=team(0), tr=EN) is None
    inst.database.dispose()
