"""Commands for programmes: the standing surveys whose waves follow a rhythm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

import click

from app.cli import frame
from surveys.services import programmes
from surveys.services.programmes import ProgrammeFacts
from surveys.store import accounts, waves


class _Programme(Protocol):
    slug: str
    name: str
    organisation: str
    audience: str
    rrule: str
    starts_on: dt.date
    opens_time: str
    timezone: str
    open_days: int
    release_delay_hours: int
    k: int
    languages: list[str]
    mode: str
    retention_days: int
    is_active: bool


@click.group(cls=frame.Commands)
def programme() -> None:
    """Standing surveys: whom they ask, how often, under which thresholds."""


@programme.command()
@click.argument("slug")
@click.option("--name", required=True, help="Name shown to people.")
@click.option("--organisation", required=True, help="Name of the organisation, on pages and reports.")
@click.option("--audience", required=True, help="Key of the team whose whole subtree is asked.")
@click.option("--starts-on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="First day the rhythm counts from.")
@click.option("--rrule", default=ProgrammeFacts.rrule, show_default=True, help="Rhythm of openings, RFC 5545.")
@click.option("--opens-time", default=ProgrammeFacts.opens_time, show_default=True, help="Local time of opening.")
@click.option("--timezone", default=ProgrammeFacts.timezone, show_default=True, help="Time zone of the rhythm.")
@click.option("--open-days", default=ProgrammeFacts.open_days, show_default=True, help="Days a wave stays open.")
@click.option(
    "--release-delay",
    default=ProgrammeFacts.release_delay_hours,
    show_default=True,
    type=click.IntRange(0, 24 * 30),
    help="Hours between close and release.",
)
@click.option("--k", default=ProgrammeFacts.k, show_default=True, help="Least number of answers behind any figure.")
@click.option("--languages", default=",".join(ProgrammeFacts.languages), show_default=True, help="First is default.")
@click.option(
    "--retention-days",
    default=ProgrammeFacts.retention_days,
    show_default=True,
    type=click.IntRange(1),
    help="Days that totals are kept after the release.",
)
@frame.json_option
def add(*, starts_on: dt.datetime, release_delay: int, languages: str, as_json: bool, **values: object) -> None:
    """Set up the programme SLUG; its first wave is planned by the schedule or with: barograph wave plan SLUG."""
    facts = ProgrammeFacts(
        starts_on=starts_on.date(),
        release_delay_hours=release_delay,
        languages=tuple(filter(None, (language.strip() for language in languages.split(",")))),
        **values,  # type: ignore[arg-type]
    )
    inst = frame.opened()
    with inst.database.transaction() as session:
        programmes.add_programme(session, facts)
        accounts.add_audit_event(
            session,
            at=frame.now(),
            actor=frame.ACTOR,
            action="programme.add",
            subject=facts.slug,
            detail={"audience": facts.audience, "k": facts.k, "rrule": facts.rrule},
        )
    sentence = frame.say().t("The programme {slug} is set up.", slug=facts.slug)
    frame.print_result({"slug": facts.slug}, sentence, as_json=as_json)


@programme.command()
@click.argument("slug")
@frame.json_option
def show(*, slug: str, as_json: bool) -> None:
    """Print what the programme SLUG decides."""
    with frame.opened().database.reading() as session:
        facts = _plain(waves.get_programme(session, slug))
    if as_json:
        frame.print_json(facts)
    else:
        frame.print_rows([(name, str(value)) for name, value in facts.items()])


@programme.command("list")
@frame.json_option
def list_all(*, as_json: bool) -> None:
    """Print all programmes."""
    with frame.opened().database.reading() as session:
        found = [_plain(row) for row in waves.list_programmes(session)]
    if as_json:
        frame.print_json(found)
    elif found:
        frame.print_rows([(str(row["slug"]), str(row["name"]), str(row["rrule"])) for row in found])
    else:
        frame.print_line(frame.say().t("There is no programme yet."))


def _plain(row: _Programme) -> Mapping[str, object]:
    return {
        "slug": row.slug,
        "name": row.name,
        "organisation": row.organisation,
        "audience": row.audience,
        "rrule": row.rrule,
        "starts_on": row.starts_on.isoformat(),
        "opens_time": row.opens_time,
        "timezone": row.timezone,
        "open_days": row.open_days,
        "release_delay_hours": row.release_delay_hours,
        "k": row.k,
        "languages": ", ".join(row.languages),
        "mode": row.mode,
        "retention_days": row.retention_days,
        "is_active": row.is_active,
    }
