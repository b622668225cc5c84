"""Attack 15: vote twice: take a second paper, spend one paper elsewhere, have an edited ballot counted too."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import select, text

from app import lifecycle
from app.installation import Installation
from surveys.ballots import client, links
from surveys.ballots.sealing import Opener, unpad
from surveys.ballots.wire import decode64, encode64
from surveys.models.ballots import Ballot
from surveys.services import invitations, papers
from surveys.store import ballots as ballot_store
from surveys.store import totals
from surveys.store import waves as wave_store
from tests.attacks import account
from tests.attacks.people import sealed_company
from tests.attacks.voters import Voter, build_app, links_of, served, voters_of
from tests.support import journey
from tests.support.journey import Answers, OpenWave

THREADS = 30
REFUSED = b'{"accepted":false}'


@dataclass
class Scene:
    """A served open wave with its voters."""

    inst: Installation
    wave: OpenWave
    http: httpx.Client
    voters: dict[str, Voter]

    def ballots(self, wave: str | None = None) -> list[Ballot]:
        with self.inst.database.reading() as session:
            return list(session.scalars(select(Ballot).where(Ballot.wave == (wave or self.wave.slug))))

    def answers(self, value: int | None = 3) -> Answers:
        return dict.fromkeys(self.wave.instrument.item_codes, value)


@pytest.fixture
def scene(inst: Installation) -> Iterator[Scene]:
    sealed_company(inst, journey.SIX_TEAMS)
    wave = journey.open_wave(inst)
    with (
        served(build_app(inst, lambda: wave.opens_at)) as url,
        httpx.Client(base_url=url, limits=httpx.Limits(max_connections=THREADS)) as http,
    ):
        yield Scene(inst, wave, http, voters_of(inst, wave, http))


def together(deeds: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """Do everything at the same moment."""
    with ThreadPoolExecutor(len(deeds)) as pool:
        return [each.result() for each in [pool.submit(deed) for deed in deeds]]


def counted(scene: Scene) -> int:
    """Close the wave and return how many ballots its totals are about."""
    journey.close_wave(scene.inst, scene.wave)
    with scene.inst.database.reading() as session:
        return totals.find_ballots(session, scene.wave.slug) or 0


def test_weakened_papers_without_a_mark_are_given_out_twice(scene: Scene) -> None:
    """A server that evaluates for whoever has a code, and keeps no mark: one person, two ballots in the totals."""
    others = [journey.member("ant", number) for number in range(1, 8)]
    for email in others:
        scene.voters[email].take_paper()
        assert scene.voters[email].send(scene.answers()).status_code == 200
    greedy = scene.voters[journey.member("bee", 1)]
    offer = greedy.look()
    for _ in range(2):
        draft = client.draw(offer)
        grant = papers.Grant(fingerprint=offer.fingerprint, crowd=offer.crowd.label, blinded=draft.blinded.element)
        reply = papers.evaluate(scene.inst.keys, grant)
        paper = client.take_paper(offer, draft, encode64(reply.element), encode64(reply.proof))
        body = client.ballot(offer, paper, scene.answers())
        assert scene.http.post("/ballots", json=body).status_code == 200
    found = counted(scene)
    account.weakened("15 double spend", f"papers given out without a mark: {found} ballots of {len(others) + 1} people")
    assert found == len(others) + 2


def test_a_second_paper_is_refused_and_the_first_is_given_again(scene: Scene) -> None:
    voter = scene.voters[journey.member("ant", 1)]
    first, again = voter.ask_paper(), voter.ask_paper()
    assert first.status_code == again.status_code == 200
    assert first.json()["element"] == again.json()["element"]
    other = Voter(email=voter.email, link=voter.link, http=scene.http)
    refused = other.ask_paper()
    assert (refused.status_code, refused.json()) == (409, {"refused": "paper-taken"})


def test_a_renewed_link_gives_no_second_paper(scene: Scene) -> None:
    email = journey.member("ant", 1)
    scene.voters[email].take_paper()
    assert scene.voters[email].send(scene.answers()).status_code == 200
    with scene.inst.database.transaction() as session:
        addressee = invitations.renew_link(session, scene.inst.keys, wave=scene.wave.slug, email=email)
    message = lifecycle.message_for(scene.inst, wave=scene.wave.slug, kind="invitation", addressee=addressee)
    renewed = Voter(email=email, link=links.parse(message.link), http=scene.http)
    assert renewed.link.code != scene.voters[email].link.code
    assert renewed.ask_paper().json() == {"refused": "paper-taken"}
    old = Voter(email=email, link=scene.voters[email].link, http=scene.http)
    assert old.ask_paper().json() == {"refused": "unknown-code"}


def test_thirty_requests_at_once_get_one_paper(scene: Scene) -> None:
    voter = scene.voters[journey.member("ant", 2)]
    offer = voter.look()
    rivals = [Voter(email=voter.email, link=voter.link, http=scene.http, offer=offer) for _ in range(THREADS)]
    replies = together([rival.ask_paper for rival in rivals])
    assert sorted(reply.status_code for reply in replies) == [200, *[409] * (THREADS - 1)]
    account.product("15 double spend", f"{scene.inst.database.engine.name}, {THREADS} requests at once: 1 paper")


def test_thirty_repeats_at_once_get_the_same_paper(scene: Scene) -> None:
    voter = scene.voters[journey.member("ant", 2)]
    voter.draft = client.draw(voter.look())
    replies = together([voter.ask_paper] * THREADS)
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["element"] for reply in replies}) == 1


def test_thirty_ballots_at_once_are_one_ballot(scene: Scene) -> None:
    everybody = [scene.voters[journey.member("ant", number)] for number in range(1, 8)]
    for each in everybody:
        each.take_paper()
        assert each.send(scene.answers()).status_code == 200
    voter = scene.voters[journey.member("bee", 1)]
    voter.take_paper()
    bodies = [voter.write(scene.answers(1 + number % 5)) for number in range(THREADS)]
    replies = together([lambda body=body: scene.http.post("/ballots", json=body) for body in bodies])  # type: ignore[misc]
    assert {reply.status_code for reply in replies} == {200}
    assert len(scene.ballots()) == len(everybody) + 1
    found = counted(scene)
    account.product("15 double spend", f"{scene.inst.database.engine.name}, {THREADS} ballots at once: 1 counted")
    assert found == len(everybody) + 1


def test_an_edited_ballot_is_counted_once_with_its_last_answers(scene: Scene) -> None:
    for number in range(1, 8):
        voter = scene.voters[journey.member("ant", number)]
        voter.take_paper()
        assert voter.send(scene.answers(1)).status_code == 200
        assert voter.send(scene.answers(5)).status_code == 200
    assert counted(scene) == 7
    with scene.inst.database.engine.connect() as link:
        kept = link.execute(text("SELECT n, total FROM crowd_total WHERE n > 0")).all()
    assert {n for n, _ in kept} == {7}
    assert {total for _, total in kept} <= {35.0, 7.0, 21.0}  # reversed items turn all fives into all ones


def spoiled(scene: Scene, voter: Voter, other_wave: str) -> dict[str, object]:
    """Ballots that must be refused, by what is wrong with them."""
    body = voter.write(scene.answers())
    crowds = sorted({each.link.crowd for each in scene.voters.values()})
    elsewhere = next(crowd for crowd in crowds if crowd != voter.link.crowd)
    token = decode64(body["token"])
    return {
        "another crowd": {**body, "crowd": elsewhere},
        "an unknown crowd": {**body, "crowd": "nobody"},
        "another wave": {**body, "wave": other_wave},
        "an unknown wave": {**body, "wave": "pulse-99"},
        "an invented paper": {**body, "nonce": encode64(b"\1" * 32)},
        "a bent token": {**body, "token": encode64(bytes([token[0] ^ 1]) + token[1:])},
        "too short a text": {**body, "sealed": encode64(decode64(body["sealed"])[:-1])},
        "a field too many": {**body, "name": "x"},
        "a field too few": {name: value for name, value in body.items() if name != "token"},
        "not base64": {**body, "nonce": "!" * 43},
        "no JSON object": [body],
        "an old paper": {**body, "nonce": encode64(hashlib.sha256(b"old").digest()), "token": encode64(bytes(64))},
    }


def second_wave(scene: Scene) -> str:
    """Close the wave and open the next one, so that papers of the first can be tried in the second."""
    journey.close_wave(scene.inst, scene.wave)
    slug = lifecycle.plan_next(scene.inst, programme=journey.PROGRAMME, now=scene.wave.closes_at, actor="t").slug
    return journey.open_wave(scene.inst, slug).slug


def test_every_refusal_looks_the_same(scene: Scene) -> None:
    voter = scene.voters[journey.member("ant", 3)]
    voter.take_paper()
    replies = {kind: scene.http.post("/ballots", json=body) for kind, body in spoiled(scene, voter, "pulse-2").items()}
    replies["no JSON"] = scene.http.post("/ballots", content=b"{")
    replies["nothing"] = scene.http.post("/ballots")
    assert {(reply.status_code, reply.content) for reply in replies.values()} == {(409, REFUSED)}
    shapes = {
        tuple(sorted((name, value) for name, value in reply.headers.items() if name != "date"))
        for reply in replies.values()
    }
    assert len(shapes) == 1
    assert scene.ballots() == []


def test_a_paper_of_one_wave_buys_nothing_in_the_next(scene: Scene) -> None:
    """The ballot of wave 1 is replayed late, and its paper is tried in wave 2; the refusals are the same bytes."""
    voter = scene.voters[journey.member("ant", 3)]
    voter.take_paper()
    late = voter.write(scene.answers())
    slug = second_wave(scene)
    for body in (late, {**late, "wave": slug}):
        reply = scene.http.post("/ballots", json=body)
        assert (reply.status_code, reply.content) == (409, REFUSED)
    assert scene.ballots(slug) == []
    new = links.parse(links_of(scene.inst, slug)[voter.email])
    assert scene.http.post(
        "/papers", json={"wave": slug, "code": voter.link.code, "blinded": late["nonce"]}
    ).json() in [
        {"refused": "unknown-code"},
        {"refused": "malformed"},
    ]
    assert new.code != voter.link.code
    account.product("15 double spend", f"{scene.inst.database.engine.name}, another crowd or wave, late: one refusal")


def six_and_one(scene: Scene) -> tuple[list[Voter], Answers]:
    """Six people of one crowd answer; returns them, and what the first of them answered."""
    people = [scene.voters[journey.member("ant", number)] for number in range(1, 8)]
    items = scene.wave.instrument.item_codes
    given = {code: 1 + place % 5 for place, code in enumerate(items)}
    for number, each in enumerate(people[:6]):
        each.take_paper()
        assert each.send(given if number == 0 else scene.answers(1 + number % 5)).status_code == 200
    return people, given


def test_a_copied_ballot_does_not_count_its_author_s_answers_twice(scene: Scene) -> None:
    """Somebody who can read the box sends a colleague's ciphertext again under an own paper."""
    people, _ = six_and_one(scene)
    author, thief = people[0], people[6]
    thief.take_paper()
    assert thief.link.crowd == author.link.crowd
    scene.http.post("/ballots", json={**thief.write(scene.answers()), "sealed": author.sent[-1]["sealed"]})
    found = counted(scene)
    account.product(
        "15 double spend", f"{scene.inst.database.engine.name}, a ballot copied by a thief: {found} counted"
    )
    assert found == 6


def test_copies_written_into_the_table_do_not_turn_totals_into_one_person_s_answers(scene: Scene) -> None:
    """Whoever may write to the table, without any key, could let one ciphertext weigh more than all others.

    The average of the crowd then is that person's answer; the order of arrival tells whose ciphertext it is.
    """
    people, given = six_and_one(scene)
    target = people[0]
    copy: dict[str, object] = {"wave": scene.wave.slug, "crowd": target.link.crowd, "ciphertext": target.sealed}
    copies = [{**copy, "nonce_hash": bytes([number]) * 32} for number in range(200)]
    with scene.inst.database.transaction() as session:
        ballot_store.add_ballots(session, copies)
    naive = naive_guess(scene, target)
    assert naive == given
    name = scene.inst.database.engine.name
    account.weakened("15 double spend", f"{name}, 200 copies, each counted: {len(given)} answers of one person read")
    journey.close_wave(scene.inst, scene.wave)
    with scene.inst.database.engine.connect() as link:
        numbers = set(link.scalars(text("SELECT n FROM crowd_total")))
    account.product("15 double spend", f"{name}, 200 copies of one of 6 ballots: n = {numbers}")
    assert numbers == {6}


def naive_guess(scene: Scene, target: Voter) -> Answers:
    """What the averages of a crowd give away where every row that opens is counted, as a careless count would do."""
    with scene.inst.database.reading() as session:
        fingerprint = wave_store.get_wave(session, scene.wave.slug).fingerprint or ""
        sealed = [(row.ciphertext, row.crowd) for row in session.scalars(select(Ballot))]
    opener = Opener(scene.inst.keys.wave_key(scene.wave.slug), fingerprint)
    rows = [unpad(opener.open(content, crowd)).answers for content, crowd in sealed if crowd == target.link.crowd]
    items = scene.wave.instrument.item_codes
    return {code: round(statistics.mean(row[code] or 0 for row in rows)) for code in items}


def test_more_ballots_than_papers_are_told(scene: Scene) -> None:
    """Whoever holds the installation key can invent ballots; that shows in the account of the wave."""
    people = [scene.voters[journey.member("ant", number)] for number in range(1, 8)]
    for each in people:
        each.take_paper()
        assert each.send(scene.answers()).status_code == 200
    offer = people[0].look()
    draft = client.draw(offer)
    grant = papers.Grant(fingerprint=offer.fingerprint, crowd=offer.crowd.label, blinded=draft.blinded.element)
    reply = papers.evaluate(scene.inst.keys, grant)
    paper = client.take_paper(offer, draft, encode64(reply.element), encode64(reply.proof))
    assert scene.http.post("/ballots", json=client.ballot(offer, paper, scene.answers())).status_code == 200
    journey.close_wave(scene.inst, scene.wave)
    assert scene.http.get(f"/waves/{scene.wave.slug}/account.json").json()["is_within_papers"] is False
