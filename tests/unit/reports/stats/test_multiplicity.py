"""Families of tests: published adjusted values and their order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm

# Benjamini & Hochberg 1995, section 5: fifteen tests, four rejected at 5 %.
PUBLISHED = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528]
PUBLISHED += [0.759, 1.0]


def test_the_paper_s_example_rejects_four() -> None:
    assert int((benjamini_hochberg(PUBLISHED) <= 0.05).sum()) == 4
    assert int((holm(PUBLISHED) <= 0.05).sum()) == 3


@pytest.mark.parametrize("adjust", [benjamini_hochberg, benjamini_yekutieli, holm])
def test_an_empty_family_is_empty(adjust: object) -> None:
    assert callable(adjust)
    assert adjust([]).size == 0


@settings(max_examples=8)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_adjusting_never_lowers_a_p_value_and_keeps_the_order(p: list[float]) -> None:
    values = np.array(p)
    for adjusted in (benjamini_hochberg(p), holm(p)):
        assert np.all(adjusted >= values * (1 - 1e-12))
        assert np.all(adjusted <= 1)
        assert np.all(np.diff(adjusted[np.argsort(values, kind="stable")]) >= -1e-15)


@pytest.mark.parametrize("p", [[-0.1], [1.1], [float("nan")], [[0.1]]])
def test_what_is_no_family_is_refused(p: list[float]) -> None:
    with pytest.raises(ValueError, match="p values"):
        benjamini_hochberg(p)
