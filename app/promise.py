"""Turns a code and answers into a stored ballot in promise mode: first the place of the code, then, apart, the ballot.

The one listed exception to the rule that identity and answers never meet. The place is asked for through a callable
that opens a transaction of its own; the ballot is stored in a second one, so no transaction ever sees both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from app.extensions import Database
from surveys.services.answering import Questionnaire, get_questionnaire, submit_promise_ballot


class Place(Protocol):
    """What a code stands for; holds no person."""

    @property
    def wave(self) -> str:
        """The wave."""
        ...

    @property
    def crowd(self) -> str:
        """The crowd in which the answers count."""
        ...

    @property
    def language(self) -> str:
        """The language of the invitation."""
        ...

    @property
    def secret(self) -> bytes:
        """16 bytes from which the ballot's nonce is derived."""
        ...


FindPlace = Callable[[str], Place]
"""Returns the place of a typed code in a transaction of its own; raises Refused for one that is not valid."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A questionnaire and the language in which its reader was invited."""

    questionnaire: Questionnaire
    language: str


def open_questionnaire(database: Database, find_place: FindPlace, *, typed: str, now: dt.datetime) -> Opened:
    """Return what is asked of the holder of a code; stores nothing.

    Raises:
        Refused: the code is not valid or its wave takes no answers.
    """
    place = find_place(typed)
    with database.reading() as session:
        questionnaire = get_questionnaire(session, wave=place.wave, crowd=place.crowd, now=now)
    return Opened(questionnaire=questionnaire, language=place.language)


def submit(
    database: Database,
    find_place: FindPlace,
    *,
    typed: str,
    answers: Mapping[str, int | None],
    now: dt.datetime,
    topics: Collection[str] = (),
    comment: str = "",
) -> None:
    """Seal and store the answers of the holder of a code; sending again before the close replaces.

    ``answers`` are those to items and segments, ``topics`` the codes that were ticked.

    Raises:
        Refused: the code is not valid, the wave takes no answers, an answer is none of the options, a topic is unknown,
            or the comment is too long or not asked for.
    """
    place = find_place(typed)
    with database.transaction() as session:
        questionnaire = get_questionnaire(session, wave=place.wave, crowd=place.crowd, now=now)
        submit_promise_ballot(
            session, questionnaire, secret=place.secret, answers=answers, now=now, topics=topics, comment=comment
        )
