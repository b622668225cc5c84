"""Turns the many oddities of one file into a short list, and its bad rows into a whole one."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field

from surveys.errors import Problem
from surveys.i18n import Message, mark

UNDATED = mark("Changes without a readable time were left out: {count}.")
"""The remark of every reader on entries of a change log that cannot be placed in time."""

MOST_FAULTS = 1000
"""As many bad entries of a program's own file are listed; nobody mends more by hand."""

LISTED = 20
"""As many remarks of one kind are listed; the rest is a number."""


class Faults:
    """Collects the bad rows of one file: every one of them is told, each sentence about a row once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._found: dict[tuple[int, str], Problem] = {}

    def add(self, reason: Message, line: int | None = None) -> None:
        """Note ``reason`` about a line."""
        self._found.setdefault((line or 0, str(reason)), Problem(self.source, line, reason))

    def problems(self) -> tuple[Problem, ...]:
        """Return all bad rows by line; those of one line, or of none, by their English text."""
        return tuple(self._found[place] for place in sorted(self._found))


class FirstFaults(list[Problem]):
    """A list of the first thousand bad entries of a file; those after them are counted, and told as one more."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self._source, self._more = source, 0

    def note(self, reason: Message) -> None:
        """Note that an entry is bad."""
        if len(self) < MOST_FAULTS:
            self.append(Problem(self._source, None, reason))
        else:
            self._more += 1

    def problems(self) -> tuple[Problem, ...]:
        """Return what is listed, and how many more there are."""
        if not self._more:
            return tuple(self)
        more = Message("{count} more entries are bad.", {"count": self._more})
        return (*self, Problem(self._source, None, more))


@dataclass
class _Kind:
    """The remarks of one sentence: those listed, in the order of their English text, and the hashes of all."""

    listed: list[tuple[str, int, int | None, Message]] = field(default_factory=list)
    known: set[int] = field(default_factory=set)


class Remarks:
    """Collects the oddities of one file, each text once, in an order that owes nothing to the file's own."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._kinds: dict[str, _Kind] = {}

    def add(self, reason: Message, line: int | None = None) -> None:
        """Note ``reason`` about a line; the same sentence about the same line is kept once."""
        kind = self._kinds.setdefault(reason.text, _Kind())
        text = str(reason)
        mark = hash((text, line))
        if mark in kind.known:
            return
        kind.known.add(mark)
        insort(kind.listed, (text, line or 0, line, reason), key=lambda entry: entry[:2])
        del kind.listed[LISTED:]

    def problems(self) -> tuple[Problem, ...]:
        """Return the remarks sorted by their English text, with the number of those of a kind that are not listed."""
        found: list[Problem] = []
        for kind in sorted(self._kinds.values(), key=lambda kind: kind.listed[0][0]):
            found += [Problem(self.source, line, reason) for _, _, line, reason in kind.listed]
            more = len(kind.known) - len(kind.listed)
            if more:
                found.append(Problem(self.source, None, Message("{count} more like the last one.", {"count": more})))
        return tuple(found)
