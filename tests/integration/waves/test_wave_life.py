"""The life of a wave on both databases: what a whole journey leaves behind."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter

import numpy as np
import pytest
from sqlalchemy import text

from app import lifecycle
from app.installation import Installation
from reports.disclosure.cells import ReleasedCell
from reports.services import hr_export
from reports.services.auditing import audit_wave
from reports.store import releases
from surveys.ballots import manifest
from surveys.enums import WaveStatus
from surveys.errors import NotFound, Refused
from surveys.instruments.scoring import encode_answers, score
from surveys.store import accounts, ballots, totals
from surveys.store import invitations as invitation_store
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.journey import HeldWave, member

Held = tuple[Installation, HeldWave]


def test_every_total_is_the_sum_over_the_people_of_its_crowd(held: Held) -> None:
    inst, wave = held
    people: dict[str, list[str]] = {}
    for email in wave.answers:
        people.setdefault(wave.wave.crowds[email], []).append(email)
    with inst.database.reading() as session:
        counts = {row.crowd: row.ballots for row in totals.list_counts(session, wave.wave.slug)}
        stored = {(row.crowd, row.measure): row for row in totals.list_totals(session, wave.wave.slug)}
        assert counts == {crowd: len(emails) for crowd, emails in people.items()}
        for crowd, emails in people.items():
            rows = np.array([encode_answers(wave.wave.instrument, wave.answers[email]) for email in emails])
            by_hand = score(wave.wave.instrument, rows)
            for place, measure in enumerate(by_hand.measures):
                row = stored.pop((crowd, measure.code))
                assert row.total == pytest.approx(by_hand.values[:, place].sum(), rel=1e-12)
                assert (row.n, row.favourable) == (len(emails), by_hand.favourable[:, place].sum())
    assert stored == {}


def test_a_team_of_four_is_counted_with_a_sister_and_has_no_figure_of_its_own(held: Held) -> None:
    inst, _ = held
    with inst.database.reading() as session:
        records = releases.list_crowd_records(session, ["pulse-1"])
    assert [record.units for record in records if "dog" in record.units] == [("cat", "dog")]


def test_released_cells_are_close_to_the_true_means_and_carry_bands_only(held: Held) -> None:
    inst, _ = held
    with inst.database.reading() as session:
        records = {record.crowd: record for record in releases.list_crowd_records(session, ["pulse-1"])}
        true = {(row.crowd, row.measure): row.total / row.n for row in totals.list_totals(session, "pulse-1")}
    assert len(records) == 4
    items = {item for record in records.values() for item in record.cells} & {code for _, code in true}
    checked = 0
    for record in records.values():
        assert record.n_low < record.n_high
        for code in items:
            cell = record.cells[code]
            assert isinstance(cell, ReleasedCell)
            if cell.qualifier.value == "exact":
                assert cell.low - 1e-9 <= true[record.crowd, code] <= cell.high + 1e-9
                checked += 1
    assert checked > 20


def test_a_counted_wave_holds_no_ballot_no_invitation_and_no_key(held: Held) -> None:
    inst, _ = held
    with inst.database.reading() as session:
        assert ballots.count_ballots(session, "pulse-1") == 0
        assert invitation_store.count_invitations(session, "pulse-1") == 0
        assert session.scalar(text("SELECT count(*) FROM delivery")) == 0
        row = wave_store.get_wave(session, "pulse-1")
        assert None not in {row.key_destroyed_at, row.rewritten_at, row.released_at}
    assert sorted(path.name for path in inst.keys.folder.iterdir()) == ["installation.key"]


def test_the_audit_log_tells_each_step_once_and_names_no_respondent(held: Held) -> None:
    inst, wave = held
    with inst.database.reading() as session:
        events = [(each.action, each.subject, json.dumps(each.detail)) for each in accounts.list_audit_events(session)]
        assert accounts.broken_audit_number(session) is None
    assert [action for action, _, _ in events] == [
        "wave.plan", "wave.open", "wave.close", "wave.count", "wave.key-destroyed", "wave.release",
    ]  # fmt: skip
    assert {subject for _, subject, _ in events} == {"pulse-1"}
    assert not any(email in detail for _, _, detail in events for email in wave.wave.codes)


def test_the_auditors_pass_the_release_again_whenever_asked(held: Held) -> None:
    inst, _ = held
    with inst.database.reading() as session:
        found = audit_wave(session, wave="pulse-1")
    assert found.account is not None
    assert found.passed


def test_the_manifest_names_what_was_promised_and_its_hash_is_the_fingerprint(held: Held) -> None:
    inst, wave = held
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, "pulse-1")
        document = json.loads(row.manifest or "")
        assert row.fingerprint == hashlib.sha256((row.manifest or "").encode()).hexdigest()
    assert (document["wave"], document["k"], document["mode"]) == ("pulse-1", 5, "sealed")
    assert document["previous"] == manifest.NO_PREVIOUS
    assert document["instrument"]["sha256"]
    assert {crowd["label"]: crowd["invited"] for crowd in document["crowds"]} == dict(
        Counter(wave.wave.crowds.values())
    )
    assert document["opens_at"] == "2025-01-06T08:00:00Z"  # 9:00 in Madrid
    assert document["installation"] == inst.keys.public_key_hex()


def test_repeating_any_step_of_a_released_wave_changes_nothing(held: Held) -> None:
    inst, wave = held
    before = _dump(inst)
    assert journey.close_wave(inst, wave.wave).already_counted
    assert journey.release_wave(inst, wave.wave).already_released
    assert _dump(inst) == before


def test_all_totals_of_a_wave_were_written_by_one_transaction(held: Held) -> None:
    inst, _ = held
    if inst.database.is_sqlite:
        pytest.skip("SQLite keeps no transaction numbers")
    with inst.database.reading() as session:
        writers = {
            table: set(session.scalars(text(f"SELECT xmin::text FROM {table}")))  # noqa: S608 - names of our own
            for table in ("crowd_count", "crowd_total", "wave_count")
        }
        people = set(session.scalars(text("SELECT xmin::text FROM person UNION SELECT xmin::text FROM membership")))
    assert len(writers["crowd_total"]) == 1
    assert writers["crowd_count"] == writers["crowd_total"] == writers["wave_count"]
    assert writers["crowd_total"].isdisjoint(people)


def test_ballots_share_no_transaction_with_anything_that_names_a_person(inst: Installation) -> None:
    if inst.database.is_sqlite:
        pytest.skip("SQLite keeps no transaction numbers")
    journey.company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    journey.mail_wave(inst, wave)
    for code in wave.codes.values():
        journey.cast(inst, code, dict.fromkeys(wave.instrument.item_codes, 3), now=wave.opens_at)
    with inst.database.reading() as session:
        cast = set(session.scalars(text("SELECT xmin::text FROM ballot")))
        persons = set(
            session.scalars(
                text("SELECT xmin::text FROM invitation UNION SELECT xmin::text FROM delivery "
                     "UNION SELECT xmin::text FROM person UNION SELECT xmin::text FROM audit_event")
            )
        )  # fmt: skip
    assert len(cast) == len(wave.codes)
    assert cast.isdisjoint(persons)


def test_the_export_holds_every_released_cell_with_checksums_and_an_entry_in_the_ledger(held: Held) -> None:
    inst, wave = held
    with inst.database.transaction() as session:
        files = hr_export.export_files(
            session, waves=None, language="en", file_format="csv", actor="hr@acme.example", now=wave.wave.releases_at
        )
        again = hr_export.export_files(
            session, waves=["pulse-1"], language="en", file_format="csv", actor="hr", now=wave.wave.releases_at
        )
        ledger = [(entry.kind, entry.actor, entry.cells, entry.sha256) for entry in releases.list_ledger(session)]
        session.rollback()
    assert files == again
    rows = files["barograph-cells.csv"].decode("utf-8-sig").splitlines()
    assert len(rows) == 1 + wave.release.cells
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, name = line.split(maxsplit=1)
        assert digest == hashlib.sha256(files[name.lstrip("*")]).hexdigest()
    assert [entry[:3] for entry in ledger] == [
        ("release", journey.ACTOR, wave.release.cells),
        ("export", "hr@acme.example", wave.release.cells),
        ("export", "hr", wave.release.cells),
    ]
    assert ledger[1][3] == ledger[2][3]


@pytest.mark.parametrize(("waves", "file_format"), [(["pulse-9"], "csv"), (None, "exe")])
def test_an_export_of_an_unknown_wave_or_format_is_refused(
    held: Held, waves: list[str] | None, file_format: str
) -> None:
    inst, _ = held
    with inst.database.reading() as session, pytest.raises((NotFound, Refused)):
        hr_export.export_files(
            session, waves=waves, language="en", file_format=file_format, actor="hr", now=journey.START
        )


def test_nothing_is_exported_before_the_first_release(inst: Installation) -> None:
    with inst.database.reading() as session, pytest.raises(NotFound, match="Nothing has been released yet"):
        hr_export.export_files(session, waves=None, language="en", file_format="csv", actor="hr", now=journey.START)


def test_manifests_form_a_chain_and_answers_of_one_wave_do_not_touch_another(inst: Installation) -> None:
    journey.company(inst)
    first = journey.hold_wave(inst, journey.everybody(4))
    second = journey.hold_wave(inst, journey.everybody(2))
    with inst.database.reading() as session:
        rows = {row.slug: row for row in wave_store.list_waves(session, programme=journey.PROGRAMME)}
        assert json.loads(rows["pulse-2"].manifest or "")["previous"] == rows["pulse-1"].fingerprint
        means = {
            slug: {row.total / row.n for row in totals.list_totals(session, slug) if row.measure == "vision-goals"}
            for slug in rows
        }
    assert means == {"pulse-1": {4.0}, "pulse-2": {2.0}}
    assert second.wave.opens_at - first.wave.opens_at == dt.timedelta(days=14)
    assert first.wave.codes.keys() == second.wave.codes.keys()
    assert not set(first.wave.codes.values()) & set(second.wave.codes.values())


def test_fewer_than_k_answers_in_all_are_destroyed_and_the_wave_is_released_as_none(inst: Installation) -> None:
    journey.company(inst)
    held = journey.hold_wave(inst, journey.only([member("ant", number) for number in range(1, 5)]))
    assert (held.count.is_none, held.release.cells) == (True, 0)
    with inst.database.reading() as session:
        assert ballots.count_ballots(session, held.wave.slug) == 0
        assert [totals.list_counts(session, held.wave.slug), totals.list_totals(session, held.wave.slug)] == [[], []]
        row = wave_store.get_wave(session, held.wave.slug)
        assert (row.status, row.is_none) == (WaveStatus.RELEASED, True)
        assert audit_wave(session, wave=held.wave.slug).account is None
        assert releases.list_crowd_records(session, [held.wave.slug]) == []
    assert not inst.keys.has_wave_key(held.wave.slug)


def test_a_team_with_too_few_answers_is_merged_at_the_count_and_stays_so_in_the_next_plan(inst: Installation) -> None:
    journey.company(inst)
    absent = [*(member("elk", number) for number in range(1, 7)), journey.leader("cat"), journey.leader("dog")]
    first = journey.hold_wave(inst, journey.varied(absent=absent))
    with inst.database.reading() as session:
        final = {row.label: row.final_label for row in wave_store.list_crowds(session, "pulse-1")}
        joined = {unit for row in wave_store.list_crowds(session, "pulse-1") for unit in row.units
                  if row.final_label == final["elk"]}  # fmt: skip
        counts = {row.crowd: row.ballots for row in totals.list_counts(session, "pulse-1")}
        records = releases.list_crowd_records(session, ["pulse-1"])
    assert final["elk"] != "elk"
    assert len(joined) > 1
    assert sum(counts.values()) == len(first.answers)
    assert min(counts.values()) >= 5
    assert joined in [set(record.units) for record in records]
    second = journey.open_wave(inst)
    with inst.database.reading() as session:
        planned = [set(row.units) for row in wave_store.list_crowds(session, second.slug)]
    assert any(joined <= units for units in planned)


def test_the_small_organisation_is_one_crowd_and_gets_one_honest_page(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    with inst.database.reading() as session:
        records = releases.list_crowd_records(session, ["pulse-1"])
    assert [(record.is_whole_company, record.invited) for record in records] == [(True, 12)]
    assert records[0].hidden_from == frozenset()


def test_totals_whose_retention_is_over_are_deleted_and_the_release_stays(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    with inst.database.reading() as session:
        before = releases.list_crowd_records(session, ["pulse-1"])
    with inst.database.transaction() as session:
        totals.delete_totals(session, "pulse-1")
    with inst.database.reading() as session:
        for table in ("crowd_count", "crowd_total", "wave_count", "moment"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608 - names of our own
        assert releases.list_crowd_records(session, ["pulse-1"]) == before
        found = audit_wave(session, wave="pulse-1")  # on what was released
        assert found.account is not None
        assert found.passed


def test_a_released_wave_can_be_withdrawn_with_a_reason_and_shows_nothing_then(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    held = journey.hold_wave(inst, journey.varied())
    lifecycle.withdraw_wave(inst, wave="pulse-1", reason=" Wrong list. ", now=held.wave.releases_at, actor="t")
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, "pulse-1")
        assert (row.status, row.withdrawn_reason) == (WaveStatus.WITHDRAWN, "Wrong list.")
        assert hr_export.released_slugs(session) == []
        assert accounts.list_audit_events(session)[-1].action == "wave.withdraw"


def _dump(inst: Installation) -> list[object]:
    """Everything in the tables that a repeated step could touch."""
    tables = ("wave", "wave_crowd", "crowd_total", "crowd_count", "release", "released_cell", "audit_event",
              "ledger_entry")  # fmt: skip
    with inst.database.reading() as session:
        return [sorted(map(str, session.execute(text(f"SELECT * FROM {table}")))) for table in tables]  # noqa: S608
