"""What an opening fixes and publishes, in each mode, and when it is refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from sqlalchemy import text, update

from app import answer_page, lifecycle
from app.config import Settings
from app.installation import Installation
from surveys.ballots import manifest, trustee
from surveys.enums import BallotMode
from surveys.errors import Refused
from surveys.models.waves import Wave, WaveCrowd, WaveUnit
from surveys.services import programmes
from surveys.services.promises import check_manifest
from surveys.store import answer_files
from surveys.store import waves as wave_store
from tests.support import journey

LOCK = trustee.parse_public(trustee.new_key()[1])


def rows(inst: Installation, table: str) -> int:
    with inst.database.reading() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - names of our own


def promised(inst: Installation, wave: str = "pulse-1") -> dict[str, object]:
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave)
        assert row.fingerprint == manifest.fingerprint(row.manifest or "")
        found = json.loads(row.manifest or "")
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("mode", BallotMode)
def test_every_mode_is_offered_and_named_in_the_manifest(inst: Installation, mode: BallotMode) -> None:
    journey.company(inst, journey.SIX_TEAMS, mode=mode)
    slug = journey.plan_wave(inst)
    journey.open_wave(inst, slug)
    document = promised(inst)
    assert (document["protocol"], document["mode"]) == ("barograph-ballot-3", mode.value)
    assert (document["organisation"], document["timezone"]) == ("Acme", "Europe/Madrid")
    assert (document["second_lock"], document["keys_apart"]) == (None, False)
    assert document["installation"] == inst.keys.public_key_hex()
    is_sealed = mode is BallotMode.SEALED
    assert (document["page_sha256"] is not None) is (document["script_sha256"] is not None) is is_sealed
    assert rows(inst, "invitation") == (0 if mode is BallotMode.CARD else 42)
    assert rows(inst, "card") == (42 if mode is BallotMode.CARD else 0)
    assert inst.keys.has_wave_key(slug)


def test_the_manifest_lists_teams_by_name_and_the_time_to_answer(inst: Installation) -> None:
    journey.company(inst)
    wave = journey.open_wave(inst)
    document = promised(inst)
    crowds = document["crowds"]
    assert isinstance(crowds, list)
    assert [crowd["label"] for crowd in crowds] == sorted(crowd["label"] for crowd in crowds)
    assert sorted(name for crowd in crowds for name in crowd["units"]) == [
        "Team ant", "Team bee", "Team cat", "Team dog", "Team elk",
    ]  # fmt: skip
    assert sum(crowd["invited"] for crowd in crowds) == 42
    assert all(crowd["invited"] >= 5 and not crowd["is_whole_company"] for crowd in crowds)
    seconds = document["seconds"]
    assert isinstance(seconds, dict)
    assert set(seconds) == {"en", "es"}
    assert all(20 < value < 300 for value in seconds.values())
    assert document["instrument"] == {"code": "pulse-1", "sha256": wave_sha(inst, wave.slug)}


def wave_sha(inst: Installation, slug: str) -> str:
    with inst.database.reading() as session:
        return wave_store.get_wave(session, slug).instrument_sha256


def test_a_sealed_wave_keeps_the_answer_page_it_promises(inst: Installation) -> None:
    journey.company(inst)
    journey.open_wave(inst)
    document, page = promised(inst), answer_page.current()
    assert (document["page_sha256"], document["script_sha256"]) == (page.page.sha256, page.script_sha256)
    with inst.database.reading() as session:
        kept = answer_files.find_page(session, "pulse-1")
    assert kept is not None
    assert kept.page == page.page
    assert {file.sha256 for file in kept.files} == {file.sha256 for file in page.files}
    assert all(hashlib.sha256(file.content).hexdigest() == file.sha256 for file in (kept.page, *kept.files))


def test_a_wave_that_opens_beside_another_one_shares_its_page(inst: Installation) -> None:
    journey.company(inst)
    with inst.database.transaction() as session:
        programmes.add_programme(session, journey.facts(slug="other"))
    journey.open_wave(inst)
    old = answer_page.PageFile(
        sha256=hashlib.sha256(b"<p>old").hexdigest(), media_type=answer_files.PAGE_TYPE, content=b"<p>old"
    )
    with inst.database.transaction() as session:  # as if the first wave had been opened by an older version
        script = answer_files.find_page(session, "pulse-1")
        assert script is not None
        answer_files.delete_files(session, "pulse-1")
        answer_files.add_files(session, "pulse-1", (old, *script.files))
    other = lifecycle.plan_next(inst, programme="other", now=journey.START, actor="t").slug
    lifecycle.open_wave(inst, wave=other, now=journey.START, actor="t")
    assert promised(inst, other)["page_sha256"] == old.sha256 != promised(inst)["page_sha256"]


@pytest.mark.parametrize("mode", BallotMode)
def test_a_second_lock_goes_from_the_programme_through_the_plan_into_the_manifest(
    inst: Installation, mode: BallotMode
) -> None:
    journey.company(inst, mode=mode, second_lock=LOCK)
    slug = journey.plan_wave(inst)
    journey.open_wave(inst, slug)
    assert promised(inst)["second_lock"] == LOCK.hex()
    with inst.database.reading() as session:
        assert wave_store.get_wave(session, slug).second_lock == LOCK.hex()


@pytest.mark.parametrize(("url", "is_refused"), [
    ("http://pulse.example", True), ("http://10.0.0.1:8000", True),
    ("https://pulse.example", False), ("http://localhost:8000", False), ("http://127.0.0.1", False),
])  # fmt: skip
def test_sealed_mode_needs_https_or_this_machine(inst: Installation, url: str, is_refused: bool) -> None:
    journey.company(inst)
    slug = journey.plan_wave(inst)
    elsewhere = replace(inst, settings=replace(inst.settings, base_url=url))
    if is_refused:
        with pytest.raises(Refused, match=r"needs HTTPS.*BAROGRAPH_BASE_URL"):
            journey.open_wave(elsewhere, slug)
        assert not inst.keys.has_wave_key(slug)
        assert rows(inst, "invitation") == 0
    else:
        journey.open_wave(elsewhere, slug)


@pytest.mark.parametrize("mode", [BallotMode.CARD, BallotMode.PROMISE])
def test_the_other_modes_work_without_https(inst: Installation, mode: BallotMode) -> None:
    journey.company(inst, mode=mode)
    elsewhere: Settings = replace(inst.settings, base_url="http://pulse.example")
    journey.open_wave(replace(inst, settings=elsewhere))


@pytest.mark.parametrize(
    ("name", "value"),
    [("log_statement", "'mod'"), ("log_min_duration_statement", "0"), ("log_parameter_max_length_on_error", "-1")],
)
def test_no_wave_opens_on_a_server_that_logs_statements(inst: Installation, name: str, value: str) -> None:
    if inst.database.is_sqlite:
        pytest.skip("an SQLite file has no server")
    journey.company(inst)
    slug = journey.plan_wave(inst)
    order = f"ALTER DATABASE {inst.database.engine.url.database}"
    with inst.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"{order} SET {name} = {value}"))
    inst.database.dispose()
    with pytest.raises(Refused, match=f"{name} = .*ALTER DATABASE") as caught:
        journey.open_wave(inst, slug)
    assert not inst.keys.has_wave_key(slug)
    remedy = str(caught.value).partition("run: ")[2].partition(" Then")[0]
    with inst.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for each in remedy.split(";")[:-1]:
            connection.execute(text(each))
    inst.database.dispose()
    journey.open_wave(inst, slug)


def test_the_next_manifest_names_the_one_before(inst: Installation) -> None:
    journey.company(inst)
    first = journey.open_wave(inst)
    journey.close_wave(inst, first)
    second = journey.plan_wave(inst, now=first.closes_at)
    journey.open_wave(inst, second)
    with inst.database.reading() as session:
        assert promised(inst, second)["previous"] == wave_store.get_wave(session, first.slug).fingerprint


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (update(Wave).values(second_lock=LOCK.hex()), "second_lock"),
        (update(Wave).values(mode="promise"), "mode"),
        (update(Wave).values(k=6), "k"),
        (update(WaveUnit).where(WaveUnit.unit == "ant").values(name="Ants"), "crowds"),
        (update(WaveCrowd).values(is_whole_company=True), "crowds"),
        (update(WaveCrowd).where(WaveCrowd.label == "ant").values(units=["ant", "bee"]), "crowds"),
    ],
    ids=["lock", "mode", "k", "name of a team", "whole company", "teams of a crowd"],
)
def test_what_is_forced_while_a_wave_is_open_stops_its_count(inst: Installation, statement: object, what: str) -> None:
    journey.company(inst)
    wave = journey.open_wave(inst)
    with inst.database.reading() as session:
        check_manifest(session, wave_store.get_wave(session, wave.slug))
    with inst.database.transaction() as session:
        assert session.execute(statement).rowcount  # type: ignore[call-overload]
    with pytest.raises(Refused, match=rf"no longer says what its manifest promised \({what}\)"):
        journey.close_wave(inst, wave)
