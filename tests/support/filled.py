"""Fills an installation with released waves of made-up teams directly, for tests of what is made of many releases.

Values are what a release would hold: means rounded to 0.2 and clipped, bands of answers, declared spreads. A team's
level moves as docs/calibration.md says it does: a lasting level, a mood from wave to wave, and chance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sqlalchemy import insert, text, update
from sqlalchemy.orm import Session

from app.installation import Installation
from reports.disclosure.participation import response_band
from reports.disclosure.policy import POLICY_VERSION, n_band
from reports.models import Release
from reports.store import released_rows, releases
from surveys.crowds.shapes import label_of
from surveys.instruments.library import load
from surveys.instruments.schema import Instrument, content_hash, document
from surveys.models.base import canonical_json
from surveys.models.waves import Wave, WaveUnit
from surveys.store import waves as wave_store
from tests.support import journey

ROOT = "root"
WIDTH = 10
"""Teams below a unit."""

_AT_ONCE = 20_000
_STEP = 0.2
_LOWEST, _HIGHEST = 1.6, 4.4
_MOOD, _PHI, _LEVEL = 0.2, 0.5, 0.15


@dataclass(frozen=True, kw_only=True)
class World:
    """What is filled in: teams, waves and scales, and what truly happened.

    ``falls`` are points by team that its every scale falls by in the middle of the waves, ``joint`` the teams of which
    each is one crowd with the next one, ``gone`` the numbers of waves that were withdrawn after their release.
    """

    teams: int
    waves: int
    scales: int = 5
    seed: int = 1
    falls: Mapping[int, float] = field(default_factory=dict)
    joint: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()
    covariance: float = 0.0

    @property
    def instrument(self) -> Instrument:
        """The longer questionnaire with so many of its scales, two or more; the overall one is the last."""
        core = load("core-1")
        scales = (*core.scales[: self.scales - 1], core.scale("overall"))
        held = {item for scale in scales for item in scale.items}
        return replace(core, scales=scales, items=tuple(item for item in core.items if item.code in held))


def team(number: int) -> str:
    """Return the key of a team by its number from 0."""
    return f"t{number:05d}"


def tree(teams: int) -> dict[str, str | None]:
    """Return teams under units of ten, level by level up to the root."""
    parents: dict[str, str | None] = {}
    level = [team(number) for number in range(teams)]
    depth = 0
    while len(level) > WIDTH:
        depth += 1
        above = [f"u{depth}-{number:04d}" for number in range(-(-len(level) // WIDTH))]
        parents |= {unit: above[place // WIDTH] for place, unit in enumerate(level)}
        level = above
    return {**parents, **dict.fromkeys(level, ROOT), ROOT: None}


def fill(inst: Installation, world: World) -> list[str]:
    """Make an installation with the released waves of a world; returns their slugs, oldest first."""
    journey.company(inst)
    first = journey.open_wave(inst)
    asked, parents, values = world.instrument, tree(world.teams), _values(world)
    sha256 = content_hash(asked)
    slugs = []
    with inst.database.transaction() as session:
        wave_store.add_instrument_version(session, sha256=sha256, code=asked.code, document=document(asked))
        model = session.get(Wave, first.slug)
        assert model is not None
        model.instrument_sha256 = sha256
        session.flush()
        session.execute(text("DELETE FROM wave_unit"))
        session.execute(text("DELETE FROM wave_crowd"))
        base = {column.name: getattr(model, column.name) for column in Wave.__table__.columns}
    for number in range(1, world.waves + 1):
        with inst.database.transaction() as session:
            slugs.append(_wave(session, base, number, parents=parents, world=world, values=values[number - 1]))
    return slugs


def _values(world: World) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Means of all teams by wave, (scales, teams)."""
    rng = np.random.default_rng(world.seed)
    shape = (world.scales, world.teams)
    level = 3.4 + _LEVEL * rng.standard_normal(shape)
    mood = _MOOD * rng.standard_normal(shape)
    found = []
    for number in range(world.waves):
        mood = _PHI * mood + np.sqrt(1 - _PHI**2) * _MOOD * rng.standard_normal(shape)
        own = level + mood + np.sqrt(0.8 / 6) * rng.standard_normal(shape)
        for place, points in world.falls.items():
            own[:, place] -= points * (number >= world.waves // 2)
        found.append(np.clip(np.round(own / _STEP) * _STEP, _LOWEST, _HIGHEST))
    return found


def _wave(
    session: Session,
    base: Mapping[str, object],
    number: int,
    *,
    parents: Mapping[str, str | None],
    world: World,
    values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> str:
    slug = f"pulse-{number}"
    later = dt.timedelta(days=14 * (number - 1))
    times = {
        name: value + later
        for name in ("opens_at", "closes_at", "releases_at")
        if isinstance(value := base[name], dt.datetime)
    }
    status = "withdrawn" if number in world.gone else "released"
    row = {**base, **times, "slug": slug, "number": number, "fingerprint": f"{number:064x}", "status": status}
    row |= {"opened_at": times["opens_at"], "closed_at": times["closes_at"], "released_at": times["releases_at"]}
    session.execute(update(Wave).where(Wave.slug == slug).values(**row) if number == 1 else insert(Wave).values(**row))
    units = [
        {"wave": slug, "unit": unit, "parent": parent, "name": f"Team {unit}", "leader_name": "", "timezone": "UTC",
         "crowd": "", "invited": 8, "joined": 0, "left_count": 0}
        for unit, parent in parents.items()
    ]  # fmt: skip
    session.execute(insert(WaveUnit), units)
    release = Release(
        wave=slug, released_at=times["releases_at"], policy_version=POLICY_VERSION,
        audit={"passed": True, "lines": [], "covers": released_rows.COVERS}, sha256="",
    )  # fmt: skip
    asked = world.instrument
    releases.add_release(session, release, crowds=[], cells=[], moments=_moments(slug, asked))
    released_rows.add_extras(
        session, topics=[], segments=[], segment_cells=[], covariances=_covariances(slug, asked, world.covariance)
    )
    _insert(session, "released_crowd", _crowds(slug, parents, world))
    _insert(session, "released_cell", _cells(slug, world, values, [scale.code for scale in asked.scales]))
    session.flush()
    release.sha256 = released_rows.stored_checksum(session, release)
    releases.add_ledger_entry(
        session, at=times["releases_at"], actor="fill", kind="release", subject=slug, cells=values.size,
        sha256=release.sha256,
    )  # fmt: skip
    return slug


def _groups(world: World) -> Iterator[tuple[int, ...]]:
    number = 0
    while number < world.teams:
        size = 2 if number in world.joint and number + 1 < world.teams else 1
        yield tuple(range(number, number + size))
        number += size


def _band(group: tuple[int, ...]) -> list[int]:
    """Six of eight answer in each team."""
    band = n_band(6 * len(group), invited=8 * len(group))
    return [band.low, band.high]


def _crowds(slug: str, parents: Mapping[str, str | None], world: World) -> Iterator[dict[str, object]]:
    for group in _groups(world):
        units = [team(number) for number in group]
        band = _band(group)
        yield {
            "wave": slug, "crowd": label_of(units), "home": units[0] if len(group) == 1 else parents[units[0]],
            "units": canonical_json(units), "invited": 8 * len(group),
            "response": response_band(6 * len(group), 8 * len(group)).value,
            "n_low": band[0], "n_high": band[1], "is_whole_company": False, "hidden_from": "[]",
        }  # fmt: skip


def _cells(
    slug: str, world: World, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], scales: Sequence[str]
) -> Iterator[dict[str, object]]:
    for group in _groups(world):
        label = label_of([team(number) for number in group])
        band = _band(group)
        for place, scale in enumerate(scales):
            value = round(float(values[place, group[0]]), 10)
            sign = ">=" if value >= _HIGHEST else "<=" if value <= _LOWEST else "exact"
            cell = {
                "favourable": [0.0, 0.5], "high": 5.0 if sign == ">=" else round(value + _STEP / 2, 10),
                "low": 1.0 if sign == "<=" else round(value - _STEP / 2, 10), "n": band, "qualifier": sign,
                "rounding_variance": 0.0033333333, "step": _STEP, "value": value,
            }  # fmt: skip
            yield {"wave": slug, "crowd": label, "measure": scale, "cell": canonical_json(cell)}


def _moments(slug: str, asked: Instrument) -> list[Mapping[str, object]]:
    measures = [*asked.item_codes, *(scale.code for scale in asked.scales)]
    return [{"wave": slug, "scope": "", "measure": code, "n_low": 295, "variance": 0.8} for code in measures]


def _covariances(slug: str, asked: Instrument, value: float) -> list[Mapping[str, object]]:
    pairs = {(one, other) for scale in asked.scales for one in scale.items for other in scale.items if one < other}
    return [
        {"wave": slug, "measure": one, "other": other, "n_low": 295, "covariance": value}
        for one, other in sorted(pairs)
        if value
    ]


def _insert(session: Session, table: str, rows: Iterator[dict[str, object]]) -> None:
    """Insert rows whose JSON is text already; the columns are those of the first row."""
    piece: list[dict[str, object]] = []
    for row in rows:
        piece.append(row)
        if len(piece) == _AT_ONCE:
            _put(session, table, piece)
            piece = []
    if piece:
        _put(session, table, piece)


def _put(session: Session, table: str, piece: list[dict[str, object]]) -> None:
    names = list(piece[0])
    values = ", ".join(f":{name}" for name in names)
    session.execute(text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"), piece)  # noqa: S608 - fixed names
