"""An open wave in card mode, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import lifecycle
from app.installation import Installation
from surveys.enums import BallotMode
from surveys.services.cards import Deck, get_deck
from surveys.services.promises import check_manifest
from surveys.store import waves
from tests.support import journey


@dataclass(frozen=True)
class CardWave:
    """An installation with six teams and an open wave that is answered with cards."""

    inst: Installation
    slug: str

    def deck(self) -> Deck:
        with self.inst.database.reading() as session:
            return get_deck(session, self.inst.keys, wave=self.slug)

    def codes_of(self, unit: str) -> list[str]:
        """The codes of the group that holds a unit, by the name of the unit."""
        return list(next(box.codes for box in self.deck().boxes if unit in box.units))

    def crowds(self) -> dict[str, int]:
        with self.inst.database.reading() as session:
            return {crowd.label: crowd.invited for crowd in waves.list_crowds(session, self.slug)}

    def close(self) -> None:
        with self.inst.database.reading() as session:
            closes_at = waves.get_wave(session, self.slug).closes_at
        lifecycle.close_wave(self.inst, wave=self.slug, now=closes_at, actor="test")


@pytest.fixture
def inst(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    made = journey.installation(tmp_path, database_url)
    yield made
    made.database.dispose()


@pytest.fixture
def wave(inst: Installation) -> CardWave:
    journey.company(inst, mode=BallotMode.CARD)
    slug = journey.open_wave(inst).slug
    with inst.database.reading() as session:
        check_manifest(session, waves.get_wave(session, slug))
    return CardWave(inst=inst, slug=slug)
