"""Gives everybody answers of their own and the byte strings by which an attacker would recognise them on a disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from app.installation import Installation
from surveys.enums import BallotMode
from tests.attacks.tools import spellings
from tests.support import journey
from tests.support.journey import Answers, Teams

SEVEN_TEAMS: Teams = {"root": (None, 2), **dict.fromkeys(("ant", "bee", "cat", "dog", "elk", "fox"), ("root", 9))}
"""56 people in crowds of about nine: enough that the wave tells its response and has a list of counted ballots."""


def distinct_answers(emails: Sequence[str], item_codes: Sequence[str]) -> dict[str, Answers]:
    """Give everybody answers that nobody else gives, so that a match is never luck; values 1 to 5."""
    return {
        email: {code: 1 + (number // 5**place) % 5 for place, code in enumerate(item_codes)}
        for number, email in enumerate(sorted(emails))
    }


def any_answer_needles() -> dict[str, bytes]:
    """Return what every readable ballot begins and ends with, however bytes are written; few, for large folders."""
    return spellings("any answer", b'{"answers":{"') | {
        "any padded answer": b'"v":1}' + b" " * 16,
        # Its own method puts a byte of flags, here all literal, before every eight.
        "any answer as PostgreSQL compresses it": b'{"answer\0s":{"',
    }


def answer_needles(answers: Mapping[str, Answers]) -> dict[str, bytes]:
    """Return what readable answers look like on a disk, in a log or on a wire, in common ways of writing them."""
    needles = any_answer_needles()
    for email, given in answers.items():
        needles[f"answers of {email}"] = json.dumps(dict(given), sort_keys=True, separators=(",", ":")).encode()
        needles[f"answers of {email}, spaced"] = json.dumps(dict(given), sort_keys=True).encode()
        needles[f"answers of {email}, as Python writes them"] = repr(dict(sorted(given.items()))).encode()
    return needles


def sealed_company(inst: Installation, teams: Teams, **changes: object) -> None:
    """Import an organisation and add a programme in sealed mode, whatever the default is."""
    journey.company(inst, teams, **{"mode": BallotMode.SEALED, **changes})
