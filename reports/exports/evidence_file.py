"""Packs the evidence of a wave into one file, and turns such a file into an account of whether it holds together.

The checks are written apart from what writes the rows and imports nothing of it, so that a fault there is not repeated
here. They need no installation, no database and no network.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from surveys.ballots import manifest
from surveys.i18n import Message, mark

FORMAT = "barograph-evidence/1"
CHECKSUMS = "SHA256SUMS"
FACTS, MANIFESTS, AUDIT = "evidence.json", "manifests.json", "audit.json"
SCRIPT, RELEASE = "script.json", "release.json"
EVENTS, LEDGER = "events.json", "ledger.json"
EVENT_CHAIN, LEDGER_CHAIN = "events-chain.txt", "ledger-chain.txt"

_FIRST_HASH = "0" * 64
_MOST_BYTES = 1 << 29
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)?\.(json|txt)")
_STEPS = ("opened_at", "wave.open"), ("closed_at", "wave.close"), ("counted_at", "wave.count")
_LATER_STEPS = ("key_destroyed_at", "wave.key-destroyed"), ("released_at", "wave.release")

Files = Mapping[str, bytes]
Row = Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at, in a sentence, and whether it is as it should be."""

    line: Message
    passed: bool


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the check of a file found; ``fingerprint`` and ``words`` are empty where the file could not be read."""

    wave: str
    fingerprint: str
    words: str
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Tell whether everything is as it should be."""
        return all(finding.passed for finding in self.findings)


def pack(files: Files) -> bytes:
    """Return one ZIP archive of the files and their ``SHA256SUMS``; same files, same bytes: no time, no compression."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted({**files, CHECKSUMS: "".join(lines).encode()}.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)
    return target.getvalue()


def check(content: bytes) -> Account:
    """Check an evidence file by itself: its sums, the chain of manifests, both chains of rows, and what they say."""
    try:
        files = _unpack(content)
        facts = _object(files, FACTS)
        fingerprint = _text(facts, "fingerprint")
        found = [finding for step in _CHECKS for finding in step(files, facts)]
        return Account(
            wave=_text(facts, "wave"),
            fingerprint=fingerprint,
            words=manifest.words(fingerprint),
            findings=tuple(found),
        )
    except (ValueError, KeyError, TypeError, RecursionError, zipfile.BadZipFile, NotImplementedError, EOFError):
        line = Message("This is not an evidence file, or it is damaged.")
        return Account(wave="", fingerprint="", words="", findings=(Finding(line=line, passed=False),))


def compare(content: bytes, other: bytes) -> tuple[Finding, ...]:
    """Compare two evidence files of one installation: what the older one holds must stand in the newer one as well.

    Whoever rewrites a chain from some row on makes every later hash another one; a file that was kept finds that.
    """
    try:
        files, others = _unpack(content), _unpack(other)
        keys = {_text(_object(each, FACTS), "installation") for each in (files, others)}
        if len(keys) > 1:
            return (Finding(line=Message("The two files come from different installations."), passed=False),)
        return (
            _agreement(
                EVENT_CHAIN,
                files,
                others,
                same=mark("Both files tell the same log as far as both reach."),
                rewritten=mark("The log was rewritten between the two files, at row {number}."),
            ),
            _agreement(
                LEDGER_CHAIN,
                files,
                others,
                same=mark("Both files tell the same ledger as far as both reach."),
                rewritten=mark("The ledger was rewritten between the two files, at row {number}."),
            ),
            _same_manifests(files, others),
        )
    except (ValueError, KeyError, TypeError, RecursionError, zipfile.BadZipFile, NotImplementedError, EOFError):
        return (Finding(line=Message("One of the two files cannot be read."), passed=False),)


def _unpack(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if len(set(names)) != len(names) or sum(entry.file_size for entry in entries) > _MOST_BYTES:
            raise ValueError
        if any(name != CHECKSUMS and not _NAME.fullmatch(name) for name in names):
            raise ValueError
        return {name: archive.read(name) for name in names}


def _check_sums(files: Files, facts: Row) -> list[Finding]:
    if facts.get("format") != FORMAT:
        raise ValueError
    lines = [line.partition("  ") for line in files[CHECKSUMS].decode().splitlines()]
    told = {name: digest for digest, _, name in lines}
    made = {name: hashlib.sha256(content).hexdigest() for name, content in files.items() if name != CHECKSUMS}
    wrong = sorted(name for name in {*told, *made} if told.get(name) != made.get(name))
    if wrong:
        line = Message("These files do not fit their checksums: {names}.", {"names": ", ".join(wrong)})
    else:
        line = Message("Every file fits its checksum.")
    return [Finding(line=line, passed=not wrong)]


def _check_manifests(files: Files, facts: Row) -> list[Finding]:
    listed = _rows(files, MANIFESTS)
    previous, wrong = manifest.NO_PREVIOUS, []
    for row in listed:
        text = files[_text(row, "file")].decode()
        document = _manifest(text)
        digest = manifest.fingerprint(text)
        is_right = (
            digest == row.get("fingerprint")
            and document.get("previous") == previous
            and document.get("wave") == row.get("wave")
            and document.get("programme") == facts.get("programme")
        )
        wrong += [] if is_right else [_text(row, "wave")]
        previous = digest
    if not listed or previous != facts.get("fingerprint") or listed[-1].get("wave") != facts.get("wave"):
        wrong.append(_text(facts, "wave"))
    if wrong:
        line = Message(
            "The chain of manifests is broken at: {waves}.", {"waves": ", ".join(dict.fromkeys(map(str, wrong)))}
        )
        return [Finding(line=line, passed=False)]
    line = Message(
        "Manifests back to the first wave: {count}. Each fits its fingerprint and names the one before.",
        {"count": len(listed)},
    )
    return [Finding(line=line, passed=True), *_check_promise(files, facts, _text(listed[-1], "file"))]


def _manifest(text: str) -> Row:
    """Return what a manifest says; nothing where it is not written as manifests are."""
    try:
        return manifest.parse(text)
    except ValueError:
        return {}


def _check_promise(files: Files, facts: Row, name: str) -> list[Finding]:
    """Compare what the file says of the wave with what the manifest of the wave promised."""
    promised = manifest.parse(files[name].decode())
    script = _object(files, SCRIPT)
    pairs = {
        **{what: (facts.get(what), promised[what]) for what in ("k", "mode", "installation", "second_lock")},
        **{what: (script.get(what), promised[what]) for what in ("page_sha256", "script_sha256")},
    }
    differing = sorted(what for what, (told, true) in pairs.items() if told != true)
    if differing:
        line = Message("The file says otherwise than the manifest: {names}.", {"names": ", ".join(differing)})
        return [Finding(line=line, passed=False)]
    return []


def _check_events(files: Files, facts: Row) -> list[Finding]:
    rows = _rows(files, EVENTS)
    state = _object(_object(facts, "chains"), "events")
    sound = _check_chain(_links(files, EVENT_CHAIN), rows, _event_hash)
    words = _chain_line(
        sound,
        state,
        len(_links(files, EVENT_CHAIN)),
        whole=Message("The log is whole: {count} rows.", {"count": state.get("entries")}),
        broken=Message("The chain of the log is broken at row {number}.", {"number": _broken(sound, state)}),
    )
    return [words, *_check_steps(rows, facts)]


def _check_steps(rows: Sequence[Row], facts: Row) -> list[Finding]:
    """Every step that the facts name stands in the log, in order, and the opening names the fingerprint."""
    times = _object(facts, "times")
    wave = facts.get("wave")
    done = [(when, action) for when, action in (*_STEPS, *_LATER_STEPS) if times.get(when) is not None]
    found: list[Row] = []
    for _, action in done:
        found += [row for row in rows if row.get("action") == action and row.get("subject") == wave][:1]
    numbers = [_number(row, "number") for row in found]
    is_right = len(found) == len(done) and numbers == sorted(numbers) and _is_status(rows, facts, times)
    for (when, action), row in zip(done, found, strict=False):
        if action == "wave.open":
            detail = row.get("detail")
            is_right = is_right and isinstance(detail, dict) and detail.get("fingerprint") == facts.get("fingerprint")
        if action in {"wave.open", "wave.key-destroyed", "wave.release"}:
            is_right = is_right and _second(row.get("at")) == times.get(when)
    if not is_right:
        line = Message("The log does not tell the steps of this wave as the file does.")
        return [Finding(line=line, passed=False)]
    destroyed = times.get("key_destroyed_at")
    if destroyed is None:
        line = Message("The key of the ballots is not destroyed yet.")
        return [Finding(line=line, passed=facts.get("status") not in {"released"})]
    line = Message("The key of the ballots was destroyed on {when}; the log says so.", {"when": destroyed})
    return [Finding(line=line, passed=True)]


def _is_status(rows: Sequence[Row], facts: Row, times: Row) -> bool:
    """Tell whether the status is the one that the steps lead to; a withdrawal stands in the log."""
    reached = {when for when, at in times.items() if at is not None}
    steps = (("released_at", "released"), ("counted_at", "counted"), ("closed_at", "closed"), ("opened_at", "open"))
    is_withdrawn = any(row.get("action") == "wave.withdraw" and row.get("subject") == facts.get("wave") for row in rows)
    expected = "withdrawn" if is_withdrawn else next((status for when, status in steps if when in reached), None)
    return facts.get("status") == expected


def _check_ledger(files: Files, facts: Row) -> list[Finding]:
    rows = _rows(files, LEDGER)
    state = _object(_object(facts, "chains"), "ledger")
    links = _links(files, LEDGER_CHAIN)
    sound = _check_chain(links, rows, _ledger_hash)
    found = [
        _chain_line(
            sound,
            state,
            len(links),
            whole=Message("The ledger is whole: {count} rows.", {"count": state.get("entries")}),
            broken=Message("The chain of the ledger is broken at row {number}.", {"number": _broken(sound, state)}),
        )
    ]
    if state.get("lacking"):
        found.append(Finding(line=Message("The ledger lacks rows about releases or reports."), passed=False))
    return found


def _check_release(files: Files, facts: Row) -> list[Finding]:
    release: object = json.loads(files[RELEASE])
    told = [row for row in _rows(files, LEDGER) if row.get("kind") == "release" and row.get("subject") == facts["wave"]]
    if release is None:
        is_right = not told and facts.get("status") != "released"
        return [Finding(line=Message("Nothing of this wave is released in this file."), passed=is_right)]
    if not isinstance(release, dict):
        raise TypeError
    is_right = [row.get("sha256") for row in told] == [release.get("sha256")]
    if is_right:
        line = Message("It was released once, with the checksum {sha256}; the ledger says the same.", release)
    else:
        line = Message("The ledger and the release do not say the same.")
    return [Finding(line=line, passed=is_right), *_check_audit(files)]


def _check_audit(files: Files) -> list[Finding]:
    audit = _object(files, AUDIT)
    before, again = _object(audit, "at_release"), _object(audit, "again")
    states = {
        "passed": Message("The auditors passed it before its release, and again when this file was made."),
        "impossible": Message("The auditors passed it before its release; they could not be run again."),
    }
    state = _text(again, "state")
    is_right = before.get("passed") is True and state in states
    line = states[state] if is_right else Message("The auditors do not pass this release.")
    return [Finding(line=line, passed=is_right)]


_CHECKS: tuple[Callable[[Files, Row], list[Finding]], ...] = (
    _check_sums,
    _check_manifests,
    _check_events,
    _check_ledger,
    _check_release,
)


def _links(files: Files, name: str) -> list[tuple[int, str]]:
    """Return number and hash of every row of a chain."""
    pairs = [line.split(" ") for line in files[name].decode("ascii").splitlines()]
    return [(int(number), digest) for number, digest in pairs]


def _check_chain(links: Sequence[tuple[int, str]], rows: Sequence[Row], digest: Callable[[Row], str]) -> int | None:
    """Return the first number at which a chain does not hold, as far as its rows are in the file; None: it holds."""
    for place, (number, _) in enumerate(links, start=1):
        if number != place:
            return place
    hashes = {0: _FIRST_HASH, **dict(links)}
    for row in rows:
        number = _number(row, "number")
        before, own = hashes.get(number - 1), hashes.get(number)
        if row.get("previous_hash") != before or row.get("hash") != own or digest(row) != own:
            return number
    return None


def _chain_line(found: int | None, state: Row, links: int, *, whole: Message, broken: Message) -> Finding:
    is_whole = found is None and state.get("first_broken") is None and state.get("entries") == links
    return Finding(line=whole if is_whole else broken, passed=is_whole)


def _broken(found: int | None, state: Row) -> object:
    told = [number for number in (found, state.get("first_broken")) if isinstance(number, int)]
    return min(told, default=state.get("entries"))


def _event_hash(row: Row) -> str:
    names = ("number", "at", "actor", "action", "subject", "detail", "previous_hash")
    return _sha256([row[name] for name in names])


def _ledger_hash(row: Row) -> str:
    values = [row[name] for name in ("number", "at", "actor", "kind", "subject", "cells", "sha256")]
    detail = [] if row["detail"] is None else [row["detail"]]
    return _sha256([*values, *detail, row["previous_hash"]])


def _sha256(values: Sequence[object]) -> str:
    text = json.dumps(list(values), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _agreement(name: str, files: Files, others: Files, *, same: str, rewritten: str) -> Finding:
    shorter, longer = sorted((_links(files, name), _links(others, name)), key=len)
    differing = [number for (number, digest), other in zip(shorter, longer, strict=False) if (number, digest) != other]
    if differing:
        return Finding(line=Message(rewritten, {"number": differing[0]}), passed=False)
    return Finding(line=Message(same), passed=True)


def _same_manifests(files: Files, others: Files) -> Finding:
    shared = [name for name in files if name.startswith("manifests/") and name in others]
    differing = sorted(name for name in shared if files[name] != others[name])
    if differing:
        line = Message("These manifests differ between the two files: {names}.", {"names": ", ".join(differing)})
        return Finding(line=line, passed=False)
    return Finding(line=Message("The manifests that both files hold are the same."), passed=True)


def _object(source: Mapping[str, bytes] | Row, name: str) -> Row:
    value = source[name]
    found: object = json.loads(value) if isinstance(value, bytes) else value
    if not isinstance(found, dict):
        raise TypeError
    return found


def _rows(files: Files, name: str) -> list[Row]:
    found: object = json.loads(files[name])
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise TypeError
    return found


def _text(row: Row, name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(row: Row, name: str) -> int:
    value = row[name]
    if not isinstance(value, int):
        raise TypeError
    return value


def _second(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return manifest.instant(dt.datetime.fromisoformat(value))
