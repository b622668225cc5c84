"""Measures what a sealed ballot costs the server: issue, redeem, open, beside libsodium's own arithmetic as the floor.

    python -m tests.perf.ballots [--number 400] [--rounds 9]

Every figure is the median of the rounds, in milliseconds on one core; the parts alternate within a round, so that a
busy machine slows all of them alike. The floor of a step is what libsodium itself needs for its scalar multiplications
and hashes to the group, which no program over libsodium can go below.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import time
from collections.abc import Callable

import rbcl

from surveys.ballots import poprf, ristretto, sealing, tokens

_PRINT = "ab" * 32
_CROWD = "payments"

# Scalar multiplications of a variable element, of the generator, and hashes to the group in each step.
_ISSUE = (4, 1, 0)
_REDEEM = (1, 0, 1)

_TARGETS = {"issue": 0.35, "redeem": 0.13, "open": 0.1}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    found = _measure(_steps(), arguments.number, arguments.rounds)
    multiply, base, hashed = found["multiply"], found["base"], found["hash to group"]
    print("libsodium alone (ms):")
    print(f"  scalar multiplication {multiply:.4f}, of the generator {base:.4f}, hash to group {hashed:.4f}")
    floors = {
        name: counts[0] * multiply + counts[1] * base + counts[2] * hashed
        for name, counts in (("issue", _ISSUE), ("redeem", _REDEEM))
    }
    print("per ballot (ms):")
    for name in ("issue", "redeem", "open"):
        beside = f", floor {floors[name]:.3f}, ratio {found[name] / floors[name]:.2f}" if name in floors else ""
        print(f"  {name:7} {found[name]:.3f} (target {_TARGETS[name]}){beside}")
    print(f"  issue   {found['issue first']:.3f} for the first paper of a crowd in a process")
    print(f"  open    {found['open both']:.3f} with the second lock, both locks together")


def _steps() -> dict[str, Callable[[], object]]:
    pair = tokens.installation_pair(secrets.token_bytes(32))
    info = tokens.paper_info(_PRINT, _CROWD)
    nonce = secrets.token_bytes(32)
    blinded = poprf.blind(nonce, pair.public, info)
    token = poprf.finalize(nonce, blinded, poprf.blind_evaluate(pair.private, blinded.element, info), info)
    private, public = sealing.new_wave_key()
    own, trustee = sealing.new_wave_key()
    plain = sealing.pad(dict.fromkeys((f"item-{place}" for place in range(15)), 3))
    one = sealing.seal(plain, public_key=public, fingerprint=_PRINT, crowd=_CROWD)
    two = sealing.seal(plain, public_key=public, fingerprint=_PRINT, crowd=_CROWD, second_lock=trustee)
    opener = sealing.Opener(private, _PRINT)
    factor, point = ristretto.random_scalar(), ristretto.base(ristretto.random_scalar())

    def redeem() -> None:
        assert tokens.token_matches(pair.private, nonce=nonce, token=token, fingerprint=_PRINT, crowd=_CROWD)

    return {
        "multiply": lambda: rbcl.crypto_scalarmult_ristretto255(factor, point),
        "base": lambda: rbcl.crypto_scalarmult_ristretto255_base(factor),
        "hash to group": lambda: rbcl.crypto_core_ristretto255_from_hash(token),
        "issue": lambda: poprf.blind_evaluate(pair.private, blinded.element, info),
        "issue first": lambda: poprf.blind_evaluate(pair.private, blinded.element, secrets.token_bytes(80)),
        "redeem": redeem,
        "open": lambda: opener.open(one, _CROWD),
        "open both": lambda: sealing.open_inner(own, opener.open(two, _CROWD), _PRINT, _CROWD),
    }


def _measure(steps: dict[str, Callable[[], object]], number: int, rounds: int) -> dict[str, float]:
    """Return the median of milliseconds for each step."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            started = time.process_time()
            for _ in range(number):
                step()
            times[name].append(1000 * (time.process_time() - started) / number)
    return {name: statistics.median(found) for name, found in times.items()}


if __name__ == "__main__":
    main()
