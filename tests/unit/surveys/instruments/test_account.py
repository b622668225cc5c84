"""The account that ``instrument check`` prints."""

import pytest

from surveys.instruments.account import account, answering_seconds, attributions
from surveys.instruments.library import load, shipped


def test_the_account_of_the_pulse_names_size_period_and_time() -> None:
    lines = account(load("pulse-1"))
    assert lines[:6] == (
        "Team pulse: pulse-1, version 1.",
        "6 questions.",
        "5 scales.",
        "Languages: English and Spanish.",
        "It asks about this period: in the last two weeks.",
        "Answering takes about one minute. This is an estimate, not a measurement.",
    )


def test_one_question_is_told_in_the_singular() -> None:
    lines = account(load("burnout-1"))
    assert lines[1:3] == ("One question.", "One scale.")
    assert "Scale Burnout risk (burnout): worn-out-by-work. A high value is worse." in lines


def test_what_is_not_validated_is_listed_by_language() -> None:
    lines = account(load("pulse-1"))
    assert "Not validated in English: vision-goals, energy-left and safe-challenge." in lines
    assert "No wording in Spanish is validated." in lines


def test_the_original_of_an_altered_item_is_quoted() -> None:
    assert "Altered: vision-goals. The original reads: I know how my work relates to the agency's goals." in account(
        load("pulse-1")
    )


def test_every_item_is_named_with_source_and_licence() -> None:
    for code in shipped():
        sources = "\n".join(line for line in account(load(code)) if line.startswith("Source: "))
        assert all(item.code in sources and item.licence in sources for item in load(code).items)


def test_a_turned_item_is_named() -> None:
    assert any("Turned round when scored: priorities-conflict." in line for line in account(load("levers-1")))


def test_the_attribution_is_printed_once() -> None:
    lines = [line for line in account(load("core-1")) if line.startswith("Attribution: ")]
    assert len(lines) == 1
    assert attributions([load("pulse-1"), load("core-1")]) == (lines[0].removeprefix("Attribution: "),)


def test_the_account_uses_the_spanish_texts_of_the_instrument() -> None:
    lines = account(load("pulse-1"), "es")
    assert lines[0].startswith("Pulso del equipo: pulse-1")
    assert any("Carga de trabajo" in line for line in lines)


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_shipped_instrument_takes_more_than_two_minutes(language: str) -> None:
    assert all(answering_seconds(load(code), language) <= 120 for code in shipped())


def test_a_longer_questionnaire_takes_longer() -> None:
    assert answering_seconds(load("core-1")) > answering_seconds(load("pulse-1"))
