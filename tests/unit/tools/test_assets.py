from __future__ import annotations

import sys

import pytest

from tools import assets


def test_an_optional_package_of_another_system_is_not_expected() -> None:
    assert not assets.fits({"optional": True, "os": ["aix"], "cpu": ["ppc64"]})


def test_the_optional_package_of_this_machine_is_expected() -> None:
    assert assets.fits({"optional": True, "os": [sys.platform], "cpu": [assets.machine()]})


@pytest.mark.parametrize("entry", [{}, {"version": "1"}, {"os": ["aix"]}])
def test_a_package_that_is_not_optional_is_always_expected(entry: dict[str, object]) -> None:
    assert assets.fits(entry)


def test_every_published_sum_is_one() -> None:
    sums = assets.known_sums()
    assert str(assets.SCRIPT) in sums
    assert all(len(digest) == 64 for digest in sums.values())
