"""The trustee's own commands, which need no installation, no network and nothing that only a server has."""

from __future__ import annotations

import os
from pathlib import Path

import click

from app.cli import plain
from app.cli.files import exists, read_file, write_new
from surveys.ballots import trustee as lock
from surveys.errors import Refused

_FILE = click.Path(path_type=Path, dir_okay=False)

_NEAR = 3
"""So few ballots above the least number are worth a question: made-up ones are cheap to add up to it."""


@click.group(cls=plain.Commands)
def trustee() -> None:
    """The second lock of the works council: make a key, open a handover. Needs no installation and no network."""


@trustee.command()
@click.option("--out", required=True, type=_FILE, help="The private key file; the public one is named FILE.pub.")
@plain.json_option
def keygen(*, out: Path, as_json: bool) -> None:
    """Make a key: a private file to keep, and a public one to give to whoever runs the surveys."""
    public_file = out.with_name(f"{out.name}.pub")
    for path in (out, public_file):
        if path.exists():
            raise exists(path)
    private, public = lock.new_key()
    write_new(out, private.encode())
    write_new(public_file, public.encode())
    words = lock.key_words(lock.parse_public(public))
    tell = plain.say()
    sentence = "\n".join(
        (
            tell.t("The private key is in {file}. Give it to nobody.", file=str(out)),
            tell.t("The public key is in {file}. Give this one to whoever runs the surveys.", file=str(public_file)),
            tell.t(
                "Words of this key: {words}. Compare them on the answer page of a member when a wave opens.",
                words=words,
            ),
            tell.t(
                "Keep three copies of the private key in three places. Without it nobody can open the ballots of a "
                "wave that it locks: if every copy is lost, the wave is lost."
            ),
        )
    )
    plain.print_result({"private": str(out), "public": str(public_file), "words": words}, sentence, as_json=as_json)


@trustee.command()
@click.argument("file", type=_FILE)
@plain.json_option
def show(*, file: Path, as_json: bool) -> None:
    """Print the words of the key in FILE, be it the private or the public one."""
    text = _text(file)
    is_private = text.startswith(lock.PRIVATE_HEADER)
    public = lock.public_of(lock.parse_private(text)) if is_private else lock.parse_public(text)
    words = lock.key_words(public)
    tell = plain.say()
    kind = tell.t("private key") if is_private else tell.t("public key")
    sentence = tell.t("{kind}: {words}", kind=kind, words=words)
    sentence += "\n" + tell.t("Digits of the public key: {digits}", digits=public.hex())
    plain.print_result({"private": is_private, "words": words, "public_key": public.hex()}, sentence, as_json=as_json)


@trustee.command("open")
@click.argument("handover_file", metavar="HANDOVER", type=_FILE)
@click.option("--key", required=True, type=_FILE, help="The private key file.")
@click.option("--out", required=True, type=_FILE, help="The file to give back; it is sealed to the wave.")
@click.option(
    "--fingerprint", metavar="DIGITS", help="The 64 digits that members see; a handover with others is refused."
)
@plain.json_option
def open_it(*, handover_file: Path, key: Path, out: Path, fingerprint: str | None, as_json: bool) -> None:
    """Open the ballots of HANDOVER, mix them, and seal them to the wave; nothing readable is written anywhere.

    Always open with the same copy of the key: beside it stands which handover of which wave was opened.
    """
    if out.exists():
        raise exists(out)
    private = lock.parse_private(_text(key))
    given = lock.parse_handover(read_file(handover_file))
    promise = lock.check_handover(given, lock.public_of(private))
    _check_digits(promise, fingerprint)
    warnings = _warnings(promise, _list_beside(key))
    if not as_json:
        _print_promise(promise)
        for warning in warnings:
            plain.print_warning(warning)
    _check_only_once(key, promise)
    opening = lock.open_handover(given, private)
    write_new(out, opening.file)
    tell = plain.say()
    sentence = tell.n(
        "One ballot was opened and sealed to the wave in {file}. Give this file back.",
        "{count} ballots were opened, mixed and sealed to the wave in {file}. Give this file back.",
        opening.opened,
        file=str(out),
    )
    if opening.unreadable:
        sentence += " " + tell.n(
            "One ballot could not be read and was left out.",
            "{count} ballots could not be read and were left out.",
            opening.unreadable,
        )
    result = {
        "wave": promise.wave,
        "fingerprint": promise.fingerprint,
        "fingerprint_words": promise.words,
        "k": promise.k,
        "invited": promise.invited,
        "ballots": promise.ballots,
        "groups": promise.groups,
        "opened": opening.opened,
        "unreadable": opening.unreadable,
        "more_ballots_than_invited": list(promise.crowds_above_invited),
        "warnings": warnings,
        "file": str(out),
    }
    plain.print_result(result, sentence, as_json=as_json)


def _text(path: Path) -> str:
    return read_file(path).decode("utf-8", errors="replace")


def _print_promise(promise: lock.Promise) -> None:
    tell = plain.say()
    rows = [
        (tell.t("Wave"), promise.wave),
        (tell.t("Organisation"), promise.organisation),
        (tell.t("Fingerprint"), promise.fingerprint),
        (tell.t("Fingerprint in words"), promise.words),
        (tell.t("Threshold k"), str(promise.k)),
        (tell.t("People invited"), str(promise.invited)),
        (tell.t("Ballots"), str(promise.ballots)),
        (tell.t("Groups they are mixed in"), str(promise.groups)),
    ]
    plain.print_rows([row for row in rows if row[1]])
    plain.print_line(
        tell.t(
            "Compare all digits of the fingerprint with those on the answer page of a member. The words alone find "
            "mistakes, not every forgery."
        )
    )


def _check_digits(promise: lock.Promise, digits: str | None) -> None:
    if digits is not None and "".join(digits.split()).lower() != promise.fingerprint:
        raise Refused(
            "The fingerprint of this handover is {fingerprint}. It is not the one that you gave. Do not open it; ask "
            "who changed it.",
            fingerprint=promise.fingerprint,
        )


def _warnings(promise: lock.Promise, beside: Path) -> list[str]:
    """Return what a trustee should ask about; none of it is wrong by itself."""
    tell = plain.say()
    found = []
    if promise.crowds_above_invited:
        found.append(
            tell.t("There are more ballots than people invited. Ask for an explanation before you give anything back.")
        )
    if promise.fewest < promise.k + _NEAR:
        found.append(
            tell.t(
                "The smallest group has {fewest} ballots, and {k} is the least there may be. If all but one of them "
                "were made up, the server would learn the true one. Ask members of small groups whether so many took "
                "part.",
                fewest=promise.fewest,
                k=promise.k,
            )
        )
    if promise.full_groups:
        found.append(
            tell.n(
                "In one group exactly as many ballots came as people were invited. Ask whether all of them took part.",
                "In {count} groups exactly as many ballots came as people were invited. Ask whether all of them took "
                "part.",
                promise.full_groups,
            )
        )
    if not beside.exists():
        found.append(
            tell.t(
                "There is no record of an earlier handover beside this key. If this key has opened one before, "
                "stop: open with that copy of the key, beside which the file {file} lies.",
                file=beside.name,
            )
        )
    return found


def _list_beside(key: Path) -> Path:
    return key.with_name(f"{key.name}.waves")


def _check_only_once(key: Path, promise: lock.Promise) -> None:
    """Note beside the key which handover of a wave it opens; another one of the same wave is refused.

    Two handovers that differ in one ballot would tell, by their difference, what this ballot says.
    """
    path = _list_beside(key)
    line = f"{promise.fingerprint} {promise.handover_sha256}"
    try:
        known = path.read_text(encoding="ascii").splitlines() if path.exists() else []
        if line in known:
            return
        if any(each.startswith(promise.fingerprint) for each in known):
            raise Refused(
                "This key has already opened another handover of wave {wave}. Two of them together could tell what "
                "one person answered. Ask why there is a second one.",
                wave=promise.wave,
            )
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as stream:
            stream.write(f"{line}\n".encode())
            stream.flush()
            os.fsync(stream.fileno())
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            "The list of opened waves in {file} cannot be kept: {reason}.", file=str(path), reason=type(error).__name__
        ) from None
