"""Attack 23: numbers of answers, response rates, shares and exact means, looked for in everything that is handed out.

Four waves are counted, and copied with other exact totals in place of theirs: other numbers of answers in every crowd,
other sums and favourable counts for every question, all within the released bands and roundings. A place that tells
anything exact, or any function of it, is one at which the two installations differ: in text, drawing, metadata, order
or size of a file.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from app import lifecycle
from app.installation import Installation
from reports.disclosure.policy import FavourableBand, NBand
from surveys.enums import BallotMode
from surveys.instruments.schema import Instrument
from surveys.models.totals import CrowdCount, CrowdTotal
from tests.attacks import account, handed, recount
from tests.attacks.handed import Outputs, Readers
from tests.support import journey
from tests.support.journey import Answers, OpenWave, Teams, Ticked

pytestmark = pytest.mark.slow

ATTACK = "23 rates and counts"
Pair = tuple[Installation, Installation]
WAVES = 4
UNITS = (journey.ROOT, "north", "n3", "ant", "cat")
TEAMS: Teams = {
    journey.ROOT: (None, 2),
    "north": (journey.ROOT, 1),
    **{f"n{number}": ("north", 16) for number in range(8)},
    "south": (journey.ROOT, 1),
    "ant": ("south", 12),
    "bee": ("south", 13),
    "cat": ("south", 4),
}
"""North has segment tables; cat is counted with another team."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Four counted waves that are not released yet, the next one open, and who may read."""

    inst: Installation
    waves: list[OpenWave]
    open_wave: OpenWave
    readers: Readers

    @property
    def now(self) -> dt.datetime:
        """The instant at which everything is released and read."""
        return self.open_wave.opens_at


def answering(shift: int) -> journey.Answering:
    """Nine of ten answer every question, a segment and some topics."""
    inner = journey.varied(shift=shift)

    def answer(email: str, instrument: Instrument) -> Answers | None:
        number = sum(email.encode())
        if (number + shift) % 10 == 0:
            return None
        ticked = [topic.code for place, topic in enumerate(instrument.topics) if (number + place) % 3 == 0]
        return Ticked({**(inner(email, instrument) or {}), "site": 1 + number % 3}, topics=ticked)

    return answer


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    inst = journey.installation(tmp_path_factory.mktemp("counted"))
    site = journey.segment("site", "Harbour", "Hill", "Lake")
    journey.company(inst, TEAMS, mode=BallotMode.PROMISE, has_comments=True, segments=(site,))
    waves = []
    for number in range(WAVES):
        waves.append(journey.open_wave(inst))
        journey.cast_all(inst, waves[-1], answering(number))
        journey.close_wave(inst, waves[-1])
    following = journey.open_wave(inst)
    yield Counted(
        inst=inst, waves=waves, open_wave=following, readers=handed.appoint(inst, now=following.opens_at, teams=UNITS)
    )
    inst.database.dispose()


@pytest.fixture
def made(counted: Counted, tmp_path: Path) -> Iterator[Pair]:
    """Two copies with the same bands and other exact numbers, nothing released yet."""
    one, other = handed.copy(counted.inst, tmp_path / "one"), handed.copy(counted.inst, tmp_path / "other")
    for wave in counted.waves:
        assert recount.alter(other, wave.slug) > 100
    yield one, other
    one.database.dispose()
    other.database.dispose()


def release(counted: Counted, made: Iterable[Installation]) -> None:
    for inst in made:
        for wave in counted.waves:
            lifecycle.release_wave(inst, wave=wave.slug, now=counted.now, actor=journey.ACTOR)


def everything(counted: Counted, inst: Installation) -> Outputs:
    """All that leaves, in both languages where it has one; the drawing of a PDF takes long, so two of them."""
    slugs = [wave.slug for wave in counted.waves]
    found = handed.exports(inst) | handed.reports(inst, now=counted.now, units=tuple(TEAMS))
    found |= handed.pdfs(inst, now=counted.now, units=("north", "cat"))
    found |= handed.lists(inst, counted.readers, now=counted.now)
    found |= handed.last_results(inst, counted.open_wave, now=counted.now)
    return found | handed.pages(inst, now=counted.now, units=UNITS, waves=slugs)


def test_two_installations_with_other_exact_numbers_hand_out_the_same_bytes(counted: Counted, made: Pair) -> None:
    release(counted, made)
    one, other = (list(handed.rows(inst, without=recount.EXACT_TABLES)) for inst in made)
    assert one == other  # whatever is made of it some day
    first, second = (everything(counted, inst) for inst in made)
    assert handed.differing(first, second) == []
    kinds = {place.split(" ")[0] for place in first}
    assert kinds == {"export", "report", "pdf", "list", "headers", "last", "page"}
    assert b"Harbour" in first["export csv en barograph-segments.csv"]
    assert b"likely range" in first["page /leader/n3"]
    account.product(ATTACK, f"{len(first)} files, pages and answers: not one byte depends on an exact number")


def weak_outputs(counted: Counted, inst: Installation) -> Outputs:
    return handed.exports(inst, formats=("csv",), languages=("en",)) | handed.lists(
        inst, counted.readers, now=counted.now
    )


def cells_of(outputs: Outputs) -> list[dict[str, str]]:
    text = outputs["export csv en barograph-cells.csv"].decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_an_export_with_exact_numbers_of_answers_is_seen(
    counted: Counted, made: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exact(n: int, *, k: int = 5, invited: int | None = None) -> NBand:
        del k, invited
        return NBand(low=n, high=n)

    for module in ("reports.disclosure.policy", "reports.disclosure.cells", "reports.services.release_extras"):
        monkeypatch.setattr(f"{module}.n_band", exact)
    release(counted, made)
    found = [weak_outputs(counted, inst) for inst in made]
    places = handed.differing(*found)
    assert any(place.startswith("list /api/v1/cells") for place in places)
    wave = counted.waves[0].slug
    with made[0].database.reading() as session:
        true = {row.crowd: row.ballots for row in session.query(CrowdCount).filter_by(wave=wave)}
    told = {row["crowd"]: int(row["n_low"]) for row in cells_of(found[0]) if row["wave"] == wave and row["n_low"]}
    assert told == true
    account.weakened(ATTACK, f"exact n instead of bands: {len(places)} places differ, all numbers of answers are read")


def test_an_export_with_exact_means_is_seen(counted: Counted, made: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.disclosure.cells.mean_step", lambda _n_low: Fraction(1, 50))
    release(counted, made)
    found = [weak_outputs(counted, inst) for inst in made]
    wave, item = counted.waves[0].slug, counted.waves[0].instrument.item_codes[0]
    with made[0].database.reading() as session:
        rows = session.query(CrowdTotal).filter_by(wave=wave, measure=item)
        true = {row.crowd: row.total / row.n for row in rows}
    told = {
        row["crowd"]: float(row["value"])
        for row in cells_of(found[0])
        if (row["wave"], row["measure"], row["qualifier"]) == (wave, item, "exact")
    }
    assert told
    assert all(abs(told[crowd] - true[crowd]) < 0.0101 for crowd in told)
    account.weakened(ATTACK, f"means to a fiftieth in every crowd: {len(handed.differing(*found))} places differ")


def test_an_export_with_exact_shares_is_seen(counted: Counted, made: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def exact(favourable: int, n: int, *, n_low: int) -> FavourableBand:
        del n_low
        return FavourableBand(low=favourable / n, high=favourable / n)

    for module in ("reports.disclosure.cells", "reports.services.release_extras"):
        monkeypatch.setattr(f"{module}.favourable_band", exact)
    release(counted, made)
    places = handed.differing(*(weak_outputs(counted, inst) for inst in made))
    assert "export csv en barograph-topics.csv" in places
    assert "export csv en barograph-cells.csv" in places
    account.weakened(ATTACK, f"exact favourable shares: {len(places)} places differ")
