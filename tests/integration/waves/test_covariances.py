"""The covariances of questions in a release: under its checksum, seen by the auditors, absent where rules say so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest
from sqlalchemy import text

from app.installation import Installation
from reports.disclosure.policy import LEAST_VARIANCE, n_band
from reports.errors import ReleaseRefused
from reports.models import ReleasedCovariance, ReleasedCrowd, ReleasedMoment
from reports.services import auditing
from reports.services import release as release_service
from reports.store import released_rows, releases
from surveys.enums import BallotMode
from surveys.instruments.schema import Instrument
from surveys.models.totals import Moment
from tests.support import journey
from tests.support.journey import OpenWave

PAIR = ("task-expected", "vision-goals")
"""The two questions of the only scale of the pulse with more than one."""


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the crowds for large ones where moments are made up; what they prove has tests of its own below."""
    monkeypatch.setattr(release_service, "_least_answers", lambda _shape: 10_000)


def counted(inst: Installation, moments: Mapping[tuple[str, str], tuple[int, float]]) -> OpenWave:
    """A counted wave whose declared moments are replaced by these: by pair the number of answers and the value."""
    journey.company(inst)
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied())
    journey.close_wave(inst, wave)
    with inst.database.transaction() as session:
        session.execute(text("DELETE FROM moment"))
        for (one, other), (n, value) in moments.items():
            session.add(Moment(wave=wave.slug, scope="", measure=one, other=other, n=n, value=value))
    return wave


def released(inst: Installation, moments: Mapping[tuple[str, str], tuple[int, float]]) -> list[tuple[object, ...]]:
    """Release such a wave and return the covariances that stand there."""
    wave = counted(inst, moments)
    journey.release_wave(inst, wave)
    with inst.database.reading() as session:
        assert auditing.audit_wave(session, wave=wave.slug).passed
        rows = session.query(ReleasedCovariance).all()
        return [(row.wave, row.measure, row.other, row.n_low, row.covariance) for row in rows]


def of(variance: float, covariance: float, *, n: int = 240) -> dict[tuple[str, str], tuple[int, float]]:
    return {(PAIR[0], ""): (n, variance), (PAIR[1], ""): (n, variance), PAIR: (n, covariance)}


def test_a_covariance_is_released_with_the_band_of_its_answers(inst: Installation) -> None:
    assert released(inst, of(1.1, 0.42)) == [("pulse-1", *PAIR, 235, 0.42)]


@pytest.mark.parametrize(
    "moments",
    [
        of(1.1, 0.42, n=199),
        of(0.45, 0.2),
        {PAIR: (240, 0.4)},
        of(1.0, 1.0),
        {**of(1.1, 0.42), ("clarity", ""): (240, 0.45)},
        {**of(1.1, 0.42), ("clarity", ""): (240, 1.1)},
    ],
    ids=["too few answers", "a spread at the floor", "no variance", "alike", "the scale at the floor", "all alike"],
)
def test_what_the_rules_do_not_let_out_is_not_released(
    inst: Installation, moments: dict[tuple[str, str], tuple[int, float]]
) -> None:
    assert released(inst, moments) == []


def test_the_checksum_covers_them_and_a_change_is_seen(inst: Installation) -> None:
    wave = counted(inst, of(1.1, 0.42))
    journey.release_wave(inst, wave)
    with inst.database.transaction() as session:
        session.execute(text("UPDATE released_covariance SET covariance = 0.43"))
    with inst.database.reading() as session, pytest.raises(ReleaseRefused, match="not those that were released"):
        auditing.check_released(session, [wave.slug])


def test_rows_that_no_rule_lets_out_are_seen_under_any_checksum(inst: Installation) -> None:
    wave = counted(inst, of(1.1, 0.42))
    journey.release_wave(inst, wave)
    with inst.database.transaction() as session:
        session.execute(text("UPDATE released_covariance SET covariance = 1.1"))
    with inst.database.reading() as session:
        found = releases.find_release(session, wave.slug)
        assert found is not None
        forged = released_rows.stored_checksum(session, found)
    with inst.database.transaction() as session:
        session.execute(text("UPDATE release SET sha256 = :sha"), {"sha": forged})
        session.execute(text("UPDATE ledger_entry SET sha256 = :sha"), {"sha": forged})
    with inst.database.reading() as session, pytest.raises(ReleaseRefused, match="tells more than the rules let out"):
        auditing.check_released(session, [wave.slug])


def test_a_release_from_before_there_were_any_keeps_its_checksum_and_may_not_get_some(inst: Installation) -> None:
    wave = counted(inst, of(1.1, 0.42))
    journey.release_wave(inst, wave)
    with inst.database.transaction() as session:
        session.execute(text("DELETE FROM released_covariance"))
        found = releases.find_release(session, wave.slug)
        assert found is not None
        assert found.audit["covers"] == 7
        found.audit = {**found.audit, "covers": 6}
    with inst.database.reading() as session:
        found = releases.find_release(session, wave.slug)
        assert found is not None
        older = released_rows.stored_checksum(session, found)
        assert older != found.sha256
    with inst.database.transaction() as session:
        session.execute(text("UPDATE release SET sha256 = :sha"), {"sha": older})
        session.execute(text("UPDATE ledger_entry SET sha256 = :sha"), {"sha": older})
    with inst.database.reading() as session:
        assert auditing.audit_wave(session, wave=wave.slug).passed
        variances = {row.measure: row.variance for row in session.query(ReleasedMoment)}
        assert variances == {PAIR[0]: 1.1, PAIR[1]: 1.1}
    with inst.database.transaction() as session:
        session.add(ReleasedCovariance(wave=wave.slug, measure=PAIR[0], other=PAIR[1], n_low=235, covariance=0.1))
    with inst.database.reading() as session:
        assert not auditing.audit_wave(session, wave=wave.slug).passed


TWENTY: journey.Teams = {journey.ROOT: (None, 5), **{f"t{number:02}": (journey.ROOT, 10) for number in range(20)}}
"""205 people in 21 crowds, of which the bands leave open whether anybody stayed away."""


@pytest.mark.parametrize("absent", [(), (journey.member("t03", 2),)], ids=["everybody", "all but one"])
def test_that_everybody_answered_is_not_told_by_the_answers_behind_a_moment(
    inst: Installation, monkeypatch: pytest.MonkeyPatch, absent: tuple[str, ...]
) -> None:
    """To say "205 answers and more" of 205 people, or that there are covariances at all, would tell it of all."""
    monkeypatch.undo()
    journey.company(inst, TWENTY, mode=BallotMode.PROMISE)

    def mixed(email: str, asked: Instrument) -> journey.Answers | None:
        if email in absent:
            return None
        return {code: 1 + hashlib.sha256(f"{email}{code}".encode()).digest()[0] % 5 for code in asked.item_codes}

    journey.hold_wave(inst, mixed)
    with inst.database.reading() as session:
        bands = [(row.n_low, row.n_high) for row in session.query(ReleasedCrowd)]
        assert sum(high for _, high in bands) == 205
        proven = sum(low for low, _ in bands)
        assert {row.n_low for row in session.query(ReleasedMoment)} == {n_band(proven).low}
        assert session.query(ReleasedCovariance).all() == []


FIFTY: journey.Teams = {
    journey.ROOT: (None, 0),
    "t0": (journey.ROOT, 9),
    **{f"t{number}": (journey.ROOT, 10) for number in (1, 2, 3, 4)},
}
"""Fifty people in crowds of which the bands leave open whether anybody stayed away."""


@pytest.mark.parametrize("absent", [(), (journey.member("t3", 2),)], ids=["everybody", "all but one"])
def test_that_fifty_of_fifty_answered_is_not_told_by_a_variance(
    inst: Installation, monkeypatch: pytest.MonkeyPatch, absent: tuple[str, ...]
) -> None:
    """A variance is counted from 50 answers on, so that of 50 people its presence alone would tell that all came."""
    monkeypatch.undo()
    journey.company(inst, FIFTY, mode=BallotMode.PROMISE)

    def varied(email: str, asked: Instrument) -> journey.Answers | None:
        if email in absent:
            return None
        return {code: 1 + hashlib.sha256(f"{email}{code}".encode()).digest()[0] % 5 for code in asked.item_codes}

    journey.hold_wave(inst, varied)
    with inst.database.reading() as session:
        assert bool(session.query(Moment).all()) == (not absent)
        bands = [(row.n_low, row.n_high) for row in session.query(ReleasedCrowd)]
        assert sum(low for low, _ in bands) < 50 == sum(high for _, high in bands)
        assert session.query(ReleasedMoment).all() == []


def test_a_real_count_of_people_who_answer_two_questions_alike_does_not_show_it(
    inst: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever knew one answer of a person would know the other; the difference is never shown below the floor."""
    monkeypatch.undo()
    journey.company(inst, {journey.ROOT: (None, 1), "ant": (journey.ROOT, 215)}, mode=BallotMode.PROMISE)

    def alike(email: str, asked: Instrument) -> journey.Answers:
        return dict.fromkeys(asked.item_codes, 1 + sum(email.encode()) % 5)

    journey.hold_wave(inst, alike)
    with inst.database.reading() as session:
        exact = {(row.measure, row.other): row.value for row in session.query(Moment)}
        shown = {row.measure: row.variance for row in session.query(ReleasedMoment)}
        assert exact[PAIR] == exact[PAIR[0], ""] == exact[PAIR[1], ""] == exact["clarity", ""]
        assert session.query(ReleasedCovariance).all() == []
        assert 2 * (shown[PAIR[0]] + shown[PAIR[1]]) - 4 * shown["clarity"] >= LEAST_VARIANCE
