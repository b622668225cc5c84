"""What all commands share: the installation they work on, how they print, and how an error becomes one sentence."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from app import installation
from app.config import Settings, from_environment
from app.extensions import Database
from app.installation import Installation
from surveys.errors import InvalidInput, SurveyError
from surveys.i18n import Translator, translator

ACTOR = "command line"
"""The name under which the audit log notes what a command did."""

DEBUG_VARIABLE = "BAROGRAPH_DEBUG"
"""Set to anything, an unexpected error also prints where it came from."""

_MORE_PROBLEMS = 200
Decorated = TypeVar("Decorated", bound=Callable[..., object])


def settings() -> Settings:
    """Return the settings of the environment."""
    return from_environment(os.environ)


def opened() -> Installation:
    """Return the installation that the environment names; it must exist and be up to date.

    Its connections are closed when the command ends.
    """
    inst = installation.open_existing(settings())
    close_at_end(inst.database)
    return inst


def close_at_end(database: Database) -> None:
    """Close the connections of a database when the command ends."""
    click.get_current_context().call_on_close(database.dispose)


def now() -> dt.datetime:
    """Return the present instant."""
    return dt.datetime.now(dt.UTC)


def say() -> Translator:
    """Return the translator of the command line's language."""
    return translator(os.environ.get("BAROGRAPH_LANGUAGE", "").strip() or "en")


def print_line(text: str) -> None:
    """Print one line on standard output."""
    click.echo(text)


def print_json(value: object) -> None:
    """Print a JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns that are as wide as their widest cell."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))] if rows else []
    for row in rows:
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
    click.echo(tell.render(error.message), err=True)
    problems = error.problems if isinstance(error, InvalidInput) else ()
    for problem in problems[:_MORE_PROBLEMS]:
        place = problem.source if problem.line is None else f"{problem.source}:{problem.line}"
        click.echo(f"{place}: {tell.render(problem.reason)}", err=True)
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


def _plain(value: object) -> str:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be printed as JSON")
