"""Turns the query of an address into what is asked for, or into the refusal that names the parameter at fault."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from app.api import cursors
from app.api.endpoints import Endpoint
from app.api.problems import Problem
from surveys.i18n import Message

MOST_ROWS = 1000
DEFAULT_ROWS = 200
LONGEST_NAME = 64
FILTERS = ("wave", "unit", "scale")
PAGING = ("limit", "cursor")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a request asks for: the filters that it names, the most rows, and the place after which they start."""

    filters: dict[str, str]
    limit: int
    place: tuple[str, ...] | None

    def next_address(self, path: str, endpoint: Endpoint, place: tuple[str, ...]) -> str:
        """Return the address of the page after ``place``."""
        query = {
            **self.filters,
            "limit": str(self.limit),
            "cursor": cursors.encode(place, _stamp(endpoint, self.filters)),
        }
        return f"{path}?{urlencode(query)}"


def read(query: MultiDict[str, str], endpoint: Endpoint) -> Asked:
    """Return what is asked for.

    Raises:
        Problem: 400, naming the first parameter that is unknown, given twice or out of bounds.
    """
    known = (*endpoint.filters, *PAGING)
    for name in query:
        if name not in known:
            detail = Message("This list knows the parameters {known} only.", {"known": ", ".join(known)})
            raise bad(name[:LONGEST_NAME], detail)
        if len(query.getlist(name)) > 1:
            raise bad(name, Message("Give the parameter {parameter} once.", {"parameter": name}))
    filters = {name: _filter(name, query[name]) for name in endpoint.filters if name in query}
    return Asked(
        filters=filters, limit=_limit(query.get("limit")), place=_place(query.get("cursor"), endpoint, filters)
    )


def bad(parameter: str, detail: Message) -> Problem:
    """Return the refusal of a parameter."""
    return Problem(400, "bad_parameter", detail, parameter=parameter)


def _filter(name: str, value: str) -> str:
    if not 1 <= len(value) <= LONGEST_NAME:
        raise bad(name, Message("A name has 1 to {most} signs.", {"most": LONGEST_NAME}))
    return value


def _limit(value: str | None) -> int:
    if value is None:
        return DEFAULT_ROWS
    if not (value.isascii() and value.isdigit() and len(value) <= 4 and 1 <= int(value) <= MOST_ROWS):
        raise bad("limit", Message("The limit is a whole number from 1 to {most}.", {"most": MOST_ROWS}))
    return int(value)


def _place(value: str | None, endpoint: Endpoint, filters: dict[str, str]) -> tuple[str, ...] | None:
    if value is None:
        return None
    place = cursors.decode(value, _stamp(endpoint, filters), keys=len(endpoint.keys))
    if place is None:
        raise bad("cursor", Message("This cursor does not belong to this list. Start again without one."))
    return place


def _stamp(endpoint: Endpoint, filters: dict[str, str]) -> str:
    return cursors.stamp_of(endpoint.name, *(f"{name}={value}" for name, value in sorted(filters.items())))
