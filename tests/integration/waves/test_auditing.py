"""The auditors around a release on both databases: crowds joined where one asks for it, refusals, and changed rows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence

import pytest
from sqlalchemy import text

from app import lifecycle
from app.installation import Installation
from app.jobs import nightly_audit
from app.jobs.due import due_jobs
from app.mail import Letter, MailDeferred
from reports.disclosure import wave_audit
from reports.disclosure.smallest import Outcome, Verdict, smallest_inferable
from reports.errors import ReleaseRefused
from reports.services import auditing, last_results, leader_report
from reports.services import release as release_service
from reports.store import released_rows, releases
from surveys.crowds import counting
from surveys.crowds.shapes import Crowd
from surveys.enums import BallotMode, Role
from surveys.errors import Refused
from surveys.services import promises, staff, tally
from surveys.store import accounts, totals
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.journey import HeldWave, OpenWave

TEAMS: journey.Teams = {
    journey.ROOT: (None, 1),
    "north": (journey.ROOT, 1),
    "ant": ("north", 12),
    "bee": ("north", 12),
    "south": (journey.ROOT, 1),
    "cat": ("south", 12),
    "dog": ("south", 12),
}
SEVEN_OF_ANT = [journey.member("ant", number) for number in range(1, 8)]
"""Without them six people answer in the crowd of ant, among them those who lead above it."""

K = 7


def planner_with_a_fault(
    crowds: Sequence[Crowd], parents: Mapping[str, str | None], counts: Mapping[str, int], *, k: int
) -> counting.CountPlan | counting.TooFewAnswers:
    """Leave crowds of 5 and 6 answers alone although the wave promised 7."""
    assert k == K
    return counting.merge_at_count(crowds, parents, counts, k=5)


def counted_with_a_fault(inst: Installation, monkeypatch: pytest.MonkeyPatch) -> OpenWave:
    """Hold a wave up to its count in which one crowd is smaller than was promised."""
    journey.company(inst, TEAMS, k=K, mode=BallotMode.PROMISE)
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied(absent=SEVEN_OF_ANT))
    with monkeypatch.context() as patch:
        patch.setattr(tally, "merge_at_count", planner_with_a_fault)
        patch.setattr(release_service, "check_count", lambda *_, **__: ())
        journey.close_wave(inst, wave)
    return wave


def final_labels(inst: Installation, wave: str) -> dict[str, str | None]:
    with inst.database.reading() as session:
        return {row.label: row.final_label for row in wave_store.list_crowds(session, wave)}


def stored_counts(inst: Installation, wave: str) -> dict[str, int]:
    with inst.database.reading() as session:
        return {row.crowd: row.ballots for row in totals.list_counts(session, wave)}


def test_a_crowd_too_small_is_joined_with_those_of_its_unit_and_the_others_stay(
    inst: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = counted_with_a_fault(inst, monkeypatch)
    before = stored_counts(inst, wave.slug)
    small = [label for label, ballots in before.items() if ballots < K]
    assert small == ["ant"]
    account = journey.release_wave(inst, wave)
    assert account.audit is not None
    assert account.audit.passed
    assert len(account.joined) == 1
    after = stored_counts(inst, wave.slug)
    assert min(after.values()) >= K
    assert sum(after.values()) == sum(before.values())
    labels = final_labels(inst, wave.slug)
    assert labels["ant"] == labels["bee"] == account.joined[0]
    assert (labels["cat"], labels["dog"]) == ("cat", "dog")
    with inst.database.reading() as session:
        shown = {record.crowd: record for record in releases.list_crowd_records(session, [wave.slug])}
        assert set(shown) == set(after)
        assert {"ant", "bee"} <= set(shown[account.joined[0]].units)
        found = releases.find_release(session, wave.slug)
        assert found is not None
        assert found.audit["joined"] == list(account.joined)
        auditing.check_released(session, [wave.slug])


def test_joined_totals_are_sums_and_what_a_part_has_no_row_of_has_none(
    inst: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = counted_with_a_fault(inst, monkeypatch)
    with inst.database.reading() as session:
        before = {(row.crowd, row.measure): row for row in totals.list_totals(session, wave.slug)}
    measures = sorted(measure for crowd, measure in before if crowd == "bee")
    # Six answers of ant are fewer than 7: its sums were not kept, so no sum of both can be.
    assert not [measure for crowd, measure in before if crowd == "ant"]
    joined = journey.release_wave(inst, wave).joined[0]
    with inst.database.reading() as session:
        after = {(row.crowd, row.measure) for row in totals.list_totals(session, wave.slug)}
        record = next(each for each in releases.list_crowd_records(session, [wave.slug]) if each.crowd == joined)
    assert not [measure for crowd, measure in after if crowd == joined]
    assert {cell.reason_code for measure, cell in record.cells.items() if measure in measures} == {"too_few_for_cut"}
    assert {measure for crowd, measure in after if crowd == "cat"}


def test_sums_of_crowds_that_both_have_them_are_added(inst: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    journey.company(inst, TEAMS, mode=BallotMode.PROMISE)
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied())
    journey.close_wave(inst, wave)
    with inst.database.reading() as session:
        before = {(row.crowd, row.measure): row for row in totals.list_totals(session, wave.slug)}
        session.expunge_all()

    def slow_for_north(groups: Mapping[str, Sequence[str]], cells: Mapping[str, int], **rest: object) -> Outcome:
        late = {"ant", "bee"} <= set(cells)
        return Outcome(verdict=Verdict.UNPROVEN) if late else smallest_inferable(groups, cells, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(wave_audit, "smallest_inferable", slow_for_north)
    joined = journey.release_wave(inst, wave).joined[0]
    parts = [label for label, final in final_labels(inst, wave.slug).items() if final == joined]
    assert {"ant", "bee"} <= set(parts)
    with inst.database.reading() as session:
        after = {row.measure: row for row in totals.list_totals(session, wave.slug) if row.crowd == joined}
        for measure, row in after.items():
            own = [before[part, measure] for part in parts]
            assert (row.n, row.favourable) == (sum(each.n for each in own), sum(each.favourable for each in own))
            assert row.total == pytest.approx(sum(each.total for each in own))
    assert after


def test_where_joining_does_not_help_the_release_is_refused_and_nothing_of_it_is_visible(
    inst: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = counted_with_a_fault(inst, monkeypatch)
    before = stored_counts(inst, wave.slug), final_labels(inst, wave.slug)
    unproven = Outcome(verdict=Verdict.UNPROVEN)
    with monkeypatch.context() as patch:
        patch.setattr(wave_audit, "smallest_inferable", lambda *_, **__: unproven)
        with pytest.raises(ReleaseRefused, match=r"For north it was not proven in time.*withdraw the wave"):
            journey.release_wave(inst, wave)
    assert (stored_counts(inst, wave.slug), final_labels(inst, wave.slug)) == before
    with inst.database.engine.connect() as link:
        for table in ("release", "released_crowd", "released_cell", "ledger_entry"):
            assert link.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608 - names of our own
    assert not journey.release_wave(inst, wave).already_released


def test_the_auditors_run_in_the_transaction_of_the_count(inst: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    wave = counted_with_a_fault(inst, monkeypatch)
    with inst.database.transaction() as session:
        joined = release_service.check_count(session, wave=wave.slug)
    assert len(joined) == 1
    assert min(stored_counts(inst, wave.slug).values()) >= K
    unproven = Outcome(verdict=Verdict.UNPROVEN)
    monkeypatch.setattr(wave_audit, "smallest_inferable", lambda *_, **__: unproven)
    with (
        pytest.raises(ReleaseRefused, match=r"was not counted.*not proven"),
        inst.database.transaction() as session,
    ):
        release_service.check_count(session, wave=wave.slug)


def test_a_strict_wave_is_clipped_by_six_heads_and_its_manifest_says_so(inst: Installation) -> None:
    journey.company(inst, TEAMS, mode=BallotMode.PROMISE, is_strict=True)
    held = journey.hold_wave(inst, journey.everybody(5))
    assert release_service.thresholds(strict=True)["clip_heads"] == 6
    assert release_service.thresholds()["clip_heads"] == 3
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, held.wave.slug)
        assert json.loads(row.manifest or "")["thresholds"]["clip_heads"] == 6
        with pytest.raises(Refused, match="clip_heads"):
            promises.check_thresholds(row, release_service.thresholds())
        cells = next(iter(released_rows.read_cells(session, held.wave.slug, ["cat"])))
    assert cells.value == 4.2  # 8 to 11 answers: 5 - 6/8, moved inwards to the step


@pytest.fixture
def held(inst: Installation) -> HeldWave:
    journey.company(inst, TEAMS, mode=BallotMode.PROMISE)
    return journey.hold_wave(inst, journey.varied())


def change(inst: Installation, statement: str) -> None:
    """Change rows as somebody with access to the database does."""
    with inst.database.transaction() as session:
        assert session.execute(text(statement)).rowcount  # type: ignore[attr-defined]


CHANGES: dict[str, str] = {
    "a figure": """UPDATE released_cell SET cell = replace(cell, '"exact"', '">="') WHERE crowd = 'ant'""",
    "a figure less": "DELETE FROM released_cell WHERE crowd = 'ant' AND measure = "
    "(SELECT min(measure) FROM released_cell WHERE crowd = 'ant')",
    "a band": "UPDATE released_crowd SET n_low = n_low + 1 WHERE crowd = 'ant'",
    "who does not see a crowd": "UPDATE released_crowd SET hidden_from = '[]', units = '[\"ant\"]' WHERE crowd = 'bee'",
    "a crowd more": "INSERT INTO released_crowd SELECT wave, 'x', home, units, invited, response, 1, 2, "
    "is_whole_company, hidden_from FROM released_crowd WHERE crowd = 'ant'",
    "the checksum": "UPDATE release SET sha256 = '00'",
    "its place in the ledger": "UPDATE ledger_entry SET subject = 'pulse-9'",
    "what the checksum covers": """UPDATE release SET audit = replace(audit, '"covers"', '"coveys"')""",
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_release_that_was_changed_is_not_shown(inst: Installation, held: HeldWave, what: str) -> None:
    with inst.database.reading() as session:
        assert auditing.audit_wave(session, wave=held.wave.slug).passed
    change(inst, CHANGES[what])
    with inst.database.reading() as session:
        with pytest.raises(ReleaseRefused, match=f"Nothing of wave {held.wave.slug} is shown"):
            auditing.check_released(session, [held.wave.slug])
        with pytest.raises(ReleaseRefused):
            leader_report.load_batch(session)
        with pytest.raises(ReleaseRefused):
            leader_report.find_frozen(session, unit="ant", wave=held.wave.slug, language="en")
        assert not auditing.audit_wave(session, wave=held.wave.slug).passed


def test_rows_forged_throughout_still_fail_by_what_they_say(inst: Installation, held: HeldWave) -> None:
    """Checksum and ledger fit again, as the operator can make them; the crowd of two is found."""
    change(inst, "UPDATE released_crowd SET n_low = 2 WHERE crowd = 'ant'")
    with inst.database.reading() as session:
        found = releases.find_release(session, held.wave.slug)
        assert found is not None
        forged = released_rows.stored_checksum(session, found)
    change(inst, f"UPDATE release SET sha256 = '{forged}'")  # noqa: S608 - a checksum of our own
    change(inst, f"UPDATE ledger_entry SET sha256 = '{forged}'")  # noqa: S608 - a checksum of our own
    with inst.database.reading() as session:
        with pytest.raises(ReleaseRefused, match="fewer than 5"):
            auditing.check_released(session, [held.wave.slug])
        assert [unit.unit for unit in _account(session, held.wave.slug).failing] == ["north"]


FORGED = {
    "a step": "UPDATE released_cell SET cell = replace(cell, '0.2', '0.7')",
    "a unit": """UPDATE released_crowd SET home = 'nowhere', units = '["nowhere"]' WHERE crowd = 'cat'""",
}


@pytest.mark.parametrize("what", FORGED)
def test_rows_forged_into_what_no_release_can_hold_fail_like_others(inst: Installation, what: str) -> None:
    """An auditor that breaks off would leave the other waves of the night unseen."""
    journey.company(inst, {**TEAMS, "ant": ("north", 5), "bee": ("north", 5)}, mode=BallotMode.PROMISE)
    wave = journey.hold_wave(inst, journey.varied())
    slug = wave.wave.slug
    change(inst, FORGED[what])
    with inst.database.reading() as session:
        found = releases.find_release(session, slug)
        assert found is not None
        forged = released_rows.stored_checksum(session, found)
    change(inst, f"UPDATE release SET sha256 = '{forged}'")  # noqa: S608 - a checksum of our own
    change(inst, f"UPDATE ledger_entry SET sha256 = '{forged}'")  # noqa: S608 - a checksum of our own
    with inst.database.reading() as session:
        assert [failing for failing, _ in auditing.failing_waves(session)] == [slug]
        with pytest.raises(ReleaseRefused):
            auditing.check_released(session, [slug])


def _account(session: object, wave: str) -> wave_audit.WaveAccount:
    found = auditing.audit_wave(session, wave=wave)  # type: ignore[arg-type]
    assert found.account is not None
    return found.account


def test_a_wave_that_passed_is_looked_at_again_after_a_while(
    inst: Installation, held: HeldWave, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inst.database.reading() as session:
        auditing.check_released(session, [held.wave.slug])
    change(inst, CHANGES["a band"])
    with inst.database.reading() as session:
        auditing.check_released(session, [held.wave.slug])  # remembered
        monkeypatch.setattr(auditing, "KEPT_SECONDS", 0.0)
        with pytest.raises(ReleaseRefused):
            auditing.check_released(session, [held.wave.slug])


def test_members_of_the_next_wave_see_nothing_of_a_changed_release(inst: Installation, held: HeldWave) -> None:
    second = journey.open_wave(inst)
    find: Callable[[], object] = lambda: _last(inst, second.slug)  # noqa: E731 - a name for one line
    assert find() is not None
    change(inst, CHANGES["a figure"])
    auditing._passed.clear()
    assert held.wave.slug == "pulse-1"
    assert find() is None


def _last(inst: Installation, wave: str) -> object:
    with inst.database.reading() as session:
        return last_results.find_last_results(session, wave=wave, crowd="ant")


def test_a_wave_that_is_not_released_lets_nothing_out(inst: Installation) -> None:
    journey.company(inst, TEAMS, mode=BallotMode.PROMISE)
    wave = journey.open_wave(inst)
    with inst.database.reading() as session, pytest.raises(ReleaseRefused, match="is not released"):
        auditing.check_released(session, [wave.slug])


def test_a_withdrawn_wave_lets_nothing_out_although_it_passed_a_moment_ago(inst: Installation, held: HeldWave) -> None:
    """An export chooses its waves first and reads them one by one, each in a transaction of its own."""
    with inst.database.reading() as session:
        auditing.check_released(session, [held.wave.slug])
    now = held.wave.releases_at + dt.timedelta(hours=1)
    lifecycle.withdraw_wave(inst, wave=held.wave.slug, reason="Wrong questions.", now=now, actor="s@acme.example")
    with inst.database.reading() as session, pytest.raises(ReleaseRefused, match="is not released"):
        auditing.check_released(session, [held.wave.slug])


def test_the_account_shows_no_band_that_the_release_does_not_show(inst: Installation, held: HeldWave) -> None:
    """Everybody answered: 12 of 12 are shown as "8 to 12", and the account may not say "12 to 19"."""
    with inst.database.reading() as session:
        shown = {(each.n_low, each.n_high) for each in releases.list_crowd_records(session, [held.wave.slug])}
        of_totals = release_service.audit_totals(session, wave=held.wave.slug)
    assert of_totals is not None
    with inst.database.transaction() as session:
        tally.forget_totals(session, wave=held.wave.slug)
    with inst.database.reading() as session:
        of_rows = _account(session, held.wave.slug)
    for account in (of_totals, of_rows):
        assert {(unit.n_low, unit.n_high) for unit in account.units} <= shown


class Post:
    """Takes letters, or defers all of them."""

    def __init__(self, *, defers: bool = False) -> None:
        self.letters: list[Letter] = []
        self.defers = defers

    def send(self, letter: Letter) -> None:
        if self.defers:
            raise MailDeferred("no")
        self.letters.append(letter)

    def close(self) -> None:
        pass


def test_every_night_all_releases_are_audited_and_the_outcome_is_noted(inst: Installation, held: HeldWave) -> None:
    night = held.wave.releases_at + dt.timedelta(days=1)
    assert not audit_is_due(inst, held.wave.releases_at + dt.timedelta(minutes=5))
    assert audit_is_due(inst, night)
    assert nightly_audit.audit_releases(inst, now=night, actor="schedule", post=Post())
    assert not audit_is_due(inst, night + dt.timedelta(minutes=5))
    assert audit_is_due(inst, night + dt.timedelta(days=1))
    with inst.database.reading() as session:
        event = accounts.list_audit_events(session)[-1]
        assert (event.action, event.detail) == (nightly_audit.ACTION, {"failing": []})


def audit_is_due(inst: Installation, now: dt.datetime) -> bool:
    with inst.database.reading() as session:
        return any(job.kind == "audit" for job in due_jobs(session, now))


@pytest.mark.parametrize("defers", [False, True])
def test_a_night_that_finds_a_fault_notes_it_and_writes_to_the_steward(
    inst: Installation, held: HeldWave, defers: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with inst.database.transaction() as session:
        staff.grant_role(session, email="s@acme.example", role=Role.STEWARD, team=None, name="S", language="en")
    with inst.database.reading() as session:
        auditing.check_released(session, [held.wave.slug])
    change(inst, CHANGES["a figure"])
    post = Post(defers=defers)
    night = held.wave.releases_at + dt.timedelta(days=1)
    assert not nightly_audit.audit_releases(inst, now=night, actor="schedule", post=post)
    assert "pulse-1: The stored figures of wave pulse-1 are not those" in caplog.text
    with inst.database.reading() as session:
        assert accounts.list_audit_events(session)[-1].detail == {"failing": ["pulse-1"]}
        with pytest.raises(ReleaseRefused):  # although it had passed a moment ago
            auditing.check_released(session, [held.wave.slug])
    assert [(letter.to, "wave audit pulse-1" in letter.text) for letter in post.letters] == (
        [] if defers else [("s@acme.example", True)]
    )


def test_the_account_names_units_and_outlives_the_totals(inst: Installation, held: HeldWave) -> None:
    with inst.database.reading() as session:
        first = auditing.audit_wave(session, wave=held.wave.slug)
    with inst.database.transaction() as session:
        totals.delete_totals(session, held.wave.slug)
    with inst.database.reading() as session:
        second = auditing.audit_wave(session, wave=held.wave.slug)
    assert dataclasses.asdict(first) == dataclasses.asdict(second)
    assert first.names["north"] == "Team north"
    assert first.account is not None
    assert {unit.unit for unit in first.account.units} >= {"north", "south"}
