"""Turns what proves the life of a wave into a plain page of sentences for a works council, in one language."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable

from reports.services import ledger
from reports.services.evidence_parts import Again, Gathered
from reports.services.ledger import RELEASE
from surveys import policies
from surveys.ballots import manifest
from surveys.enums import BallotMode, WaveStatus
from surveys.i18n import Translator
from surveys.services.programmes import MODE_SENTENCES

_WIDTH = 92


def summary(found: Gathered, tr: Translator) -> str:
    """Return the page: what was promised, checked and released to whom, how to check it, and what it does not show."""
    parts = (
        _head(found, tr),
        _promised(found, tr),
        _checked(found, tr),
        _released(found, tr),
        _how_to_check(found, tr),
        _not_shown(tr),
    )
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _head(found: Gathered, tr: Translator) -> list[str]:
    row = found.wave
    title = tr.t("Barograph: evidence of wave {wave}", wave=row.slug)
    status = tr.render(policies.status_word(WaveStatus(row.status)))
    return [
        title,
        "=" * len(title),
        "",
        tr.t("Organisation: {name}", name=str(found.promised.get("organisation", ""))),
        tr.t("Programme: {name}", name=row.programme_slug),
        tr.t("Status of the wave: {status}", status=status),
        *([tr.t("Withdrawn because: {reason}", reason=row.withdrawn_reason)] if row.withdrawn_reason else []),
        "",
        _fill(
            tr.t(
                "This file shows what was promised to those who answered, what was checked, and who got figures. It "
                "holds no results. Its words explain, the other files prove. All times are UTC."
            )
        ),
    ]


def _promised(found: Gathered, tr: Translator) -> list[str]:
    row = found.wave
    lines = [
        _when(
            row.opened_at,
            tr.t("When the wave opened on {moment}, its rules were written down in a public text, the manifest.",
                 moment=_moment(row.opened_at, tr)),
            "",
        ),
        tr.t("The fingerprint of this manifest is {fingerprint}.", fingerprint=found.fingerprint),
        tr.t("The same in words: {words}.", words=manifest.words(found.fingerprint)),
        tr.t("The people who were invited were shown the same. Ask some of them to compare."),
        tr.t(MODE_SENTENCES[BallotMode(row.mode)]),
        tr.t("No figure is about fewer than {k} people.", k=row.k),
        tr.t("A trustee holds a second key. Without it no ballot could be opened.")
        if row.second_lock
        else tr.t("There was no second lock held by a trustee."),
    ]  # fmt: skip
    return _section(tr.t("1. What was promised"), lines)


def _checked(found: Gathered, tr: Translator) -> list[str]:
    lines = [_manifests(found, tr), *_key(found, tr), *_script(found, tr), *_audit(found, tr), *_chains(found, tr)]
    return _section(tr.t("2. What was checked"), lines)


def _manifests(found: Gathered, tr: Translator) -> str:
    before = manifest.NO_PREVIOUS
    for row in found.chain:
        text = row.manifest or ""
        if manifest.fingerprint(text) != row.fingerprint or f'"previous":"{before}"' not in text:
            return tr.t("WRONG: the manifest of wave {wave} was changed, or the chain is broken there.", wave=row.slug)
        before = row.fingerprint or ""
    return tr.n(
        "It is the first manifest of its programme, and it fits its fingerprint.",
        "The manifests form a chain of {count}. Each fits its fingerprint and names the one before.",
        len(found.chain),
    )


def _key(found: Gathered, tr: Translator) -> list[str]:
    row = found.wave
    lines = [
        _when(row.closed_at, tr.t("The wave closed on {moment}.", moment=_moment(row.closed_at, tr)),
              tr.t("NOT YET: the wave has not closed.") if row.status == WaveStatus.OPEN else ""),
        _when(row.counted_at, tr.t("The ballots were counted on {moment} and deleted in the same step.",
                                   moment=_moment(row.counted_at, tr)),
              tr.t("The ballots were not counted.") if row.status == WaveStatus.WITHDRAWN
              else tr.t("NOT YET: the ballots are not counted.")),
        _when(row.rewritten_at, tr.t("The files of the database were rewritten on {moment}, so that nothing is left of "
                                     "deleted ballots.", moment=_moment(row.rewritten_at, tr)), ""),
        _when(row.key_destroyed_at, tr.t("The key that opens the ballots was destroyed on {moment}.",
                                         moment=_moment(row.key_destroyed_at, tr)),
              tr.t("NOT YET: the key that opens the ballots is not destroyed.")),
    ]  # fmt: skip
    if row.is_within_papers is not None:
        lines.append(
            tr.t("There were no more ballots than papers.")
            if row.is_within_papers
            else tr.t("WRONG: there were more ballots than papers.")
        )
    return lines


def _script(found: Gathered, tr: Translator) -> list[str]:
    script = found.script
    if script.script is None:
        return [tr.t("This wave was answered without the answer page, so there is no script to check.")]
    lines = [tr.t("The script of the answer page has the SHA-256 {sha256}.", sha256=script.script)]
    if script.committed == script.script:
        lines.append(tr.t("It is the one that version {version} was published with.", version=script.program))
    else:
        lines.append(
            tr.t("Compare it with the release notes of the version that was in use when the wave opened. They name it.")
        )
    return lines


def _audit(found: Gathered, tr: Translator) -> list[str]:
    if found.release is None:
        return [tr.t("There is no release, so there is no account of the auditors yet.")]
    passed = found.release.audit.get("passed") is True
    again = {
        Again.PASSED: tr.t("The auditors were run again for this file and passed it."),
        Again.FAILED: tr.t("WRONG: the auditors were run again for this file and did not pass it."),
        Again.IMPOSSIBLE: tr.t("The auditors could not be run again for this file:"),
    }
    lines = [
        tr.t("The auditors looked for groups that are too small, and passed the release.")
        if passed
        else tr.t("WRONG: the auditors did not pass the release."),
        again[found.rerun.state],
    ]
    if found.rerun.state is Again.PASSED:
        return lines
    return [*lines, *(tr.render(line) for line in found.rerun.lines)]


def _chains(found: Gathered, tr: Translator) -> list[str]:
    log = found.log
    if log.broken is None:
        first = tr.n("The log has one row. Its chain is whole.", "The log has {count} rows. Its chain is whole.",
                     log.entries)  # fmt: skip
    else:
        first = tr.t("WRONG: the chain of the log is broken at row {number}.", number=log.broken)
    chain = found.book.chain
    rows = tr.n("The ledger has one row.", "The ledger has {count} rows.", chain.entries)
    return [first, " ".join([rows, *(tr.render(sentence) for sentence in chain.sentences())])]


def _released(found: Gathered, tr: Translator) -> list[str]:
    return _section(tr.t("3. What was released, and to whom"), [*_release(found, tr), *_hand_outs(found, tr)])


def _release(found: Gathered, tr: Translator) -> list[str]:
    release, row = found.release, found.wave
    if release is None:
        if row.status == WaveStatus.WITHDRAWN:
            return [tr.t("Nothing. The wave was withdrawn before its release.")]
        return [tr.t("NOT YET: nothing of this wave is released.")]
    lines = [
        tr.t(
            "The wave was released on {moment}, once and for all, under version {version} of the rules of disclosure.",
            moment=_moment(release.released_at, tr),
            version=release.policy_version,
        ),
        tr.t("The checksum of the release is {sha256}.", sha256=release.sha256),
    ]
    if row.is_none:
        lines.append(tr.t("It was released as none: too few answered in all. There are no figures of it."))
    else:
        lines.append(
            tr.t(
                "A release opens its figures to HR on screen, to the leaders for their teams, and, on the answer page "
                "of the next wave, to the people of a group for their own group. Who of a group reads them there, and "
                "when, is noted nowhere."
            )
        )
    if row.status == WaveStatus.WITHDRAWN:
        lines.append(tr.t("It was withdrawn later. Since then nobody is shown it."))
    return lines


def _hand_outs(found: Gathered, tr: Translator) -> list[str]:
    """Return a line for everybody who got figures, by first row: who, what, how often, and when."""
    groups: dict[tuple[str, str], list[dt.datetime]] = {}
    for entry in found.book.entries:
        if entry.row.kind != RELEASE:
            groups.setdefault((entry.row.actor, entry.row.kind), []).append(entry.row.at)
    if not groups:
        return [tr.t("The ledger names nobody else who got figures of this wave.")]
    lines = [tr.t("The ledger names these hand-outs besides; each with its cells and its checksum is in ledger.json:")]
    for (actor, kind), times in groups.items():
        first, last = _moment(min(times), tr), _moment(max(times), tr)
        when = first if first == last else tr.t("{first} to {last}", first=first, last=last)
        lines.append(
            "  "
            + tr.n(
                "{who}: {what}, once, {when}",
                "{who}: {what}, {count} times, {when}",
                len(times),
                who=actor,
                what=ledger.kind_word(kind, tr),
                when=when,
            )
        )
    return lines


def _how_to_check(found: Gathered, tr: Translator) -> list[str]:
    head = found.book.links[-1] if found.book.links else None
    lines = [
        tr.t("Unpack the file and run in its folder: sha256sum -c SHA256SUMS. Every line must say OK."),
        tr.t(
            "Run: sha256sum manifests/*.json. The digits of {wave} must be those that members saw.",
            wave=found.wave.slug,
        ),
        tr.t(
            "Run: barograph wave evidence --check FILE. It checks all of this by itself, on any machine with the "
            "program, without network and without this installation."
        ),
        tr.t(
            "Keep this file. Later run: barograph wave evidence --check NEWER --against FILE. Whoever rewrites the "
            "past makes other hashes, and the file that you kept shows it."
        ),
    ]
    if head is not None:
        lines.append(
            tr.t("If you keep only one line, keep this: row {number} of the ledger has the hash {hash}.",
                 number=head[0], hash=head[1])
        )  # fmt: skip
    return _section(tr.t("4. How to check it yourself"), lines)


def _not_shown(tr: Translator) -> list[str]:
    lines = [
        tr.t("No results: no answer, no mean, no number of answers."),
        tr.t("Nobody who was invited or who answered. The names in it are those of staff accounts that got figures."),
        tr.t("Rows of the log and the ledger about other things. Only their hashes are here; they hold the chains."),
        tr.t(
            "That nobody lied from the start. Whoever runs the installation could write such a file anew with other "
            "content. Two things are out of their hands: the fingerprint that members saw, and files that you kept."
        ),
    ]  # fmt: skip
    return _section(tr.t("5. What this file does not show"), lines)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return [title, "-" * len(title), "", *(_item(line) for line in lines if line)]


def _item(line: str) -> str:
    """Wrap a line as an item of a list; one that begins with blanks stands further in."""
    margin = "    " if line.startswith(" ") else ""
    return _fill(line.strip(), first=f"{margin}- ", rest=f"{margin}  ")


def _fill(line: str, *, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        line, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _when(moment: dt.datetime | None, done: str, open_yet: str) -> str:
    return open_yet if moment is None else done


def _moment(moment: dt.datetime | None, tr: Translator) -> str:
    return "" if moment is None else tr.moment(moment)
