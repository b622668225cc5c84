"""Sentences, numbers and dates of a language."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from surveys import i18n
from surveys.i18n import LANGUAGES, Message, mark, translator

CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Wave {wave} is {status}."
msgstr "La oleada {wave} está {status}."

msgid "open"
msgstr "abierta"

msgid "empty"
msgstr ""

#, fuzzy
msgid "guess"
msgstr "adivinanza"

msgid "{count} person"
msgid_plural "{count} people"
msgstr[0] "{count} persona"
msgstr[1] "{count} personas"
"""


@pytest.fixture
def spanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> i18n.Translator:
    """Spanish from a small catalogue of our own, so that translations may change."""
    (tmp_path / "es.po").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setattr(i18n, "_CATALOGUES", tmp_path)
    return translator.__wrapped__("es")


def test_a_message_and_the_messages_inside_it_are_translated(spanish: i18n.Translator) -> None:
    message = Message("Wave {wave} is {status}.", {"wave": "p-1", "status": Message("open")})
    assert spanish.render(message) == "La oleada p-1 está abierta."
    assert str(message) == "Wave p-1 is open."


@pytest.mark.parametrize("text", ["unknown", "empty", "guess"])
def test_what_is_not_translated_stays_english(spanish: i18n.Translator, text: str) -> None:
    assert spanish.t(text) == text


@pytest.mark.parametrize(("count", "expected"), [(0, "0 personas"), (1, "1 persona"), (2, "2 personas")])
def test_the_form_fits_the_count(spanish: i18n.Translator, count: int, expected: str) -> None:
    assert spanish.n("{count} person", "{count} people", count) == expected


def test_an_untranslated_plural_stays_english(spanish: i18n.Translator) -> None:
    assert spanish.n("{count} team in {area}", "{count} teams in {area}", 2, area="x") == "2 teams in x"


@pytest.mark.parametrize(
    ("language", "value", "decimals", "expected"),
    [
        ("en", 3.25, 1, "3.2"),
        ("en", -1.5, 1, "−1.5"),
        ("es", -1.5, 1, "−1,5"),
        ("en", -0.04, 1, "0.0"),
        ("en", 1234567.0, 0, "1,234,567"),
        ("es", 1234567.0, 0, "1.234.567"),
        ("es", 2, 2, "2,00"),
    ],
)
def test_numbers_have_the_signs_of_the_language(language: str, value: float, decimals: int, expected: str) -> None:
    assert translator(language).number(value, decimals) == expected


def test_days_and_moments_are_written_as_the_language_does() -> None:
    day = dt.date(2026, 11, 3)
    assert [translator(language).date(day) for language in LANGUAGES] == ["3 Nov 2026", "3 nov 2026"]
    assert translator("en").date(day, "EEEE") == "Tuesday"
    moment = dt.datetime(2026, 11, 3, 8, 5, tzinfo=dt.UTC)
    assert translator("en").moment(moment) == "3 Nov 2026, 08:05"
    assert translator("en").moment(moment, ZoneInfo("Europe/Madrid")) == "3 Nov 2026, 09:05"
    assert translator("en").t("at {moment}", moment=moment) == "at 3 Nov 2026, 08:05"


def test_words_are_joined_as_the_language_does() -> None:
    assert translator("en").join(["A", "B", "C"]) == "A, B and C"
    assert translator("es").join(["A", "B", "C"]) == "A, B y C"
    assert translator("en").join(["A"]) == "A"


def test_an_unknown_language_is_english_and_a_marked_text_stays_itself() -> None:
    assert translator("xx").language == "en"
    assert mark("text") == "text"


def test_a_text_without_values_may_hold_braces() -> None:
    assert translator("en").t("{not a place}") == "{not a place}"
