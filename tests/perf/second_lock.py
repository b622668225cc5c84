"""Counts the same number of ballots without and with a second lock and prints milliseconds a ballot for every step.

    python -m tests.perf.second_lock [--ballots 20000] [--crowd-size 10]

The floor is opening as many ciphertexts and doing nothing else with them; with two locks there are two a ballot.
"""

from __future__ import annotations

import argparse
import datetime as dt
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app import lifecycle
from app.installation import Installation
from surveys.ballots import sealing, trustee
from surveys.enums import BallotMode
from surveys.services import handover
from surveys.store import ballots as ballot_store
from surveys.store import waves as wave_store
from tests.support import journey

_BATCH = 5_000
_CLOSE = dt.datetime(2025, 1, 20, tzinfo=dt.UTC)
Result = TypeVar("Result")


def main() -> None:
    """Close one wave without and one with a second lock, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ballots", type=int, default=20_000)
    parser.add_argument("--crowd-size", type=int, default=10)
    arguments = parser.parse_args()
    private_text, public_text = trustee.new_key()
    private, public = trustee.parse_private(private_text), trustee.parse_public(public_text)
    for lock in (None, public):
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), lock, private, arguments.ballots, arguments.crowd_size)


def _measure(folder: Path, lock: bytes | None, private: bytes, number: int, crowd_size: int) -> None:
    inst = journey.installation(folder)
    teams: dict[str, tuple[str | None, int]] = {journey.ROOT: (None, 1)}
    teams |= {f"t{place}": (journey.ROOT, crowd_size) for place in range(max(1, number // crowd_size))}
    journey.company(inst, teams, second_lock=lock, mode=BallotMode.PROMISE)
    slug = journey.plan_wave(inst)
    lifecycle.open_wave(inst, wave=slug, now=journey.START + dt.timedelta(days=5), actor="perf")
    stored = _fill(inst, slug, lock, crowd_size)
    print(f"{'two locks' if lock else 'one lock'}: {stored} ballots")

    def step(name: str, work: Callable[[], Result]) -> Result:
        started = time.perf_counter()
        result = work()
        spent = time.perf_counter() - started
        print(f"  {name}: {spent:.1f} s, {1000 * spent / stored:.3f} ms a ballot")
        return result

    done = step("close", lambda: lifecycle.close_wave(inst, wave=slug, now=_CLOSE, actor="perf"))
    if lock is not None:
        assert done.is_waiting
        made = step("handover", lambda: lifecycle.hand_over(inst, wave=slug, now=_CLOSE, actor="perf"))
        file = handover.required(made).file
        opening = step("trustee opens", lambda: trustee.open_handover(trustee.parse_handover(file), private))
        print(f"  files: {len(file) / stored:.0f} and {len(opening.file) / stored:.0f} bytes a ballot")
        step(
            "close with the opened file",
            lambda: lifecycle.close_wave(inst, wave=slug, now=_CLOSE, actor="perf", opened=opening.file),
        )
    print(f"  floor, opening one lock: {_floor():.3f} ms")
    inst.database.dispose()


def _fill(inst: Installation, wave: str, lock: bytes | None, crowd_size: int) -> int:
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave)
        crowds = [(crowd.label, min(crowd.invited, crowd_size)) for crowd in wave_store.list_crowds(session, wave)]
        fingerprint = row.fingerprint or ""
    public = trustee.public_of(inst.keys.wave_key(wave))
    codes = journey.opened(inst, wave).instrument.item_codes
    rows: list[dict[str, object]] = []
    for crowd, people in crowds:
        for place in range(people):
            plain = sealing.pad({code: 1 + (place * 7 + position) % 5 for position, code in enumerate(codes)})
            sealed = sealing.seal(plain, public_key=public, fingerprint=fingerprint, crowd=crowd, second_lock=lock)
            rows.append({"wave": wave, "nonce_hash": secrets.token_bytes(32), "crowd": crowd, "ciphertext": sealed})
    for start in range(0, len(rows), _BATCH):
        with inst.database.transaction() as session:
            ballot_store.add_ballots(session, rows[start : start + _BATCH])
    return len(rows)


def _floor(number: int = 5_000) -> float:
    private, public = sealing.new_wave_key()
    plain = sealing.pad({"item": 3})
    sealed = [sealing.seal(plain, public_key=public, fingerprint="0" * 64, crowd="t0") for _ in range(number)]
    opener = sealing.Opener(private, "0" * 64)
    started = time.perf_counter()
    for each in sealed:
        opener.open(each, "t0")
    return 1000 * (time.perf_counter() - started) / number


if __name__ == "__main__":
    main()
