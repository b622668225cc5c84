"""Counts a wave of many ballots of 15 items and prints seconds and peak memory beside opening alone.

    python -m tests.perf.count [--ballots 100000] [--crowd-size 10]

The floor is opening the same ciphertexts in the same run and doing nothing else with them. Before that, answers that
are open already are added up: over crowds, and over the segment cells that the ledger admits.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import secrets
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from app.config import Settings
from app.installation import Installation, create
from reports.disclosure.segments import admit
from surveys.ballots import manifest, sealing
from surveys.crowds.shapes import Crowd
from surveys.enums import WaveStatus
from surveys.instruments.library import compose, load
from surveys.instruments.schema import Instrument, ResponseOption, Segment, Text, content_hash, document
from surveys.models.waves import Wave, WaveCrowd, WaveUnit
from surveys.services import programmes, tally, tally_segments, tally_sums
from surveys.store import ballots as ballot_store
from surveys.store import waves as wave_store

_WAVE = "perf-1"
_BATCH = 10_000
_OPEN_BALLOTS = 65_000
_OPEN_CROWDS = 7_400
_UNITS = 10


def main() -> None:
    """Prepare a closed wave, count it, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ballots", type=int, default=100_000)
    parser.add_argument("--crowd-size", type=int, default=10)
    arguments = parser.parse_args()
    _aggregate(compose([load("core-1"), load("burnout-1")]))
    with tempfile.TemporaryDirectory() as folder:
        inst = create(Settings(data_dir=Path(folder) / "data", key_dir=Path(folder) / "keys"))
        instrument = compose([load("core-1"), load("burnout-1")])
        started = time.perf_counter()
        fingerprint = _prepare(inst, instrument, arguments.ballots, arguments.crowd_size)
        print(
            f"sealed and stored {arguments.ballots} ballots of {len(instrument.items)} items "
            f"in {time.perf_counter() - started:.1f} s"
        )
        before = _peak()
        started = time.perf_counter()
        with inst.database.transaction() as session:
            account = tally.count_wave(
                session, inst.keys, wave=_WAVE, now=_now(), papers=arguments.ballots, admit=admit
            )
        count = time.perf_counter() - started
        print(f"count: {count:.1f} s, {1000 * count / arguments.ballots:.3f} ms a ballot, {account.crowds} crowds")
        print(f"peak memory: {_peak():.0f} MiB ({before:.0f} MiB before the count)")
        floor = _floor(fingerprint, instrument)
        print(
            f"opening alone: {floor:.3f} ms a ballot; count / opening = {1000 * count / arguments.ballots / floor:.2f}"
        )


def _aggregate(instrument: Instrument) -> None:
    """Add up answers that are open already, and print the seconds: the best of five."""
    dice = np.random.default_rng(1)
    most = [instrument.option_set(item).maximum for item in instrument.items]
    answers = np.minimum(dice.integers(1, 6, (_OPEN_BALLOTS, len(most))), most).astype(np.int8)
    skipped = np.where(dice.random(answers.shape) < 0.02, 0, answers).astype(np.int8)
    crowds = dice.permutation(np.arange(_OPEN_BALLOTS) % _OPEN_CROWDS)
    labels = [f"t{place}" for place in range(_OPEN_CROWDS)]
    for name, given in (("", answers), (", 2 % skipped", skipped)):
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            made = tally_sums.sum_crowds(instrument, given, crowds, labels=labels, k=5, wave=_WAVE)
            rows = sum(1 for _ in made["totals"])
            seconds.append(time.perf_counter() - started)
        print(f"adding up {_OPEN_BALLOTS} open ballots{name}: {min(seconds):.2f} s for {rows} totals")
    _segments(instrument, skipped, crowds, labels, dice)


def _segments(
    instrument: Instrument,
    answers: np.typing.NDArray[np.int8],
    crowds: np.typing.NDArray[np.int64],
    labels: list[str],
    dice: np.random.Generator,
) -> None:
    """Admit and add up three segments of four options and no answer in ten units, and print the seconds."""
    name = Text(en="?", es="?")
    choices = tuple(ResponseOption(code=code, label=name) for code in range(1, 5))
    asked = tuple(Segment(code=code, text=name, choices=choices) for code in ("role_family", "site", "tenure_band"))
    options = dice.choice(5, (len(answers), 3), p=[0.05, 0.4, 0.3, 0.2, 0.05]).astype(np.int8)
    parents: dict[str, str | None] = {"root": None} | {f"u{place}": "root" for place in range(_UNITS)}
    final = [
        Crowd(label=label, units=(label,), home=f"u{place % _UNITS}", invited=0) for place, label in enumerate(labels)
    ]
    started = time.perf_counter()
    made = tally_segments.count_segments(
        replace(instrument, segments=asked), answers, options, crowds,
        final=final, parents=parents, k=5, wave=_WAVE, admit=admit,
    )  # fmt: skip
    print(f"three segments of {_UNITS} units: {time.perf_counter() - started:.2f} s, {len(made.counts)} cells")


def _prepare(inst: Installation, instrument: Instrument, number: int, crowd_size: int) -> str:
    private, public = sealing.new_wave_key()
    inst.keys.add_wave_key(_WAVE, private)
    crowds = max(1, number // crowd_size)
    labels = [f"t{place}" for place in range(crowds)]
    text = manifest.build(
        manifest.ManifestFacts(
            wave=_WAVE,
            programme="perf",
            organisation="Perf",
            timezone="UTC",
            mode="sealed",
            k=5,
            thresholds={},
            installation="",
            wave_key=public.hex(),
            second_lock=None,
            keys_apart=False,
            instrument=instrument.code,
            instrument_sha256=content_hash(instrument),
            seconds={},
            page_sha256=None,
            script_sha256=None,
            languages=["en"],
            crowds=[
                manifest.ManifestCrowd(label=label, invited=crowd_size, units=[label], is_whole_company=False)
                for label in labels
            ],
            structure_sha256=manifest.structure_sha256(_units(labels, crowd_size), _crowds(labels, crowd_size)),
            moments=tally_sums.MOMENTS,
            opens_at=_now(),
            closes_at=_now(),
            previous=None,
        )
    )
    fingerprint = manifest.fingerprint(text)
    with inst.database.transaction() as session:
        _wave(session, instrument, labels, crowd_size, text, fingerprint)
    for start in range(0, number, _BATCH):
        rows: list[dict[str, object]] = []
        for place in range(start, min(number, start + _BATCH)):
            answers = {code: 1 + (place * 7 + position) % 5 for position, code in enumerate(instrument.item_codes)}
            label = labels[place % crowds]
            sealed = sealing.seal(sealing.pad(answers), public_key=public, fingerprint=fingerprint, crowd=label)
            rows.append({"wave": _WAVE, "nonce_hash": secrets.token_bytes(32), "crowd": label, "ciphertext": sealed})
        with inst.database.transaction() as session:
            ballot_store.add_ballots(session, rows)
    return fingerprint


def _wave(session, instrument, labels, crowd_size, text, fingerprint):  # type: ignore[no-untyped-def]
    programmes.add_programme(
        session,
        programmes.ProgrammeFacts(
            slug="perf", name="Perf", organisation="Perf", audience="root", starts_on=dt.date(2026, 1, 5)
        ),
    )
    sha256 = content_hash(instrument)
    wave_store.add_instrument_version(session, sha256=sha256, code=instrument.code, document=document(instrument))
    wave_store.add_wave(
        session,
        Wave(
            slug=_WAVE, programme_slug="perf", number=1, status=WaveStatus.CLOSED, mode="sealed", k=5,
            instrument_sha256=sha256, opens_at=_now(), closes_at=_now(), releases_at=_now(), is_none=False,
            manifest=text, fingerprint=fingerprint,
        ),
    )  # fmt: skip
    session.execute(insert(WaveUnit), _units(labels, crowd_size))
    session.execute(insert(WaveCrowd), _crowds(labels, crowd_size))


def _units(labels: list[str], crowd_size: int) -> list[dict[str, object]]:
    unit = {"wave": _WAVE, "leader_name": "", "timezone": "UTC", "joined": 0, "left_count": 0}
    return [
        {**unit, "unit": "root", "parent": None, "name": "All", "crowd": "", "invited": 0},
        *(
            {**unit, "unit": each, "parent": "root", "name": each, "crowd": each, "invited": crowd_size}
            for each in labels
        ),
    ]


def _crowds(labels: list[str], crowd_size: int) -> list[dict[str, object]]:
    return [
        {
            "wave": _WAVE, "label": each, "home": each, "invited": crowd_size, "units": [each], "leads": [],
            "receiving": [], "is_whole_company": False, "final_label": None, "answers_low": None,
        }
        for each in labels
    ]  # fmt: skip


def _floor(fingerprint: str, instrument: Instrument, number: int = 5_000) -> float:
    private, public = sealing.new_wave_key()
    plain = sealing.pad(dict.fromkeys(instrument.item_codes, 3))
    sealed = [sealing.seal(plain, public_key=public, fingerprint=fingerprint, crowd="t0") for _ in range(number)]
    opener = sealing.Opener(private, fingerprint)
    started = time.perf_counter()
    for each in sealed:
        opener.open(each, "t0")
    return 1000 * (time.perf_counter() - started) / number


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _now() -> dt.datetime:
    return dt.datetime(2026, 1, 12, 9, tzinfo=dt.UTC)


if __name__ == "__main__":
    main()
