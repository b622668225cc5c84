"""Compares what a wave promised in its manifest with its rows, its key and the rules of this version.

A wave that differs is neither counted nor released.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy.orm import Session

from surveys.ballots import manifest, trustee
from surveys.errors import Refused
from surveys.i18n import mark
from surveys.instruments.schema import Instrument
from surveys.models.waves import Wave
from surveys.services.questionnaires import instrument_of
from surveys.services.tally_sums import MOMENTS
from surveys.store import waves as store
from surveys.store.keys import KeyStore

_DIFFERS = mark(
    "Wave {wave} no longer says what its manifest promised ({what}). It is neither counted nor released like this; "
    "withdraw it, and find out who changed the database."
)
_OTHER_VERSION = mark(
    "Wave {wave} was opened under rules that this version of Barograph does not have ({what}). It is neither counted "
    "nor released by this version. Finish it with the version it was opened with, or withdraw it."
)


def check_manifest(session: Session, row: Wave) -> None:
    """Refuse a wave of which anything that was promised at its opening was changed.

    That is: threshold, mode, locks, questions, comments, times, crowds, teams, who leads where, and which moments are
    kept.

    Raises:
        Refused: the sentence names the first thing that differs.
    """
    promised = _promised(row)
    units, crowds = store.list_units(session, row.slug), store.list_crowds(session, row.slug)
    instrument = instrument_of(session, row.instrument_sha256)
    names = manifest.distinct_names({unit.unit: unit.name for unit in units})
    frozen = [
        manifest.ManifestCrowd(
            label=crowd.label,
            invited=crowd.invited,
            units=[names.get(unit, "") for unit in crowd.units],
            is_whole_company=crowd.is_whole_company,
        )
        for crowd in crowds
    ]
    present = {
        "wave": row.slug,
        "k": row.k,
        "mode": row.mode,
        "second_lock": row.second_lock,
        "opens_at": manifest.instant(row.opens_at),
        "closes_at": manifest.instant(row.closes_at),
        "comments": instrument.has_comments,
        "segments": manifest.segment_list(promised_segments(instrument, _first_language(promised))),
        "crowds": manifest.crowd_list(frozen),
        "structure_sha256": manifest.structure_sha256(
            [{field: getattr(unit, field) for field in manifest.UNIT_FIELDS} for unit in units],
            [{field: getattr(crowd, field) for field in manifest.CROWD_FIELDS} for crowd in crowds],
        ),
    }
    for what, value in present.items():
        if promised.get(what) != value:
            raise Refused(_DIFFERS, wave=row.slug, what=what)
    if cast("Mapping[str, object]", promised["instrument"])["sha256"] != row.instrument_sha256:
        raise Refused(_DIFFERS, wave=row.slug, what="instrument")
    _check_rules(row, promised, "moments", MOMENTS)


def promised_segments(instrument: Instrument, language: str) -> list[manifest.ManifestSegment]:
    """Return the segments of a questionnaire as a manifest lists them, in the first language of the programme."""
    return [
        manifest.ManifestSegment(code=segment.code, options=[choice.label.to(language) for choice in segment.choices])
        for segment in instrument.segments
    ]


def check_thresholds(row: Wave, thresholds: Mapping[str, object]) -> None:
    """Refuse a wave that was opened under other disclosure rules than those of today.

    Raises:
        Refused: the sentence names the constants that differ.
    """
    _check_rules(row, _promised(row), "thresholds", thresholds)


def opening_key(keys: KeyStore, row: Wave) -> bytes:
    """Return the private key of a wave, once it is known to be the one that ballots were sealed to.

    Raises:
        Refused: the key file is gone, or it is another one: with it every ballot would look unreadable.
    """
    private = keys.wave_key(row.slug)
    if trustee.public_of(private).hex() != _promised(row)["wave_key"]:
        raise Refused(
            "The key file of wave {wave} in {folder} is not the one that its manifest names, so it opens no ballot. "
            "Its ballots were left as they are. Put the right key file back from where the key folder is kept, or "
            "withdraw the wave.",
            wave=row.slug,
            folder=str(keys.folder),
        )
    return private


def _first_language(promised: Mapping[str, object]) -> str:
    return cast("Sequence[str]", promised["languages"])[0]


def _promised(row: Wave) -> Mapping[str, object]:
    """Return what a wave promised, as far as its text is the one of the fingerprint."""
    text = row.manifest or ""
    if not text or manifest.fingerprint(text) != row.fingerprint:
        raise Refused(_DIFFERS, wave=row.slug, what="fingerprint")
    promised: dict[str, object] = json.loads(text)
    if promised["protocol"] != manifest.PROTOCOL:
        raise Refused(_OTHER_VERSION, wave=row.slug, what=str(promised["protocol"]))
    return promised


def _check_rules(row: Wave, promised: Mapping[str, object], name: str, present: Mapping[str, object]) -> None:
    before = cast("Mapping[str, object]", promised[name])
    differing = sorted(key for key in {*before, *present} if before.get(key) != present.get(key))
    if differing:
        raise Refused(_OTHER_VERSION, wave=row.slug, what=", ".join(differing))
