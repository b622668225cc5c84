"""Answers the page of a crowd: with its read key, what was last released about its teams; anything else is nothing.

Wired by ``add_results(blueprint, database=..., keys=...)``, which adds ``POST /results`` to a blueprint that is exempt
from form tokens, as its endpoint ``results``; the body limit is that of an answer.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app import errors
from app.extensions import Database
from app.web import bodies
from reports.services.last_results import GroupResults, LastResults, ShownRow, WithheldRow, find_last_results
from surveys.services.reading import may_read
from surveys.store.keys import KeyStore

_NAMES = frozenset({"wave", "crowd", "read_key"})


def add_results(blueprint: Blueprint, *, database: Database, keys: KeyStore) -> None:
    """Add ``POST /results`` to a blueprint that knows no cookie and is exempt from form tokens; nothing is logged.

    A body that cannot be read, a wrong key, an unknown wave or crowd, a wave that is over and one before the first
    release are answered alike: 404 and ``{"refused":"nothing"}``.
    """

    @blueprint.post("/results")
    def results() -> Response:
        asked = bodies.texts(request.get_data(cache=False), _NAMES)
        found = None
        if asked is not None and may_read(keys, wave=asked["wave"], crowd=asked["crowd"], claim=asked["read_key"]):
            with database.reading() as session:
                found = find_last_results(session, wave=asked["wave"], crowd=asked["crowd"])
        return errors.short(404, "nothing") if found is None else jsonify(plain(found))


def plain(found: LastResults) -> dict[str, object]:
    """Return the results as the answer page reads them."""
    return {
        "wave": found.wave,
        "released_on": found.released_on.isoformat(),
        "units": [{"names": list(group.names), "rows": _rows(group)} for group in found.groups],
    }


def _rows(group: GroupResults) -> list[dict[str, object]]:
    return [_row(row) for row in group.rows]


def _row(row: ShownRow | WithheldRow) -> dict[str, object]:
    if isinstance(row, WithheldRow):
        return {"scale": dict(row.scale), "withheld": dict(row.withheld)}
    return {"scale": dict(row.scale), "mean": row.mean, "low": row.low, "high": row.high, "text": dict(row.text)}
