"""An attacker with a token: every list under every filter, and no exact count or mean, only what was released."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

from app.api.endpoints import ENDPOINTS
from reports.models import ReleasedCell, ReleasedCrowd
from surveys.models.totals import CrowdCount, CrowdTotal
from tests.integration.api.conftest import Program

RESULTS = [endpoint for endpoint in ENDPOINTS if endpoint.name not in {"ledger", "code-book"}]
FIGURES = ("value", "low", "high", "n_low", "n_high", "n_band_sort", "favourable_low", "favourable_high")
PUBLIC = {"invited", "wave_number", "crowds"}
"""Numbers that the manifest tells or that count crowds, not answers."""
SORTED = {"favourable_sort": range(101), "response_sort": range(6)}
"""Places in an order of bands."""


def released_numbers(analyst: Program) -> dict[tuple[str, str], set[float]]:
    """The numbers of every stored cell by crowd and measure, rounded as rows show them."""
    with analyst.world.inst.database.reading() as session:
        found = {}
        for row in session.query(ReleasedCell):
            ends = [row.cell.get(name) for name in ("value", "low", "high")]
            shares = [round(share, 4) for share in row.cell.get("favourable", [])]
            found[row.crowd, row.measure] = {
                round(number, 4) for number in [*ends, *row.cell.get("n", []), *shares] if number is not None
            }
        return found


def exact(analyst: Program) -> dict[tuple[str, str], Fraction]:
    """The exact mean of every total that is still stored."""
    with analyst.world.inst.database.reading() as session:
        return {
            (row.crowd, row.measure): Fraction(row.total).limit_denominator(1000) / row.n
            for row in session.query(CrowdTotal)
        }


def queries(analyst: Program, filters: tuple[str, ...]) -> Iterator[str]:
    """Every combination of filters that a list offers, with values that exist."""
    values = {
        "wave": ["pulse-1"],
        "unit": sorted({str(row["unit"]) for row in analyst.rows("units")}),
        "scale": sorted({str(row["scale"]) for row in analyst.rows("measures")}),
    }
    for names in itertools.chain.from_iterable(
        itertools.combinations(filters, size) for size in range(len(filters) + 1)
    ):
        for chosen in itertools.product(*(values[name] for name in names)):
            yield "&".join(f"{name}={value}" for name, value in zip(names, chosen, strict=True))


def test_there_are_exact_means_that_would_be_seen(analyst: Program) -> None:
    released = released_numbers(analyst)
    hidden = [place for place, mean in exact(analyst).items() if round(float(mean), 4) not in released[place]]
    assert len(hidden) >= 5


def test_every_number_of_a_cell_is_one_that_was_released(analyst: Program) -> None:
    released, means = released_numbers(analyst), exact(analyst)
    rows = analyst.rows("cells")
    assert {(row["crowd"], row["measure"]) for row in rows} == set(released)
    for row in rows:
        place = (str(row["crowd"]), str(row["measure"]))
        told = {name: number for name, number in row.items() if isinstance(number, int | float)}
        assert {round(told[name], 4) for name in FIGURES if name in told} <= released[place]
        assert told.keys() <= {*FIGURES, *PUBLIC, *SORTED}
        assert all(told[name] in places for name, places in SORTED.items() if name in told)
        if round(float(means[place]), 4) not in released[place]:
            assert float(means[place]) not in {told[name] for name in told if name not in PUBLIC}


def test_a_total_is_made_of_released_cells_alone(analyst: Program) -> None:
    with analyst.world.inst.database.reading() as session:
        cells = {(row.crowd, row.measure): row.cell for row in session.query(ReleasedCell)}
        homes = {row.crowd: row.home for row in session.query(ReleasedCrowd)}
    root = next(row for row in analyst.rows("units") if row["level"] == "company")["unit"]
    assert len(homes) > 1  # everybody answers below the root
    for row in analyst.rows(f"totals?unit={root}"):
        if row["unit"] != root or row["value"] is None:
            continue
        parts = [cells[crowd, str(row["measure"])] for crowd in homes]
        weights = [Fraction(sum(part["n"]), 2) for part in parts]
        shares = zip(parts, weights, strict=True)
        mean = float(sum(Fraction(str(part["value"])) * weight for part, weight in shares) / sum(weights))
        assert row["value"] in {round(mean, 1), round(mean, 2)}


def test_no_filter_makes_a_row_that_the_whole_list_has_not(analyst: Program) -> None:
    for endpoint in RESULTS:
        whole = analyst.rows(f"{endpoint.name}?limit=1000")
        for query in queries(analyst, endpoint.filters):
            part = analyst.get(f"{endpoint.name}?limit=1000&{query}")
            assert part.status_code == 200, query
            assert all(row in whole for row in part.json["data"]), query


def test_no_answer_names_a_count_of_ballots(analyst: Program) -> None:
    with analyst.world.inst.database.reading() as session:
        counted = {row.crowd: row.ballots for row in session.query(CrowdCount)}
    assert counted
    names = {column.name for endpoint in RESULTS for column in endpoint.columns}
    assert names.isdisjoint(
        {"n", "ballots", "answers", "total", "sum", "favourable", "ticked", "variance", "hidden_from"}
    )
    for row in analyst.rows("cells"):
        if row["value"] is not None:
            assert row["n_high"] - row["n_low"] >= 2  # type: ignore[operator]
