"""What a browser has in hand before it sends: a link, the rules of a wave and its questions, made without a server."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence

from surveys.ballots import links, manifest, sealing, tokens
from surveys.ballots.manifest import ManifestCrowd, ManifestFacts
from surveys.ballots.wire import encode64
from surveys.instruments.library import load
from surveys.instruments.schema import Instrument, canonical, content_hash

INSTALLATION = tokens.installation_pair(b"\x01" * 32)
WAVE_KEY, WAVE_PUBLIC = sealing.new_wave_key()
TRUSTEE_KEY, TRUSTEE_PUBLIC = sealing.new_wave_key()
PULSE = load("pulse-1")
CROWD = "ágata+dos/tres"
FACTS = ManifestFacts(
    wave="pulse-3",
    programme="pulse",
    organisation="Larkfield Transit",
    timezone="Europe/Madrid",
    mode="sealed",
    k=5,
    thresholds={"floor": 1.5, "name": "ñ"},
    installation=INSTALLATION.public.hex(),
    wave_key=WAVE_PUBLIC.hex(),
    second_lock=None,
    keys_apart=True,
    instrument=PULSE.code,
    instrument_sha256=content_hash(PULSE),
    seconds={"en": 60, "es": 62},
    page_sha256="aa" * 32,
    script_sha256="bb" * 32,
    languages=("en", "es"),
    crowds=(
        ManifestCrowd(label=CROWD, invited=8, units=("Ágata", "Dos"), is_whole_company=False),
        ManifestCrowd(label="other", invited=9, units=("Other",), is_whole_company=False),
    ),
    structure_sha256="cc" * 32,
    moments={"variance_from": 50},
    opens_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC),
    closes_at=dt.datetime(2026, 11, 30, tzinfo=dt.UTC),
    previous=None,
)


def offered(
    facts: ManifestFacts = FACTS,
    change: Callable[[dict[str, object]], None] | None = None,
    asked: Instrument = PULSE,
) -> dict[str, object]:
    """What a browser has in hand: the parts of its link, and the documents the server sent."""
    text = manifest.build(facts)
    if change is not None:
        document = json.loads(text)
        change(document)
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return shown(text, asked)


def shown(text: str, asked: Instrument = PULSE) -> dict[str, object]:
    """The same for a manifest of any spelling, with a link that was made for it."""
    link = {"wave": "pulse-3", "crowd": CROWD, "language": "es", "readKey": "x", "code": "A" * 26,
            "mark": encode64(links.mark_of(manifest.fingerprint(text)))}  # fmt: skip
    return {"link": link, "manifest": text, "questionnaire": canonical(asked).decode(), "script": "bb" * 32,
            "list": list(manifest.WORDS)}  # fmt: skip


def sheet(answers: Mapping[str, int | None], topics: Sequence[str] = (), comment: str = "") -> dict[str, object]:
    """What the page keeps of one reader until it is sent."""
    return {"answers": dict(answers), "topics": list(topics), "comment": comment}
