"""How every command prints, and how an error becomes one sentence; needs no installation and no other system's parts.

What a command prints may come from a server or a file that nobody vouches for, so nothing in it acts on a terminal.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import traceback
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from surveys.errors import InvalidInput, SurveyError
from surveys.i18n import Message, Translator, translator

DEBUG_VARIABLE = "BAROGRAPH_DEBUG"
"""Set to anything, an unexpected error also prints where it came from."""

_MORE_PROBLEMS = 200
Decorated = TypeVar("Decorated", bound=Callable[..., object])


def now() -> dt.datetime:
    """Return the present instant."""
    return dt.datetime.now(dt.UTC)


def say() -> Translator:
    """Return the translator of the command line's language."""
    return translator(os.environ.get("BAROGRAPH_LANGUAGE", "").strip() or "en")


def one_line(text: str) -> str:
    """Return a text on one line, without signs that a terminal would act on."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def print_line(text: str) -> None:
    """Print lines on standard output; only their breaks are kept of what a terminal acts on."""
    click.echo(_printable(text))


def print_warning(text: str) -> None:
    """Print one line on standard error, in amber on a terminal."""
    click.secho(_printable(text), err=True, fg="yellow")


def print_json(value: object) -> None:
    """Print a JSON document on standard output; signs that a terminal would act on are written by number."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    click.echo("".join(sign if sign == "\n" or sign.isprintable() else json.dumps(sign)[1:-1] for sign in text))


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns that are as wide as their widest cell; each row stays on one line."""
    plain = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[place]) for row in plain) for place in range(len(plain[0]))] if plain else []
    for row in plain:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print_line("  ".join(cells).rstrip())


def print_result(value: Mapping[str, object], sentence: str, *, as_json: bool) -> None:
    """Print the outcome of a command as JSON or as one sentence."""
    if as_json:
        print_json(value)
    else:
        print_line(sentence)


def json_option(command: Decorated) -> Decorated:
    """Give a command the option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")(command)


class Commands(click.Group):
    """A group of commands that turns errors into one sentence on standard error and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; usage errors stay with click, which exits with 2."""
        try:
            return super().invoke(ctx)
        except SurveyError as error:
            _show(error)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise  # a reader that has seen enough, such as head, is no fault; click ends quietly
        except Exception as error:  # noqa: BLE001 - the one place where an unexpected error meets a person
            _show_unexpected(error)
        return ctx.exit(1)


def _show(error: SurveyError) -> None:
    tell = say()
    click.echo(_rendered(error.message), err=True)
    problems = error.problems if isinstance(error, InvalidInput) else ()
    for problem in problems[:_MORE_PROBLEMS]:
        place = problem.source if problem.line is None else f"{problem.source}:{problem.line}"
        click.echo(f"{one_line(place)}: {_rendered(problem.reason)}", err=True)
    left = len(problems) - _MORE_PROBLEMS
    if left > 0:
        click.echo(tell.n("One more problem is not shown.", "{count} more problems are not shown.", left), err=True)


def _show_unexpected(error: Exception) -> None:
    tell = say()
    click.echo(
        tell.t(
            "Something broke that should not ({kind}). What was under way was not stored. "
            "Set {variable}=1 to see where it happened.",
            kind=type(error).__name__,
            variable=DEBUG_VARIABLE,
        ),
        err=True,
    )
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)


def _rendered(message: Message) -> str:
    """Render a message; its values stay on one line, so that none of them can look like a sentence of the program."""
    return _printable(say().render(_plain_values(message)))


def _plain_values(message: Message) -> Message:
    return Message(message.text, {name: _plain_value(value) for name, value in message.params.items()})


def _plain_value(value: object) -> object:
    if isinstance(value, Message):
        return _plain_values(value)
    return one_line(value) if isinstance(value, str) else value


def _printable(text: str) -> str:
    return "".join(sign for sign in text if sign == "\n" or sign.isprintable() or unicodedata.category(sign) == "Zs")


def _plain(value: object) -> str:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be printed as JSON")
