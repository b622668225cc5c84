"""Reads the stored documents of an analysis by name and kind, so that what is missing is told from what is zero."""

from __future__ import annotations

from collections.abc import Mapping


class Plain:
    """A part of a stored document; its values are numbers, texts, lists and further parts."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        """Tell whether there is a value under this name."""
        return self._values.get(name) is not None

    def part(self, name: str) -> Plain | None:
        """Return a part of the part, None where there is none."""
        found = self._values.get(name)
        return Plain(found) if isinstance(found, Mapping) else None

    def parts(self, name: str) -> list[Plain]:
        """Return the parts of a list, an empty list where there is none."""
        found = self._values.get(name)
        return [Plain(each) for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []

    def names(self) -> list[str]:
        """Return the names of its values."""
        return list(self._values)

    def number(self, name: str) -> float:
        """Return a number. Raises ``KeyError`` where there is none."""
        found = self._values.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise KeyError(name)
        return float(found)

    def count(self, name: str) -> int:
        """Return a whole number, 0 where there is none."""
        found = self._values.get(name)
        return int(found) if isinstance(found, int | float) else 0

    def text(self, name: str) -> str:
        """Return a text, an empty one where there is none."""
        found = self._values.get(name)
        return found if isinstance(found, str) else ""

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, an empty one where there is none."""
        found = self._values.get(name)
        return [str(each) for each in found] if isinstance(found, list) else []

    def flag(self, name: str) -> bool:
        """Return whether something is so."""
        return self._values.get(name) is True
