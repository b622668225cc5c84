"""The errors of the product: each carries one plain sentence that the edge translates and shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.i18n import Message


class SurveyError(Exception):
    """Base of every error a person may see; ``message`` is a complete sentence."""

    def __init__(self, text: str, /, **params: object) -> None:
        self.message = Message(text, params)
        super().__init__(text)

    def __str__(self) -> str:
        return str(self.message)


class NotFound(SurveyError):
    """A thing was named that does not exist, or that this reader may not know of."""


class Refused(SurveyError):
    """The request was understood and breaks a rule; nothing was changed."""


class NotPermitted(Refused):
    """The person asking has no right to this."""


@dataclass(frozen=True)
class Problem:
    """One fault of an input: where it is and what is wrong.

    ``line`` counts from 1 with the header as line 1; ``None`` where the fault is the file's as a whole.
    """

    source: str
    line: int | None
    reason: Message

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.reason}"


class InvalidInput(SurveyError):
    """An input was refused as a whole; ``problems`` lists every fault that was found."""

    def __init__(self, text: str, problems: Sequence[Problem] = (), /, **params: object) -> None:
        super().__init__(text, **params)
        self.problems = tuple(problems)
