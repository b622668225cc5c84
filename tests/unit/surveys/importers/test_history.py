"""Checks that a file of earlier results is read whole or refused with every bad row, and what is left out on demand."""

import datetime as dt
import time

import pytest

from surveys.errors import InvalidInput
from surveys.importers.history import read_history
from surveys.importers.history_map import read_history_map
from tests.support.earlier import LONG_MAP, SMALL_MAP

TODAY = dt.date(2026, 6, 1)
HEAD = "unit,day,strain,answers\n"


def mapped(text=SMALL_MAP, **teams):
    units = "".join(f'"{unit}" = "{team}"\n' for unit, team in teams.items())
    return read_history_map((text + ("[units]\n" + units if units else "")).encode(), source="map.toml")


def read(rows, mapping=None, head=HEAD):
    data = rows if isinstance(rows, bytes) else (head + rows).encode()
    return read_history(data, source="old.csv", mapping=mapping or mapped(), today=TODAY)


def faults(rows, mapping=None, head=HEAD):
    with pytest.raises(InvalidInput) as refused:
        read(rows, mapping, head)
    return [str(problem) for problem in refused.value.problems]


def test_a_wide_file_gives_a_cell_per_unit_day_and_measure():
    file = read("B,2025-03-31,40.5,20\nA,2025-03-31,12.5 %,16\n", mapped(A="pay"))
    assert [(cell.unit, cell.team, cell.value, cell.n) for cell in file.cells] == [
        ("A", "pay", 12.5, 16),
        ("B", None, 40.5, 20),
    ]
    assert {cell.wave_on for cell in file.cells} == {dt.date(2025, 3, 31)}
    assert file.remarks == ()


def test_a_long_file_gives_the_measures_that_the_map_names_and_tells_of_others():
    rows = "A,2025-01-01,Energy,6.5,9\nA,2025-01-01,clarity,2,9\nA,2025-01-01,Humour,2,1\n"
    file = read(rows, mapped(LONG_MAP), head="unit,day,scale,mean,n\n")
    assert [(cell.measure, cell.value) for cell in file.cells] == [("clarity", 2.0), ("energy", 6.5)]
    assert "does not name: 1" in str(file.remarks[0])


def test_an_empty_value_is_no_result_and_so_is_a_word_of_the_map():
    file = read("A,2025-01-01,,3\nA,2025-02-01,-,3\nA,2025-03-01,7,8\n", mapped('empty = ["-"]' + SMALL_MAP))
    assert (len(file.cells), file.empty) == (1, 2)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("A,2025-02-30,40,20", "“2025-02-30” is not a date"),
        ("A,yesterday,40,20", "is not a date"),
        ("A,,40,20", "is not a date"),
        ("A,2026-06-02,40,20", "in the future"),
        ("A,1025-01-01,40,20", "too long ago"),
        ("A,31.12.2025,40,20", "is not a date"),
        ("A,2025-01-01,40,4", "fewer than 5 answers"),
        ("A,2025-01-01,40,0", "fewer than 5 answers"),
        ("A,2025-01-01,40,", "has no number of answers"),
        ("A,2025-01-01,40,many", "is not a number of answers"),
        ("A,2025-01-01,40,-7", "is not a number of answers"),
        ("A,2025-01-01,40,7.5", "is not a number of answers"),
        ("A,2025-01-01,100.1,20", "is not between"),
        ("A,2025-01-01,-1,20", "is not between"),
        ("A,2025-01-01,nan,20", "is not a number"),
        ("A,2025-01-01,1e999,20", "is not between"),
        ("A,2025-01-01,=40+2,20", "is not a number"),
        ("A,2025-01-01,٤٠,20", "is not a number"),
        (",2025-01-01,40,20", "The unit is empty"),
        ("A\tB,2025-01-01,40,20", "control character"),
        (f"{'A' * 121},2025-01-01,40,20", "longer than 120"),
        ("A,2025-01-01,40,20,what", "The row has 5 cells"),
    ],
)
def test_a_bad_row_is_named_with_its_line_and_nothing_is_read(row, words):
    (problem,) = faults(f"Z,2025-01-01,40,20\n{row}\n")
    assert problem.startswith("old.csv:3: ")
    assert words in problem


def test_exactly_the_smallest_group_is_enough():
    assert [cell.n for cell in read("A,2025-01-01,40,5\nB,2025-01-01,40,5.0\n").cells] == [5, 5]


def test_every_bad_row_is_named_not_the_first_alone():
    assert len(faults("A,x,1,9\nB,2025-01-01,1,3\nC,2025-01-01,x,\n")) == 4


def test_the_number_of_too_few_answers_is_repeated_nowhere():
    assert "3 answers" not in faults("A,2025-01-01,40,3\n")[0]


def test_a_second_result_of_unit_day_and_measure_is_refused_with_the_line_of_the_first():
    (problem,) = faults("A,2025-01-01,40,20\nA,2025-01-01,41,20\n")
    assert "strain of A on 2025-01-01 is already on line 2" in problem


def test_two_units_of_one_team_may_follow_one_another_and_not_stand_together():
    mapping = mapped(A="pay", B="pay")
    assert len(read("A,2025-01-01,40,20\nB,2025-02-01,41,20\n", mapping).cells) == 2
    assert "already has the result of A" in faults("A,2025-01-01,40,20\nB,2025-01-01,41,20\n", mapping)[0]


def test_one_name_in_two_forms_of_unicode_is_one_unit():
    (fault,) = faults("Caf\u00e9,2025-03-31,40,9\nCafe\u0301,2025-03-31,41,9\n")
    assert "already on line 2" in fault
    (cell,) = read("Cafe\u0301,2025-03-31,41,9\n", mapped(Café="pay")).cells
    assert (cell.unit, cell.team) == ("Caf\u00e9", "pay")


def test_no_map_may_call_a_number_of_too_few_answers_no_number_and_vouch_for_it():
    said = '[declared]\nby = "HR"\nbecause = "Known."\nleast = 10\n'
    (fault,) = faults("A,2025-03-31,40,4\n", mapped('empty = ["4"]\n' + SMALL_MAP + said))
    assert "fewer than 5 answers" in fault


def test_small_results_are_left_out_one_by_one_where_the_map_says_so():
    file = read("A,2025-01-01,40,20\nB,2025-01-01,41,3\n", mapped('small = "skip"\n' + SMALL_MAP))
    assert [cell.unit for cell in file.cells] == ["A"]
    assert file.small == 1
    assert str(file.remarks[0]) == "old.csv:3: Left out: strain of B on 2025-01-01, fewer than 5 answers."


def test_a_declaration_lets_in_what_has_no_number_and_nothing_that_has_too_small_a_one():
    mapping = mapped(SMALL_MAP + '[declared]\nby = "HR"\nbecause = "It was so."\nleast = 8\n')
    assert [cell.n for cell in read("A,2025-01-01,40,\n", mapping).cells] == [None]
    assert "fewer than 5 answers" in faults("A,2025-01-01,40,4\n", mapping)[0]


def test_shares_are_stored_as_percent_and_shares_that_are_called_percent_are_noticed():
    rows = "A,2025-01-01,0.29,20\nB,2025-01-01,0.5,20\n"
    file = read(rows, mapped(SMALL_MAP.replace('"percent"', '"share"')))
    assert [cell.value for cell in file.cells] == [29.0, 50.0]
    assert "no value is above 1" in faults(rows)[0]


def test_years_take_the_day_of_the_map():
    mapping = mapped(SMALL_MAP.replace('date = "Day"', 'year = "Day"\nday = "10-15"'))
    assert read("A,2024,40,20\n", mapping).cells[0].wave_on == dt.date(2024, 10, 15)
    assert [problem.split(" ", 1)[1][:6] for problem in faults("A,24,40,20\nA,0000,40,20\n", mapping)] == [
        "“24” i",
        "“0000”",
    ]


def test_other_orders_of_dates_and_decimal_commas_are_read_where_the_map_says_so():
    mapping = mapped(SMALL_MAP.replace('date = "Day"', 'date = "Day"\norder = "dmy"\ndecimal = ","'))
    (cell,) = read("A;31.12.2025;40,5;20\n", mapping, head="unit;day;strain;answers\n").cells
    assert (cell.value, cell.wave_on) == (40.5, dt.date(2025, 12, 31))
    assert "is not a number" in faults("A;31.12.2025;40.5;20\n", mapping, head="unit;day;strain;answers\n")[0]


def test_rows_that_the_map_leaves_out_are_not_looked_at():
    mapping = mapped('leave_out = ["Total"]\n' + SMALL_MAP)
    assert len(read("A,2025-01-01,40,20\nTotal,never,x,1\n", mapping).cells) == 1


def test_what_map_and_file_lack_of_one_another_is_told():
    file = read("A,2025-01-01,40,20\n", mapped(A="pay", B="web"))
    assert "The unit B of the map is not in the file" in str(file.remarks[0])
    assert "The file holds no results" in faults("A,2025-01-01,,\n")[0]
    assert "The column strain is missing" in faults("A,2025-01-01,20\n", head="unit,day,answers\n")[0]


def test_a_wrong_encoding_is_refused_line_by_line():
    assert "not UTF-8" in faults((HEAD + "Zürich,2025-01-01,40,20\n").encode("latin-1"))[0]
    assert "UTF-16" in faults((HEAD + "A,2025-01-01,40,20\n").encode("utf-16"))[0]


def test_a_unit_that_looks_like_a_formula_is_only_text():
    assert read("=1+1,2025-01-01,40,20\n").cells[0].unit == "=1+1"


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_read_quickly():
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=14 * wave) for wave in range(50)]
    rows = "".join(f"unit {unit},{day},{(unit * 7 + place) % 100},{5 + unit % 40}\n" for unit in range(2_000)
                   for place, day in enumerate(days))  # fmt: skip
    began = time.thread_time()
    file = read(rows)
    assert len(file.cells) == 100_000
    assert time.thread_time() - began < 10
