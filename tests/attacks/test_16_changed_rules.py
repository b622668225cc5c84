"""Attack 16: change the rules after the opening: k, questions, mode, crowds, who leads where, second lock, times.

In the database before the count or before the release, and in the program.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import lifecycle
from app.installation import Installation
from reports.disclosure import policy
from surveys.ballots import client, manifest
from surveys.enums import BallotMode
from surveys.errors import Refused
from surveys.services import programmes, promises, questionnaires, tally
from surveys.store import waves as wave_store
from tests.attacks import account
from tests.attacks.people import sealed_company
from tests.attacks.voters import Voter, build_app, served, voters_of
from tests.support import journey
from tests.support.journey import OpenWave

K = 7
"""The rule of this wave; the attacker would like 5."""


@dataclass
class Scene:
    """An open wave with k = 7 in which everybody but one has answered."""

    inst: Installation
    wave: OpenWave
    voters: dict[str, Voter]
    http: httpx.Client
    last: Voter


@pytest.fixture
def scene(inst: Installation) -> Iterator[Scene]:
    sealed_company(inst, journey.SIX_TEAMS, k=K)
    wave = journey.open_wave(inst)
    with served(build_app(inst, lambda: wave.opens_at)) as url, httpx.Client(base_url=url) as http:
        voters = voters_of(inst, wave, http)
        last = voters[journey.member("bee", 1)]
        last.take_paper()
        journey.cast_all(inst, wave, journey.varied(absent=[last.email]))
        yield Scene(inst, wave, voters, http, last)


def run(inst: Installation, statement: str, **values: object) -> None:
    """Change a row as somebody with access to the database does."""
    with inst.database.transaction() as session:
        assert session.execute(text(statement), values).rowcount  # type: ignore[attr-defined]


def other_questions(inst: Installation, slug: str) -> None:
    """Put other words into the questionnaire of the wave and leave its hash as it is."""
    with inst.database.reading() as session:
        sha256 = wave_store.get_wave(session, slug).instrument_sha256
        document = wave_store.get_instrument_document(session, sha256)
    items = cast("list[dict[str, dict[str, str]]]", document["items"])
    items[0]["text"]["en"] += " Really?"
    changed = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    run(inst, "UPDATE instrument_version SET document = :new WHERE sha256 = :sha256", new=changed, sha256=sha256)


CHANGES: dict[str, Callable[[Installation, str], None]] = {
    "k": lambda inst, slug: run(inst, "UPDATE wave SET k = 5 WHERE slug = :slug", slug=slug),
    "mode": lambda inst, slug: run(inst, "UPDATE wave SET mode = 'promise' WHERE slug = :slug", slug=slug),
    "second lock": lambda inst, slug: run(
        inst, "UPDATE wave SET second_lock = :key WHERE slug = :slug", key="22" * 32, slug=slug
    ),
    "another questionnaire": lambda inst, slug: run(
        inst,
        "UPDATE wave SET instrument_sha256 = (SELECT min(sha256) FROM instrument_version WHERE sha256 <> "
        "wave.instrument_sha256) WHERE slug = :slug",
        slug=slug,
    ),
    "other words of the questions": other_questions,
    "invited of a crowd": lambda inst, slug: run(
        inst, "UPDATE wave_crowd SET invited = invited + 1 WHERE wave = :slug", slug=slug
    ),
    "label of a crowd": lambda inst, slug: run(
        inst,
        "UPDATE wave_crowd SET label = label || '-x' WHERE wave = :slug AND label = "
        "(SELECT min(label) FROM wave_crowd WHERE wave = :slug)",
        slug=slug,
    ),
    "a crowd less": lambda inst, slug: run(
        inst,
        "DELETE FROM wave_crowd WHERE wave = :slug AND label = (SELECT min(label) FROM wave_crowd WHERE wave = :slug)",
        slug=slug,
    ),
    "teams of a crowd": lambda inst, slug: run(
        inst, "UPDATE wave_crowd SET units = '[]' WHERE wave = :slug", slug=slug
    ),
    "name of a team": lambda inst, slug: run(
        inst, "UPDATE wave_unit SET name = 'Other' WHERE wave = :slug AND unit = 'ant'", slug=slug
    ),
    "who leads in a crowd": lambda inst, slug: run(
        inst, "UPDATE wave_crowd SET leads = '[]', receiving = '[]' WHERE wave = :slug", slug=slug
    ),
    "home of a crowd": lambda inst, slug: run(
        inst, "UPDATE wave_crowd SET home = home || '-x' WHERE wave = :slug", slug=slug
    ),
    "team above a team": lambda inst, slug: run(
        inst, "UPDATE wave_unit SET parent = 'bee' WHERE wave = :slug AND unit = 'ant'", slug=slug
    ),
    "crowd of a team": lambda inst, slug: run(
        inst, "UPDATE wave_unit SET crowd = 'bee' WHERE wave = :slug AND unit = 'ant'", slug=slug
    ),
    "people of a team": lambda inst, slug: run(
        inst, "UPDATE wave_unit SET invited = invited + 1 WHERE wave = :slug AND unit = 'ant'", slug=slug
    ),
    "changes of a team": lambda inst, slug: run(
        inst, "UPDATE wave_unit SET joined = joined + 1 WHERE wave = :slug AND unit = 'ant'", slug=slug
    ),
    "close": lambda inst, slug: run(inst, "UPDATE wave SET closes_at = opens_at WHERE slug = :slug", slug=slug),
    "manifest": lambda inst, slug: run(
        inst,
        "UPDATE wave SET manifest = replace(manifest, :old, :new) WHERE slug = :slug",
        old='"k":7',
        new='"k":5',
        slug=slug,
    ),
}


def prepare(scene: Scene, what: str) -> None:
    """Change one thing after the opening."""
    if what == "another questionnaire":
        run(
            scene.inst,
            "INSERT INTO instrument_version (sha256, code, document) SELECT :sha256, 'pulse-2', document "
            "FROM instrument_version WHERE code = 'pulse-1'",
            sha256="0" * 64,
        )
    CHANGES[what](scene.inst, scene.wave.slug)
    questionnaires._parsed.clear()  # the count runs in a process of its own, which has read nothing yet


@pytest.mark.parametrize("what", CHANGES)
def test_a_wave_whose_rules_were_changed_is_not_counted(scene: Scene, what: str) -> None:
    prepare(scene, what)
    try:
        with pytest.raises(Refused) as refused:
            journey.close_wave(scene.inst, scene.wave)
    finally:
        questionnaires._parsed.clear()
    with scene.inst.database.engine.connect() as link:
        assert link.scalar(text("SELECT count(*) FROM crowd_total")) == 0
    account.product("16 changed rules", f"{what}: not counted")
    assert scene.wave.slug in str(refused.value)


HIDING = ("who leads in a crowd", "home of a crowd", "team above a team", "people of a team")


@pytest.mark.parametrize("what", HIDING)
def test_a_wave_of_which_it_was_changed_who_sees_it_is_not_released(scene: Scene, what: str) -> None:
    journey.close_wave(scene.inst, scene.wave)
    CHANGES[what](scene.inst, scene.wave.slug)
    with pytest.raises(Refused, match="structure_sha256"):
        journey.release_wave(scene.inst, scene.wave)
    with scene.inst.database.engine.connect() as link:
        assert link.scalar(text("SELECT count(*) FROM released_crowd")) == 0
    account.product("16 changed rules", f"{what}: not released")


RULES: dict[str, tuple[object, str, object]] = {
    "spread_minimum": (policy, "SPREAD_MINIMUM", 5),
    "policy": (policy, "POLICY_VERSION", "0"),
    "variance_from": (promises, "MOMENTS", {"variance_from": 5, "covariance_from": 200}),
    "covariance_from": (promises, "MOMENTS", {"variance_from": 50}),
}


@pytest.mark.parametrize("what", RULES)
@pytest.mark.parametrize("step", ["count", "release"])
def test_a_program_with_other_rules_takes_no_step_with_the_wave(
    scene: Scene, what: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade under an open wave, or constants that somebody made looser; the first version may go on."""
    if step == "release":
        journey.close_wave(scene.inst, scene.wave)
    with monkeypatch.context() as patch:
        patch.setattr(*RULES[what])
        with pytest.raises(Refused, match=rf"does not have \({what}\).* or withdraw it"):
            (journey.close_wave if step == "count" else journey.release_wave)(scene.inst, scene.wave)
    if step == "count":
        journey.close_wave(scene.inst, scene.wave)
    assert not journey.release_wave(scene.inst, scene.wave).already_released


def test_a_wave_of_another_protocol_is_left_to_the_version_that_opened_it(scene: Scene) -> None:
    with scene.inst.database.transaction() as session:
        forge(scene, session, lambda rules: rules.update(protocol="barograph-ballot-1"))
    with pytest.raises(Refused, match=r"barograph-ballot-1.*the version it was opened with"):
        journey.close_wave(scene.inst, scene.wave)


def test_weakened_without_the_comparison_smaller_groups_are_counted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the attacker wants: a lower k after the promise, and with it groups of fewer people."""
    monkeypatch.setattr(tally, "check_manifest", lambda _session, _row: None)
    prepare(scene, "k")
    assert not journey.close_wave(scene.inst, scene.wave).is_none
    with scene.inst.database.reading() as session:
        assert wave_store.get_wave(session, scene.wave.slug).k == 5
    account.weakened("16 changed rules", "manifest not compared: counted with k = 5 after a promise of 7")


def forge(scene: Scene, session: Session, change: Callable[[dict[str, object]], None]) -> str:
    """Rewrite manifest and fingerprint so that they agree with each other again; returns the new fingerprint."""
    row = wave_store.get_wave(session, scene.wave.slug)
    rules = json.loads(row.manifest or "")
    change(rules)
    forged = json.dumps(rules, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    row.manifest, row.fingerprint, row.k = forged, manifest.fingerprint(forged), rules["k"]
    session.flush()
    return manifest.fingerprint(forged)


def test_rules_forged_throughout_show_as_other_words_and_take_neither_paper_nor_ballot(scene: Scene) -> None:
    with scene.inst.database.reading() as session:
        before = wave_store.get_wave(session, scene.wave.slug).fingerprint or ""
    old = scene.last.write(dict.fromkeys(scene.wave.instrument.item_codes, 3))
    with scene.inst.database.transaction() as session:
        after = forge(scene, session, lambda rules: rules.update(k=5))
    assert manifest.words(after) != manifest.words(before)
    app = build_app(scene.inst, lambda: scene.wave.opens_at)  # after a restart
    with served(app) as url, httpx.Client(base_url=url) as http:
        member = Voter(email=scene.last.email, link=scene.last.link, http=http)
        with pytest.raises(client.Untrusted, match="other rules"):
            member.look()
        member.offer, member.draft = scene.last.offer, scene.last.draft
        # The paper of before is answered under the new fingerprint now, which its holder's proof does not bear.
        reply = member.ask_paper()
        assert reply.status_code == 200
        assert member.offer is not None
        assert member.draft is not None
        with pytest.raises(client.Untrusted, match="may be marked"):
            client.take_paper(member.offer, member.draft, reply.json()["element"], reply.json()["proof"])
        refused = http.post("/ballots", json=old)
        assert (refused.status_code, refused.content) == (409, b'{"accepted":false}')
    account.product("16 changed rules", "manifest and fingerprint forged: other words, paper and ballot refused")


def test_ballots_sealed_under_the_old_rules_do_not_open_under_forged_ones(scene: Scene) -> None:
    with scene.inst.database.transaction() as session:
        forge(scene, session, lambda rules: rules.update(k=5))
    found = journey.close_wave(scene.inst, scene.wave)
    assert found.is_none
    assert found.unreadable == len(scene.voters) - 1
    with scene.inst.database.engine.connect() as link:
        assert link.scalar(text("SELECT count(*) FROM crowd_total")) == 0


def test_no_command_of_the_product_changes_the_rules_of_an_open_wave(scene: Scene) -> None:
    with (
        pytest.raises(Refused, match="open"),
        scene.inst.database.transaction() as session,
    ):
        programmes.change_ballots(session, journey.PROGRAMME, mode=BallotMode.PROMISE, second_lock=None)
    with pytest.raises(Refused):
        lifecycle.open_wave(scene.inst, wave=scene.wave.slug, now=scene.wave.opens_at, actor="t")
    account.product("16 changed rules", "no command changes mode, lock or opening of an open wave")
