"""How the index behaves on real projects: it rises towards releases, and bears bad habits as far as is documented.

The figures beside which these stand are those of the research note on roadmap pressure, sections 1.5 to 1.7, measured
with its prototype; the settings here are the product's own.
"""

import numpy as np
import pytest

from tests.perf import real_pressure as real

pytestmark = [pytest.mark.shared, pytest.mark.slow]

LEAST_RANK = {
    # damage: least rank correlation with the untouched weeks of R and of the index, greatest mean shift of the index
    "every ticket split in two": (0.99, 0.97, 1.5),
    "half of all items Critical": (0.99, 0.97, 7.0),
    "30 % of items lose their version": (0.97, 0.90, 5.0),
    "40 % closed in a month-end batch": (0.90, 0.88, 2.0),
    "closing lags by 0 to 10 days": (0.93, 0.88, 2.0),
    "no history": (0.75, 0.55, 7.0),
}


@pytest.fixture(scope="module")
def folder(shared_dir):
    return shared_dir / "roadmap_data"


@pytest.fixture(scope="module")
def reference(folder):
    return real.read_reference(folder)


@pytest.fixture(scope="module")
def file(folder):
    return real.read_export(folder)


@pytest.fixture(scope="module")
def table(file, reference):
    return real.compute(file, reference)


def test_pressure_rises_towards_a_release(table, reference):
    found = real.run_up(table, reference, "DURACLOUD")
    indexes, rates = ([row[place] for row in found] for place in (1, 2))
    assert np.argmax(indexes) == len(indexes) - 1
    assert indexes[-1] > 2 * indexes[0]
    assert np.corrcoef(range(len(indexes)), indexes)[0, 1] > 0.85
    assert rates[-1] == max(rates) > 2 * rates[0]


@pytest.mark.parametrize("label", real.DAMAGES)
def test_damage_changes_the_weeks_no_more_than_documented(label, file, table, reference):
    found = real.robustness(table, real.compute(real.DAMAGES[label](file), reference))
    least_rate, least_index, shift = LEAST_RANK[label]
    assert found["R"][0] >= least_rate
    assert found["index"][0] >= least_index
    assert abs(found["index"][1]) <= shift


def test_without_history_churn_volatility_and_flow_are_missing_and_the_index_reads_low(file, table, reference):
    found = real.robustness(table, real.compute(real.without_history(file), reference))
    assert not {"C", "V", "W"} & set(found)
    assert found["index"][1] < -3


@pytest.mark.parametrize(
    ("label", "count", "percentiles"),
    [
        ("added / committed", 1308, (0.00, 0.38, 0.83, 1.71)),
        ("removed / committed", 1308, (0.00, 0.09, 0.33, 0.60)),
        ("(committed + velocity difference) / committed", 2593, (0.00, 0.60, 1.00, 1.21)),
    ],
)
def test_real_sprints_stand_where_the_anchors_were_set_from(folder, label, count, percentiles):
    shares = real.sprint_shares(folder)[label]
    assert len(shares) == count
    assert np.percentile(shares, (10, 50, 75, 90)) == pytest.approx(percentiles, abs=0.006)
