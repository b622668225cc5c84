"""The promises of a made-up wave, for tests of the manifest and of those who read it."""

from __future__ import annotations

import datetime as dt

from surveys.ballots.manifest import ManifestFacts

FACTS = ManifestFacts(
    wave="pulse-1",
    programme="pulse",
    organisation="Acme",
    timezone="Europe/Madrid",
    mode="sealed",
    k=5,
    thresholds={"policy": "1", "spread_minimum": 20},
    installation="aa" * 32,
    wave_key="bb" * 32,
    second_lock=None,
    keys_apart=False,
    instrument="pulse-1",
    instrument_sha256="cc" * 32,
    seconds={"en": 61, "es": 70},
    page_sha256=None,
    script_sha256=None,
    languages=("en", "es"),
    crowds=(),
    structure_sha256="dd" * 32,
    moments={"variance_from": 50},
    opens_at=dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC),
    closes_at=dt.datetime(2025, 1, 13, 8, tzinfo=dt.UTC),
    previous=None,
)
