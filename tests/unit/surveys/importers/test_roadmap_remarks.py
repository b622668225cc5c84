"""Checks that many oddities of one kind become a short list and a number."""

from surveys.i18n import Message
from surveys.importers.roadmap_remarks import LISTED, Faults, Remarks


def test_the_first_of_a_kind_are_listed_and_the_rest_is_counted_whatever_the_order():
    def found(numbers):
        remarks = Remarks("x.csv")
        for number in numbers:
            remarks.add(Message("Row {row} is odd.", {"row": f"{number:03}"}))
        return [str(problem) for problem in remarks.problems()]

    told = found(range(100))
    assert told[0] == "x.csv: Row 000 is odd."
    assert len(told) == LISTED + 1
    assert told[-1] == f"x.csv: {100 - LISTED} more like the last one."
    assert found(reversed(range(100))) == told


def test_the_same_sentence_is_kept_once_per_line():
    remarks = Remarks("x.csv")
    for line in (3, 2, 3):
        remarks.add(Message("The cell is empty."), line)
    assert [problem.line for problem in remarks.problems()] == [2, 3]


def test_every_bad_row_is_told_once_and_in_the_order_of_the_rows():
    faults = Faults("x.csv")
    for line in [*range(100, 0, -1), 7]:
        faults.add(Message("The cell {cell} is empty.", {"cell": "key"}), line)
    assert [problem.line for problem in faults.problems()] == list(range(1, 101))
