"""Errors carry one sentence with values, which is filled in the reader's language and not before."""

from __future__ import annotations

import datetime as dt

import pytest

from surveys.errors import InvalidInput, NotFound, NotPermitted, Problem, Refused, SurveyError
from surveys.i18n import Message


@pytest.mark.parametrize("kind", [NotFound, Refused, NotPermitted, InvalidInput])
def test_every_error_of_ours_is_one_kind_and_speaks_a_sentence(kind: type[SurveyError]) -> None:
    error = kind("There is no wave {wave}.", wave="pulse-9")
    assert isinstance(error, SurveyError)
    assert str(error) == "There is no wave pulse-9."
    assert error.message == Message("There is no wave {wave}.", {"wave": "pulse-9"})


def test_not_being_permitted_is_being_refused() -> None:
    assert issubclass(NotPermitted, Refused)
    assert not issubclass(NotFound, Refused)


def test_braces_in_a_value_are_no_places() -> None:
    assert str(Refused("No {name}.", name="{0.__class__} {wave}")) == "No {0.__class__} {wave}."


def test_values_may_be_days_and_other_messages() -> None:
    inner = Message("on {day}", {"day": dt.date(2025, 1, 6)})
    assert str(Refused("Opens {when}.", when=inner)) == "Opens on 6 Jan 2025."


def test_a_problem_says_where_it_is() -> None:
    reason = Message("Unknown team “{team}”.", {"team": "x"})
    assert str(Problem("people.csv", 7, reason)) == "people.csv:7: Unknown team “x”."
    assert str(Problem("people.csv", None, reason)) == "people.csv: Unknown team “x”."


def test_a_refused_input_keeps_all_its_problems() -> None:
    problems = [Problem("a.csv", line, Message("Bad.")) for line in (2, 3)]
    assert InvalidInput("The file {name} is not valid.", problems, name="a.csv").problems == tuple(problems)
    assert InvalidInput("Bad.").problems == ()
