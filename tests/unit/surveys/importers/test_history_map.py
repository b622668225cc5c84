"""Checks the map of another tool's results, and that every fault in it is named."""

import unicodedata

import pytest

from surveys.errors import InvalidInput
from surveys.importers.history_map import SmallResults, ValueKind, read_history_map
from tests.support.earlier import CSPS_DECLARED, CSPS_MAP, LONG_MAP, SMALL_MAP


def faults(text, **more):
    with pytest.raises(InvalidInput) as refused:
        read_history_map(text.encode() if isinstance(text, str) else text, source="map.toml", **more)
    return "\n".join(str(problem) for problem in refused.value.problems)


def test_a_wide_map_names_columns_in_lower_case_measures_and_teams():
    text = SMALL_MAP + 'scale = "workload"\n[units]\n"Unit 1" = "pay"\n'
    found = read_history_map(text.encode(), source="map.toml", teams={"pay"})
    assert found.columns == ("unit", "day", "strain", "answers")
    assert found.units == {"Unit 1": "pay"}
    (measure,) = found.measures
    assert (measure.kind, measure.low, measure.high, measure.is_lower_better) == (ValueKind.PERCENT, 0, 100, True)
    assert (measure.scale, found.small, found.declared) == ("workload", SmallResults.REFUSE, None)


def test_a_long_map_takes_value_and_n_from_the_columns_and_the_label_from_the_measure():
    found = read_history_map(LONG_MAP.encode(), source="map.toml")
    assert found.columns == ("unit", "day", "scale", "mean", "n")
    assert [measure.label for measure in found.measures] == ["Energy", "clarity"]


def test_a_declaration_covers_the_named_measures_or_all():
    found = read_history_map((CSPS_MAP + CSPS_DECLARED).encode(), source="map.toml").declared
    assert found is not None
    assert (found.measures, found.least) == ({"engagement", "workload"}, 10)
    some = read_history_map((CSPS_MAP + CSPS_DECLARED + 'measures = ["workload"]').encode(), source="map.toml")
    assert some.declared is not None
    assert some.declared.measures == {"workload"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "old-tool"\n', "", "needs the key name"),
        ('tool = "Old Tool"\n', "", "needs the key tool"),
        ("smallest_group = 5", "smallest_group = 4", "smallest_group must be a whole number of at least 5"),
        ("smallest_group = 5", "smallest_group = 1001", "smallest_group must be a whole number of at most 1000"),
        ("smallest_group = 5", "", "needs the key smallest_group"),
        ('unit = "Unit"\n', "", "needs the key columns.unit"),
        ('date = "Day"\n', "", "either the column of dates or the column of years"),
        ('date = "Day"\n', 'date = "Day"\nyear = "y"\nday = "10-01"\n', "not both"),
        ('date = "Day"\n', 'year = "Day"\n', "needs the key day"),
        ('date = "Day"\n', 'year = "Day"\nday = "02-29"\n', "month and day"),
        ('date = "Day"\n', 'date = "Day"\norder = "ymd"\n', "iso, dmy or mdy"),
        ('date = "Day"\n', 'date = "Day"\ndecimal = ";"\n', "a point or a comma"),
        ('kind = "percent"\n', 'kind = "median"\n', "must be mean, percent or share"),
        ('kind = "percent"\n', 'kind = "mean"\n', "needs low and high"),
        ('kind = "percent"\n', 'kind = "mean"\nlow = 5\nhigh = 1\n', "needs low and high"),
        ('kind = "percent"\n', 'kind = "mean"\nlow = nan\nhigh = 1\n', "low must be a number"),
        ('kind = "percent"\n', 'kind = "percent"\nhigh = 10\n', "needs no ends"),
        ('code = "strain"\n', 'code = "Strain!"\n', "needs a code"),
        ('value = "Strain"\n', "", "needs the column of its values"),
        ("lower_is_better = true", 'lower_is_better = "yes"', "must be true or false"),
        ("smallest_group = 5", 'smallest_group = 5\nsmall = "keep"', "small must be one of"),
        ("smallest_group = 5", "smallest_group = 5\nempty = 3", "empty must be a list of texts"),
        ("smallest_group = 5", 'smallest_group = 5\nsecret = "x"', "The key secret is not known"),
        ('value = "Strain"', 'value = "Strain"\ncolour = "x"', "The key measure.colour is not known"),
        ('name = "old-tool"', 'name = "old\\u0007tool"', "control character"),
        ('name = "old-tool"', "name = 7", "name must be a text"),
    ],
)
def test_a_fault_of_the_map_is_named(old, new, words):
    assert old in SMALL_MAP
    assert words in faults(SMALL_MAP.replace(old, new))


def test_an_unknown_team_is_named_with_its_unit():
    assert "The unit B names the unknown team nobody" in faults(SMALL_MAP + '[units]\nB = "nobody"\n', teams={"pay"})


def test_a_map_without_a_measure_is_refused():
    assert "names no measure" in faults(SMALL_MAP.split("[[measure]]")[0])


def test_two_measures_on_one_column_are_refused():
    again = SMALL_MAP + SMALL_MAP[SMALL_MAP.index("[[measure]]") :].replace('"strain"', '"other"')
    assert "Two measures share strain" in faults(again)


@pytest.mark.parametrize("missing", ["by", "because", "least"])
def test_a_declaration_needs_who_why_and_how_many(missing):
    kept = "\n".join(line for line in CSPS_DECLARED.splitlines() if not line.startswith(f"{missing} ="))
    assert f"needs the key {missing}" in faults(CSPS_MAP + kept)


def test_a_declaration_may_not_go_below_the_smallest_group_nor_name_what_is_unknown():
    assert "least must be a whole number of at least 10" in faults(
        CSPS_MAP + CSPS_DECLARED.replace("least = 10", "least = 9")
    )
    assert "unknown measure mood" in faults(CSPS_MAP + CSPS_DECLARED + 'measures = ["mood"]')


def test_what_is_no_toml_or_no_text_is_refused():
    assert "not a TOML file" in faults("= =")
    assert "not UTF-8" in faults(b'name = "\xff"')


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 5000 + "]" * 5000, "smallest_group = " + "9" * 5000], ids=["lists in lists", "digits"]
)
def test_what_no_reader_can_read_is_refused_like_what_is_no_toml(text):
    assert "not a TOML file" in faults(text)


@pytest.mark.parametrize("ends", [("0", "1e-320"), ("-1e308", "1e308"), ("-" + "9" * 400, "5")])
def test_ends_of_a_scale_that_leave_no_steps_are_refused(ends):
    mean = 'kind = "mean"\nlow = {}\nhigh = {}'.format(*ends)
    assert "needs low and high" in faults(SMALL_MAP.replace('kind = "percent"', mean))


@pytest.mark.parametrize("other", [" Caf\u00e9", "Cafe\u0301", "Caf\u00e9 "], ids=["before", "two signs", "after"])
def test_a_unit_that_is_named_twice_in_another_form_is_refused(other):
    """The later line would silently win, and the results would stand under another team."""
    text = SMALL_MAP + f'[units]\n"Caf\u00e9" = "ant"\n"{other}" = "bee"\n'
    assert "The table of units names Café twice" in unicodedata.normalize("NFC", faults(text))


def test_a_smallest_group_of_a_thousand_may_be():
    text = SMALL_MAP.replace("smallest_group = 5", "smallest_group = 1000")
    assert read_history_map(text.encode(), source="map.toml").smallest_group == 1000
