"""Commands for questionnaires."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import frame
from surveys.instruments.account import account
from surveys.instruments.library import read
from surveys.instruments.schema import content_hash


@click.group(cls=frame.Commands)
def instrument() -> None:
    """Questionnaires."""


@instrument.command()
@click.argument("file", type=click.Path(path_type=Path))
@frame.json_option
def check(*, file: Path, as_json: bool) -> None:
    """Check the questionnaire in FILE (TOML) and say what it asks; every fault is printed."""
    found = read(file)
    lines = account(found, frame.say().language)
    if as_json:
        frame.print_json({"code": found.code, "sha256": content_hash(found), "account": list(lines)})
        return
    for line in lines:
        frame.print_line(line)
