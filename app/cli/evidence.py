"""The command that writes one file of proof about a wave, or checks such a file without any installation."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import frame
from app.cli.files import exists, read_file, write_new
from app.cli.waves import wave
from reports.exports import evidence_file
from reports.exports.evidence_file import Account, Finding
from reports.services.evidence import build_evidence
from surveys.errors import Refused

_FILE = click.Path(path_type=Path, dir_okay=False)


@wave.command()
@click.argument("name", metavar="WAVE", required=False)
@click.option("--out", type=_FILE, help="The file to write, such as evidence.zip.")
@click.option("--check", "checked", type=_FILE, help="Check this evidence file instead; needs no installation.")
@click.option("--against", type=_FILE, help="With --check: an evidence file that was kept from earlier.")
@frame.json_option
def evidence(*, name: str | None, out: Path | None, checked: Path | None, against: Path | None, as_json: bool) -> None:
    """Write what proves the life of WAVE into one file for auditors; it holds no results.

    The file has the chain of manifests, the account of the auditors, the record of the key's destruction, the hash of
    the script, what was released to whom, and a plain summary in each language. With --check a file is checked by
    itself: its sums, its chains and what it says.
    """
    if (name is None) == (checked is None) or (out is None) != (name is None):
        raise click.UsageError("Give WAVE with --out FILE, or --check FILE.")
    if against is not None and checked is None:
        raise click.UsageError("--against goes with --check.")
    if checked is not None:
        _check(checked, against, as_json=as_json)
    elif name is not None and out is not None:
        _write(name, out, as_json=as_json)


def _write(name: str, out: Path, *, as_json: bool) -> None:
    """Write the file and print what its own check says.

    Raises:
        Refused: the file exists, or something does not hold together; then it is written all the same.
    """
    if out.exists():
        raise exists(out)
    with frame.opened().database.reading() as session:
        made = build_evidence(session, wave=name)
    write_new(out, made.content)
    tell = frame.say()
    lines = [] if as_json else [tell.t("The evidence of wave {wave} is in {file}.", wave=name, file=str(out))]
    _print(made.account, made.account.findings, lines, file=out, as_json=as_json)
    if not made.account.passed:
        raise Refused("Something about wave {wave} does not hold together. The file shows it.", wave=name)


def _check(path: Path, against: Path | None, *, as_json: bool) -> None:
    """Print the account of a file.

    Raises:
        Refused: it is broken, or another file contradicts it.
    """
    content = read_file(path)
    account = evidence_file.check(content)
    findings = account.findings
    if against is not None:
        findings += evidence_file.compare(content, read_file(against))
    tell = frame.say()
    lines = []
    if account.wave and not as_json:
        lines = [
            tell.t("Evidence of wave {wave}.", wave=account.wave),
            tell.t("Fingerprint: {fingerprint}", fingerprint=account.fingerprint),
            tell.t("In words: {words}", words=account.words),
            tell.t("Compare both with what the people saw who were invited."),
        ]
    _print(account, findings, lines, file=path, as_json=as_json)
    if not all(finding.passed for finding in findings):
        raise Refused("The evidence file {file} does not hold together.", file=str(path))


def _print(account: Account, findings: tuple[Finding, ...], lines: list[str], *, file: Path, as_json: bool) -> None:
    tell = frame.say()
    passed = all(finding.passed for finding in findings)
    if as_json:
        told = [{"passed": finding.passed, "line": tell.render(finding.line)} for finding in findings]
        frame.print_json(
            {
                "wave": account.wave,
                "file": str(file),
                "fingerprint": account.fingerprint,
                "fingerprint_words": account.words,
                "passed": passed,
                "findings": told,
            }
        )
        return
    for line in lines:
        frame.print_line(line)
    for finding in findings:
        word = tell.t("right") if finding.passed else tell.t("WRONG")
        frame.print_line(f"{word}: {tell.render(finding.line)}")
