"""What an instrument document must not contain, and that every fault is named."""

import copy
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from surveys.errors import InvalidInput
from surveys.instruments.checking import least_answered, parse
from surveys.instruments.library import load
from surveys.instruments.schema import document


def a_document() -> dict[str, Any]:
    return copy.deepcopy(document(load("pulse-1")))


def faults(raw: object, **kwargs: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        parse(raw, "mine.toml", **kwargs)
    return [str(problem) for problem in caught.value.problems]


def change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]

    def apply(raw: Any) -> None:
        for part in way:
            raw = raw[part]
        raw[last] = value

    return apply


def drop(path: str) -> Callable[[dict[str, Any]], None]:
    *way, last = [int(part) if part.isdigit() else part for part in path.split("/")]

    def apply(raw: Any) -> None:
        for part in way:
            raw = raw[part]
        del raw[last]

    return apply


FAULTS = [
    (change("colour", "red"), "the instrument has the unknown key “colour”."),
    (change("items/0/weight", 2), "item 1 “workload-reasonable” has the unknown key “weight”."),
    (change("scales/1/colour", "red"), "scale 2 “clarity” has the unknown key “colour”."),
    (change("options/0/choices/2/tone", "x"), "choice 3 has the unknown key “tone”."),
    (change("title/fr", "Pouls"), "“title” of the instrument has the unknown key “fr”."),
    (change("recall/weeks", 2), "the recall period has the unknown key “weeks”."),
    (drop("items/0/text/es"), "“text” of item 1 “workload-reasonable” lacks the key “es”."),
    (drop("title/en"), "“title” of the instrument lacks the key “en”."),
    (drop("options/0/choices/0/label/es"), "“label” of choice 1 lacks the key “es”."),
    (drop("items/1/source"), "item 2 “task-expected” lacks the key “source”."),
    (drop("items/1/licence"), "item 2 “task-expected” lacks the key “licence”."),
    (change("items/1/licence", "  "), "“licence” of item 2 “task-expected” is empty."),
    (drop("items/1/talk"), "item 2 “task-expected” lacks the key “talk”."),
    (drop("items/1/checked_on"), "item 2 “task-expected” lacks the key “checked_on”."),
    (change("items/1/checked_on", "soon"), "“checked_on” of item 2 “task-expected” must be a date such as 2026-11-22."),
    (
        change("items/1/checked_on", dt.datetime(2026, 1, 1)),  # noqa: DTZ001
        "“checked_on” of item 2 “task-expected” must be a date such as 2026-11-22.",
    ),
    (drop("recall"), "the instrument lacks the key “recall”."),
    (change("recall/days", 0), "“days” of the recall period must be a whole number from 1 to 400."),
    (change("recall/days", True), "“days” of the recall period must be a whole number from 1 to 400."),
    (change("version", "1"), "“version” of the instrument must be a whole number from 1 to 10000."),
    (change("title", "Pulse"), "“title” of the instrument must be a table."),
    (change("title/en", 7), "“en” of “title” of the instrument must be a text."),
    (change("title/en", "a\x00b"), "“en” of “title” of the instrument contains a control character."),
    (change("title/en", "\ud800"), "“en” of “title” of the instrument contains a control character."),
    (change("title/en", "x" * 1001), "“en” of “title” of the instrument is longer than 1000 characters."),
    (change("items/2/is_reversed", "no"), "“is_reversed” of item 3 “vision-goals” must be true or false."),
    (change("items/2/original", ""), "“original” of item 3 “vision-goals” is empty."),
    (change("items/2/validated_in", ["en"]), "item 3 “vision-goals” is altered, so it cannot count as validated."),
    (
        change("items/0/validated_in", ["de"]),
        "“validated_in” of item 1 “workload-reasonable” names the unknown language “de”.",
    ),
    (change("items/0/validated_in", "en"), "“validated_in” of item 1 “workload-reasonable” must be a list of texts."),
    (change("items/0/options", "smileys"), "The item “workload-reasonable” uses unknown options “smileys”."),
    (change("items/0/scale", "mood"), "The item “workload-reasonable” names the unknown scale “mood”."),
    (change("items/0/scale", "safety"), "The scale “safety” does not list its item “workload-reasonable”."),
    (change("items/0/code", "safety"), "The code “safety” is used twice."),
    (change("items/1/code", "workload-reasonable"), "The code “workload-reasonable” is used twice."),
    (change("scales/1/code", "workload"), "The code “workload” is used twice."),
    (
        change("items/0/code", "Work Load"),
        "“code” of item 1 “Work Load” must be small letters, digits and hyphens, not “Work Load”.",
    ),
    (change("code", "../pulse"), "“code” of the instrument must be small letters, digits and hyphens, not “../pulse”."),
    (change("modules", ["core-1"]), "“modules” of the instrument must be the parts of its code."),
    (change("scales/0/items", ["nothing"]), "The scale “workload” lists the unknown item “nothing”."),
    (change("scales/0/items", []), "scale 1 “workload” has no items."),
    (
        change("scales/0/items", ["workload-reasonable"] * 2),
        "“items” of scale 1 “workload” names “workload-reasonable” twice.",
    ),
    (change("scales/0/higher_is", "nicer"), "“higher_is” of scale 1 “workload” must be “better” or “worse”."),
    (
        change("scales/1/minimum_answered", 3),
        "“minimum_answered” of scale 2 “clarity” must be a whole number from 1 to 2.",
    ),
    (drop("scales/0/short_worse"), "scale 1 “workload” lacks the key “short_worse”."),
    (
        change("options/0/choices/1/code", 7),
        "The choices of option set 1 “agreement” must have the codes 1 to 5 in order.",
    ),
    (drop("options/0/choices/4"), "The choices of option set 1 “agreement” must have the codes 1 to 5 in order."),
    (change("options/0/favourable", 5), "“favourable” of option set 1 “agreement” must be a whole number from 1 to 4."),
    (change("items", []), "“items” of the instrument must be a list of 1 to 60 tables."),
    (change("items", {"0": {}}), "“items” of the instrument must be a list of 1 to 60 tables."),
    (change("items/0", "workload"), "item 1 must be a table."),
]


@pytest.mark.parametrize(("spoil", "sentence"), FAULTS, ids=[sentence for _, sentence in FAULTS])
def test_a_fault_is_named_with_its_place(spoil: Callable[[dict[str, Any]], None], sentence: str) -> None:
    raw = a_document()
    spoil(raw)
    assert f"mine.toml: {sentence}" in faults(raw)


@pytest.mark.parametrize(("spoil", "sentence"), FAULTS[:24], ids=[sentence for _, sentence in FAULTS[:24]])
def test_a_single_fault_gives_a_single_problem(spoil: Callable[[dict[str, Any]], None], sentence: str) -> None:
    raw = a_document()
    spoil(raw)
    assert faults(raw) == [f"mine.toml: {sentence}"]


def test_all_faults_of_a_document_are_listed_at_once() -> None:
    raw = a_document()
    for spoil in (change("version", 0), drop("items/0/talk"), drop("items/5/source"), change("scales/4/colour", 1)):
        spoil(raw)
    assert len(faults(raw)) == 4


def test_a_fault_stands_at_the_line_where_its_table_starts() -> None:
    raw = a_document()
    drop("items/5/source")(raw)
    assert faults(raw, lines={("items", 6): 120}) == ["mine.toml:120: item 6 “safe-challenge” lacks the key “source”."]


@pytest.mark.parametrize("raw", [None, [], "pulse", 3])
def test_a_document_that_is_no_table_is_refused_with_one_sentence(raw: object) -> None:
    assert faults(raw) == ["mine.toml: the instrument must be a table."]


def test_an_empty_document_lacks_everything_required() -> None:
    missing = {line.split("“")[1].rstrip("”.") for line in faults({})}
    assert missing == {"code", "version", "title", "recall", "options", "items", "scales"}


def test_two_scales_that_call_one_item_good_and_bad_are_refused() -> None:
    raw = a_document()
    raw["scales"].append(raw["scales"][0] | {"code": "strain", "higher_is": "worse"})
    assert faults(raw) == [
        "mine.toml: The scale “strain” turns the item “workload-reasonable” the other way than another scale does."
    ]


def test_an_option_set_that_nobody_uses_is_refused() -> None:
    raw = a_document()
    raw["options"].append(raw["options"][0] | {"code": "smileys"})
    assert faults(raw) == ["mine.toml: No item uses the option set “smileys”."]


def test_an_option_set_defined_twice_is_refused() -> None:
    raw = a_document()
    raw["options"].append(raw["options"][0])
    assert faults(raw) == ["mine.toml: The option set “agreement” is defined twice."]


def test_values_of_the_document_cannot_break_the_sentence_about_them() -> None:
    raw = a_document()
    raw["{evil}\n" + "x" * 100] = 1
    (line,) = faults(raw)
    assert "{evil}?xxx" in line
    assert len(line) < 140


def test_optional_keys_get_their_defaults() -> None:
    raw = a_document()
    for path in ("note", "modules", "options/0/favourable"):
        drop(path)(raw)
    for item in raw["items"]:
        if not item["is_altered"]:
            for key in ("recall", "is_reversed", "is_altered", "original", "attribution", "validated_in"):
                del item[key]
    for scale in raw["scales"]:
        del scale["minimum_answered"]
    found = parse(raw, "mine.toml")
    assert found.modules == ("pulse-1",)
    assert found.options[0].favourable == 2
    assert found.items[0].recall == found.recall
    assert not found.items[0].is_reversed
    assert found.items[0].validated_in == ()
    assert found.note.en == ""
    assert found.scale("clarity").minimum_answered == 1


def test_an_item_may_have_its_own_recall_period() -> None:
    raw = a_document()
    raw["items"][0]["recall"] = {
        "days": 7,
        "text": {"en": "in the last week", "es": "en la última semana"},
        "prompt": {"en": "Think of the last week.", "es": "Piensa en la última semana."},
    }
    found = parse(raw, "mine.toml")
    assert found.items[0].recall.days == 7
    assert found.items[1].recall.days == 14


def test_texts_that_look_alike_are_stored_alike() -> None:
    raw = a_document()
    raw["title"]["es"] = "  Pulso de ti\u0301a "
    assert parse(raw, "mine.toml").title.es == "Pulso de tía"


@pytest.mark.parametrize(("items", "least"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (7, 4)])
def test_a_scale_needs_half_of_its_items_and_two_of_three(items: int, least: int) -> None:
    assert least_answered(items) == least
