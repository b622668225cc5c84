"""Reasons for a missing figure, in codes and sentences."""

from __future__ import annotations

import pytest

from reports.disclosure.reasons import Reason, Withheld
from surveys.i18n import translator


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_code_and_a_sentence(reason: Reason) -> None:
    withheld = Withheld(reason=reason, k=7, names=("Billing",))
    sentence = withheld.sentence(translator("en"))
    assert withheld.reason_code == reason.value
    assert sentence.endswith(".")
    assert "{" not in sentence


def test_the_sentence_names_whom_a_team_is_reported_with() -> None:
    withheld = Withheld(reason=Reason.JOINED_WITH, names=("Billing", "Search"))
    assert "reported with Billing and Search" in withheld.sentence(translator("en"))


def test_a_joined_team_without_names_still_has_a_sentence() -> None:
    assert "neighbouring team" in Withheld(reason=Reason.JOINED_WITH).sentence(translator("en"))
