"""Commands for programmes: the standing surveys whose waves follow a rhythm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

import click

from app.cli import frame
from app.cli.files import read_file
from surveys.ballots import trustee
from surveys.enums import BallotMode
from surveys.instruments.library import read_segments
from surveys.services import programmes
from surveys.services.programmes import Change, ProgrammeFacts
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
    second_lock: str | None
    retention_days: int
    segments: list[dict[str, object]]
    has_comments: bool
    is_strict: bool
    is_active: bool


_MODES = click.Choice([mode.value for mode in BallotMode])
_Decorated = TypeVar("_Decorated", bound=Callable[..., object])


def _trustee_option(command: _Decorated) -> _Decorated:
    return click.option(
        "--trustee-key",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Public key file of a trustee, without whom no ballots are counted.",
    )(command)


def _asked_options(command: _Decorated) -> _Decorated:
    """Give a command the options for what is asked beside the questions, and for how figures are clipped."""
    for option in (
        click.option("--strict/--no-strict", default=None, help="Clip means further: two could have said otherwise."),
        click.option("--comments/--no-comments", default=None, help="Let people tick topics and write a comment."),
        click.option(
            "--segments",
            "segments_file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="TOML file of questions about the person who answers.",
        ),
    ):
        command = option(command)
    return command


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
@click.option("--mode", type=_MODES, default=ProgrammeFacts.mode.value, show_default=True, help="How people answer.")
@_trustee_option
@_asked_options
@frame.json_option
def add(
    *,
    starts_on: dt.datetime,
    release_delay: int,
    languages: str,
    mode: str,
    trustee_key: Path | None,
    segments_file: Path | None,
    comments: bool | None,
    strict: bool | None,
    as_json: bool,
    **values: object,
) -> None:
    """Set up the programme SLUG; its first wave is planned by the schedule or with: barograph wave plan SLUG.

    With --segments people are asked about themselves inside the sealed answers; nothing is taken from the roster.
    Each table has the code site, role_family or tenure_band and 2 to 12 choices, every text in both languages:

    \b
      [[segments]]
      code = "site"
      text = { en = "Where do you mostly work?", es = "¿Dónde trabajas sobre todo?" }
      choices = [
        { en = "Office", es = "Oficina" },
        { en = "At home", es = "En casa" },
      ]
    """
    facts = ProgrammeFacts(
        starts_on=starts_on.date(),
        release_delay_hours=release_delay,
        languages=tuple(filter(None, (language.strip() for language in languages.split(",")))),
        mode=BallotMode(mode),
        second_lock=_public_key(trustee_key),
        segments=() if segments_file is None else read_segments(segments_file),
        has_comments=bool(comments),
        is_strict=bool(strict),
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
            detail={
                "audience": facts.audience,
                "k": facts.k,
                "rrule": facts.rrule,
                "mode": mode,
                "second_lock": facts.second_lock.hex() if facts.second_lock else None,
                **_asked(waves.get_programme(session, facts.slug)),
            },
        )
    sentence = frame.say().t("The programme {slug} is set up.", slug=facts.slug)
    frame.print_result({"slug": facts.slug}, sentence, as_json=as_json)
    warn_of(facts.mode, facts.second_lock)


@programme.command()
@click.argument("slug")
@click.option("--mode", type=_MODES, help="How people answer.")
@_trustee_option
@click.option("--no-trustee", is_flag=True, help="Count without a trustee.")
@_asked_options
@click.option("--no-segments", is_flag=True, help="Ask nobody about themselves any more.")
@frame.json_option
def change(
    *,
    slug: str,
    mode: str | None,
    trustee_key: Path | None,
    no_trustee: bool,
    segments_file: Path | None,
    no_segments: bool,
    comments: bool | None,
    strict: bool | None,
    as_json: bool,
) -> None:
    """Change how people answer in SLUG, from its next opening on; refused while a wave is open.

    The form of the file for --segments is shown by: barograph programme add --help
    """
    _check_usage(trustee_key, segments_file, no_trustee=no_trustee, no_segments=no_segments)
    if not (mode or trustee_key or no_trustee or segments_file or no_segments) and comments is None and strict is None:
        raise click.UsageError(
            frame.say().t(
                "Say what to change: --mode, --trustee-key or --no-trustee, --segments or --no-segments, --comments or "
                "--no-comments, --strict or --no-strict."
            )
        )
    given = _public_key(trustee_key)
    segments = () if no_segments else None if segments_file is None else read_segments(segments_file)
    with frame.opened().database.transaction() as session:
        row = waves.get_programme(session, slug)
        wanted = BallotMode(mode or row.mode)
        kept = bytes.fromhex(row.second_lock) if row.second_lock and not no_trustee else None
        lock = given or kept
        asked = Change(segments=segments, has_comments=comments, is_strict=strict)
        planned = programmes.change_ballots(session, slug, mode=wanted, second_lock=lock, change=asked)
        detail = {
            "mode": wanted.value,
            "second_lock": lock.hex() if lock else None,
            **_asked(waves.get_programme(session, slug)),
        }
        accounts.add_audit_event(
            session, at=frame.now(), actor=frame.ACTOR, action="programme.change", subject=slug, detail=detail
        )
    tell = frame.say()
    sentence = tell.t("The programme {slug} is changed.", slug=slug)
    if planned:
        sentence += " " + tell.t("Its planned wave {wave} follows.", wave=planned)
    frame.print_result({"slug": slug, **detail, "planned_wave": planned}, sentence, as_json=as_json)
    warn_of(wanted, lock)


def _check_usage(trustee_key: Path | None, segments_file: Path | None, *, no_trustee: bool, no_segments: bool) -> None:
    if trustee_key and no_trustee:
        raise click.UsageError(frame.say().t("Give --trustee-key or --no-trustee, not both."))
    if segments_file and no_segments:
        raise click.UsageError(frame.say().t("Give --segments or --no-segments, not both."))


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
        frame.print_rows([(name, str(value)) for name, value in facts.items() if value is not None])


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


def warn_of(mode: BallotMode, second_lock: bytes | None) -> None:
    """Print on standard error what a mode without secrecy and a second lock mean."""
    tell = frame.say()
    if mode is BallotMode.PROMISE:
        frame.print_warning(tell.t(programmes.MODE_SENTENCES[mode]))
    if second_lock is not None:
        words = trustee.key_words(second_lock)
        frame.print_warning(tell.t("Second lock: the trustee's key has the words {words}.", words=words))
        frame.print_warning(tell.t(programmes.LOST_KEY))


def _public_key(path: Path | None) -> bytes | None:
    return None if path is None else trustee.parse_public(read_file(path).decode("utf-8", errors="replace"))


def _asked(row: _Programme) -> Mapping[str, object]:
    return {
        "segments": ", ".join(str(segment["code"]) for segment in row.segments),
        "has_comments": row.has_comments,
        "is_strict": row.is_strict,
    }


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
        "second_lock": row.second_lock,
        "retention_days": row.retention_days,
        **_asked(row),
        "is_active": row.is_active,
    }
