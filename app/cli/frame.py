"""What the commands of an installation share: the installation they work on, and how they print."""

from __future__ import annotations

import os

import click

from app import installation
from app.cli.plain import (
    DEBUG_VARIABLE,
    Commands,
    Decorated,
    json_option,
    now,
    print_json,
    print_line,
    print_result,
    print_rows,
    print_warning,
    say,
)
from app.config import Settings, from_environment
from app.extensions import Database
from app.installation import Installation

__all__ = [
    "ACTOR",
    "DEBUG_VARIABLE",
    "Commands",
    "Decorated",
    "close_at_end",
    "json_option",
    "now",
    "opened",
    "print_json",
    "print_line",
    "print_result",
    "print_rows",
    "print_warning",
    "say",
    "settings",
]

ACTOR = "command line"
"""The name under which the audit log notes what a command did."""


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
