"""How a long list is cut."""

from __future__ import annotations

import pytest

from app.web.parts import part_of


@pytest.mark.parametrize(
    ("asked", "number", "rows"),
    [("", 1, [0, 1]), ("2", 2, [2, 3]), ("3", 3, [4]), ("9", 3, [4]), ("0", 1, [0, 1]), ("-1", 1, [0, 1]),
     ("²", 1, [0, 1]), ("1" * 5000, 1, [0, 1])],
)  # fmt: skip
def test_a_part_is_named_by_its_number(asked: str, number: int, rows: list[int]) -> None:
    part = part_of(range(5), asked, size=2)
    assert (part.number, part.parts, list(part.rows)) == (number, 3, rows)


def test_an_empty_list_has_one_empty_part() -> None:
    part = part_of([], "", size=2)
    assert (part.number, part.parts, list(part.rows)) == (1, 1, [])
