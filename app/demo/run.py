"""Turns a seed into a folder with a year of a sample organisation: database, reports, exports and ways to sign in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app import installation
from app.config import Settings
from app.demo import accounts, fieldwork, outputs, plan, redactor
from app.demo.accounts import SignIn
from app.demo.calendar import Calendar, make_calendar
from app.demo.fieldwork import WaveAccount
from app.demo.files import write_csv
from app.demo.folder import Places, prepare
from app.demo.organisation import Organisation, Team, make_organisation, people_rows, team_rows
from app.demo.progress import Progress, Silent
from app.demo.roadmap import COLUMNS, HISTORY_COLUMNS, make_roadmap
from app.demo.shapes import WAVES, Size, shape_of
from app.demo.world import make_world
from app.installation import Installation
from surveys.enums import Role
from surveys.i18n import Translator, mark, translator
from surveys.importers.organisation import OPTIONAL_TEAM_COLUMNS, PEOPLE_COLUMNS, TEAM_COLUMNS

DEFAULT_SEED = 6
_ROLES = {
    Role.HR: mark("HR"),
    Role.STEWARD: mark("steward"),
    Role.AUDITOR: mark("auditor"),
    Role.REDACTOR: mark("redactor"),
}


@dataclass(frozen=True, kw_only=True)
class DemoAccount:
    """What a demonstration made and where it is.

    ``led`` are the troubled team and the one above it, whose leaders get a way in: a team of ten is too few for
    comments of its own, so what its people write stands at the one above.
    """

    settings: Settings
    places: Places
    size: Size
    seed: int
    teams: int
    people: int
    waves: tuple[WaveAccount, ...]
    led: tuple[Team, ...]
    reports: tuple[Path, ...]
    exports: tuple[Path, ...]

    @property
    def ballots(self) -> int:
        """How many ballots were cast in all waves."""
        return sum(wave.ballots for wave in self.waves)


def run(
    *,
    folder: Path,
    size: str = Size.DEFAULT,
    seed: int = DEFAULT_SEED,
    today: dt.date,
    base_url: str = Settings.base_url,
    language: str = Settings.language,
    report: Progress | None = None,
) -> DemoAccount:
    """Make a demonstration in ``folder``, its keys in ``folder``-keys beside it; the last wave ends about ``today``.

    The same size, seed and day give the same released figures. A folder of an earlier demonstration is emptied.

    Raises:
        Refused: one of the two folders holds files that no demonstration made.
        ValueError: there is no such size.
    """
    progress = report or Silent()
    places = prepare(folder)
    settings = Settings(data_dir=places.data, key_dir=places.keys, base_url=base_url, language=language)
    calendar = make_calendar(today)
    shape = shape_of(Size(size))
    organisation = make_organisation(shape, seed=seed, first=calendar.first_opening, last=calendar.last_opening)
    write_samples(places, organisation, seed=seed, calendar=calendar)
    inst = installation.create(settings)
    try:
        waves = _hold_waves(inst, organisation, places=places, seed=seed, calendar=calendar, progress=progress)
        reports, exports = _write_outputs(inst, organisation, places=places, last=waves[-1], progress=progress)
        # After the reports, as a redactor does: they are fixed at the release of the figures and hold no comments.
        redactor.settle_comments(
            inst, wave=waves[-1].slug, now=waves[-1].released_at + redactor.READING, actor=accounts.REDACTOR
        )
    finally:
        inst.database.dispose()
    return DemoAccount(
        settings=settings,
        places=places,
        size=Size(size),
        seed=seed,
        teams=len(organisation.teams),
        people=sum(person.is_there(calendar.last_opening) for person in organisation.people),
        waves=waves,
        led=_led(organisation),
        reports=reports,
        exports=exports,
    )


def write_samples(places: Places, organisation: Organisation, *, seed: int, calendar: Calendar) -> None:
    """Write the files that a steward would import."""
    roadmap = make_roadmap(organisation, seed=seed, calendar=calendar)
    write_csv(places.samples / "teams.csv", (*TEAM_COLUMNS, *OPTIONAL_TEAM_COLUMNS), team_rows(organisation))
    write_csv(places.samples / "people.csv", PEOPLE_COLUMNS, people_rows(organisation))
    write_csv(places.samples / "roadmap.csv", COLUMNS, roadmap.items)
    write_csv(places.samples / "roadmap-history.csv", HISTORY_COLUMNS, roadmap.history)
    covered = f"covered_from = {calendar.roadmap_from}\ncovered_to = {calendar.today - dt.timedelta(days=1)}\n"
    (places.samples / "roadmap-map.toml").write_text(f"[dates]\n{covered}", encoding="utf-8")


def sign_ins(account: DemoAccount, *, now: dt.datetime) -> tuple[SignIn, ...]:
    """Return new links for two leaders and each of the staff; each works once, for ten minutes."""
    inst = installation.open_existing(account.settings)
    try:
        return accounts.sign_ins(inst, led=account.led, now=now)
    finally:
        inst.database.dispose()


def lines(account: DemoAccount, links: Sequence[SignIn], *, language: str) -> list[str]:
    """Return what to print when a demonstration is ready."""
    tr = translator(language)
    texts = [
        tr.t(
            "{people} people in {teams} teams, {waves} waves, {ballots} ballots counted and destroyed.",
            people=account.people,
            teams=account.teams,
            waves=len(account.waves),
            ballots=account.ballots,
        ),
        tr.t("Database: {path}", path=account.places.database),
        tr.t("Reports: {path}", path=account.places.reports),
        tr.t("Exports: {path}", path=account.places.exports),
        tr.t("Files as imported: {path}", path=account.places.samples),
    ]
    return texts + [_link_line(tr, link) for link in links]


def _led(organisation: Organisation) -> tuple[Team, ...]:
    own = organisation.team(organisation.shape.troubled)
    return (own,) if own.parent is None else (own, organisation.team(own.parent))


def _link_line(tr: Translator, link: SignIn) -> str:
    if link.role is Role.LEADER:
        return tr.t("Sign in as leader of {team} ({email}): {link}", team=link.team, email=link.email, link=link.link)
    return tr.t("Sign in as {role} ({email}): {link}", role=tr.t(_ROLES[link.role]), email=link.email, link=link.link)


def _hold_waves(
    inst: Installation,
    organisation: Organisation,
    *,
    places: Places,
    seed: int,
    calendar: Calendar,
    progress: Progress,
) -> tuple[WaveAccount, ...]:
    fieldwork.set_up(
        inst,
        teams=places.samples / "teams.csv",
        people=places.samples / "people.csv",
        name=organisation.shape.name,
        calendar=calendar,
    )
    accounts.add_staff(inst)
    world = make_world(organisation, seed=seed)
    label = translator(inst.settings.language).t("Waves answered, counted and released")
    numbers = progress.track(range(1, WAVES + 1), label)
    return tuple(fieldwork.hold_wave(inst, world, number=number, calendar=calendar) for number in numbers)


def _write_outputs(
    inst: Installation, organisation: Organisation, *, places: Places, last: WaveAccount, progress: Progress
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    now = last.released_at
    plan.import_plan(inst, organisation, places=places, now=now)
    reports = outputs.write_reports(
        inst, organisation, wave=last.slug, folder=places.reports, now=now, progress=progress
    )
    outputs.make_findings(inst, wave=last.slug, now=now, progress=progress)
    exports = outputs.write_exports(inst, actor=fieldwork.ACTOR, folder=places.exports, now=now)
    return reports, exports
