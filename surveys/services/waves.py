"""The life of a wave up to its close: planning by the rhythm, freezing at opening, closing and withdrawing.

Opening freezes units, names, crowds and counts into the wave tables; nothing after it reads the organisation.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from surveys import policies
from surveys.ballots import codes, manifest, sealing
from surveys.crowds.history import kept_merges
from surveys.crowds.planning import plan_crowds
from surveys.crowds.shapes import Plan, Unit
from surveys.crowds.thresholds import DEFAULT_RESPONSE
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import Refused
from surveys.instruments.account import answering_seconds
from surveys.instruments.schema import Instrument
from surveys.models.organisation import Team
from surveys.models.waves import Programme, Wave
from surveys.services import cards, programmes
from surveys.services.frozen import merge_histories
from surveys.services.promises import promised_segments
from surveys.services.questionnaires import instrument_of
from surveys.services.tally_sums import MOMENTS
from surveys.store import answer_files
from surveys.store import invitations as invitation_store
from surveys.store import organisation as organisation_store
from surveys.store import waves as store
from surveys.store.answer_files import AnswerPage
from surveys.store.keys import KeyStore
from surveys.store.organisation import RosterEntry


@dataclass(frozen=True, kw_only=True)
class Roster:
    """Who belongs to the audience on a day: the active teams below it and their people, by person."""

    teams: tuple[Team, ...]
    entries: tuple[RosterEntry, ...]

    @property
    def homes(self) -> dict[str, str]:
        """Home team by person."""
        return {entry.person_id: entry.team for entry in self.entries}


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a wave promises beside its own rows: how figures are withheld, where its key lies, the page it keeps.

    ``thresholds`` are the constants of the disclosure rules; ``page`` is needed in sealed mode and left out in others.
    ``has_redactor`` tells whether somebody can read comments before anybody else does.
    """

    thresholds: Mapping[str, object]
    keys_apart: bool
    page: AnswerPage | None
    has_redactor: bool = True


def plan_wave(session: Session, *, programme: str, now: dt.datetime) -> Wave:
    """Plan the next wave of a programme by its rhythm; past openings that were never held are skipped.

    Raises:
        Refused: the rhythm has ended, or a planned wave already waits.
    """
    row = store.get_programme(session, programme)
    earlier = store.list_waves(session, programme=programme)
    waiting = next((wave for wave in earlier if wave.status == WaveStatus.PLANNED), None)
    if waiting is not None:
        raise Refused("Wave {wave} is already planned.", wave=waiting.slug)
    opens_at = programmes.opening_after(row, earlier[-1].opens_at if earlier else None)
    length = dt.timedelta(days=row.open_days)
    while opens_at + length <= now:
        opens_at = programmes.opening_after(row, opens_at)
    number = earlier[-1].number + 1 if earlier else 1
    closes_at = opens_at + length
    wave = Wave(
        slug=f"{row.slug}-{number}",
        programme_slug=row.slug,
        number=number,
        status=WaveStatus.PLANNED,
        mode=row.mode,
        second_lock=row.second_lock,
        k=row.k,
        is_strict=row.is_strict,
        instrument_sha256=programmes.add_questionnaire(session, row, number),
        opens_at=opens_at,
        closes_at=closes_at,
        releases_at=closes_at + dt.timedelta(hours=row.release_delay_hours),
        is_none=False,
    )
    store.add_wave(session, wave)
    return wave


def open_wave(session: Session, keys: KeyStore, *, wave: str, now: dt.datetime, terms: Terms) -> Plan:
    """Freeze roster, questionnaire and answer page, plan the crowds, make the wave key, publish the manifest, invite.

    In card mode nobody gets a link: each crowd gets as many cards as it has people. The key file is written before the
    caller commits; an interrupted opening leaves a planned wave, and the next one replaces the key.

    Raises:
        Refused: the wave is not planned, fewer than k people are invited, or it takes comments and nobody redacts them.
        ValueError: a sealed wave has no answer page.
    """
    row = store.lock_wave(session, wave)  # a second opening would replace the key file of the first
    policies.check_can_move_wave(row.slug, WaveStatus(row.status), WaveStatus.OPEN)
    if (row.mode == BallotMode.SEALED) is (terms.page is None):
        raise ValueError(row.mode)
    instrument = instrument_of(session, row.instrument_sha256)
    _check_comments(row, instrument, terms)
    programme = store.get_programme(session, row.programme_slug)
    today = now.astimezone(ZoneInfo(programme.timezone)).date()
    roster = _roster(session, programme.audience, today)
    previous = store.find_previous_wave(session, row)
    earlier = _earlier_groups(session, programme, previous)
    groups = _groups(roster)
    changed = frozenset(key for key in groups if earlier is not None and groups[key] != earlier.get(key, set()))
    plan = plan_crowds(
        _units(roster),
        roster.homes,
        k=row.k,
        response=(previous.response_share or 100 * DEFAULT_RESPONSE) / 100 if previous else DEFAULT_RESPONSE,
        previous=kept_merges(merge_histories(session, programme.slug, changed), k=row.k),
    )
    private_key, public_key = sealing.new_wave_key()
    units, crowds = _frozen(session, row, roster, plan, earlier=earlier)
    facts = replace(
        _facts(row, programme, instrument, crowds=_promised(roster, plan), previous=previous, terms=terms),
        structure_sha256=manifest.structure_sha256(units, crowds),
        installation=keys.public_key_hex(),
        wave_key=public_key.hex(),
    )
    text = manifest.build(facts)
    keys.add_wave_key(wave, private_key)
    store.add_frozen(session, units=units, crowds=crowds)
    if row.mode == BallotMode.CARD:
        cards.make_cards(session, keys, wave=wave, crowds={crowd.label: crowd.invited for crowd in plan.crowds})
    else:
        _invite(session, keys, wave, roster, plan)
    if terms.page is not None:
        answer_files.add_files(session, wave, (terms.page.page, *terms.page.files))
    moved = store.move_wave(
        session,
        wave,
        WaveStatus.PLANNED,
        WaveStatus.OPEN,
        opened_at=now,
        manifest=text,
        fingerprint=manifest.fingerprint(text),
    )
    if not moved:
        raise Refused("Wave {wave} was opened by another process.", wave=wave)
    return plan


def close_wave(session: Session, *, wave: str, now: dt.datetime) -> bool:
    """Close an open wave for good; returns whether this caller closed it. A wave past its close is left alone.

    Raises:
        Refused: the wave was never opened.
    """
    status = WaveStatus(store.lock_wave(session, wave).status)
    if status in {WaveStatus.CLOSED, WaveStatus.COUNTED, WaveStatus.RELEASED}:
        return False
    policies.check_can_move_wave(wave, status, WaveStatus.CLOSED)
    return store.move_wave(session, wave, WaveStatus.OPEN, WaveStatus.CLOSED, closed_at=now)


def withdraw_wave(session: Session, *, wave: str, reason: str) -> None:
    """Take a wave back that is not open, with a reason that everybody sees; what it left is the caller's.

    Before a release that is to be deleted and wiped, so that the files have to be rewritten once more.

    Raises:
        Refused: the wave is open or withdrawn already, or no reason is given.
    """
    if not reason.strip():
        raise Refused("A wave is withdrawn with a reason, which everybody will read.")
    status = WaveStatus(store.lock_wave(session, wave).status)
    policies.check_can_move_wave(wave, status, WaveStatus.WITHDRAWN)
    values: dict[str, object] = {} if status is WaveStatus.RELEASED else {"rewritten_at": None}
    store.move_wave(session, wave, status, WaveStatus.WITHDRAWN, withdrawn_reason=reason.strip(), **values)


def _roster(session: Session, audience: str, day: dt.date) -> Roster:
    teams = {team.key: team for team in organisation_store.list_teams(session) if team.is_active}
    if audience not in teams:
        raise Refused("The audience of this programme, team {team}, is not an active team.", team=audience)
    inside = {audience}
    pending = True
    while pending:
        found = {key for key, team in teams.items() if team.parent_key in inside} - inside
        inside |= found
        pending = bool(found)
    entries = tuple(entry for entry in organisation_store.list_roster(session, day) if entry.team in inside)
    return Roster(teams=tuple(teams[key] for key in sorted(inside)), entries=entries)


def _units(roster: Roster) -> tuple[Unit, ...]:
    inside = {team.key for team in roster.teams}
    return tuple(
        Unit(
            key=team.key,
            parent=team.parent_key if team.parent_key in inside else None,
            name=team.name,
            leader=team.leader_id,
        )
        for team in roster.teams
    )


def _promised(roster: Roster, plan: Plan) -> list[manifest.ManifestCrowd]:
    names = manifest.distinct_names({team.key: team.name for team in roster.teams})
    manifest.check_names(names.values())
    return [
        manifest.ManifestCrowd(
            label=crowd.label,
            invited=crowd.invited,
            units=[names[unit] for unit in crowd.units],
            is_whole_company=crowd.is_whole_company,
        )
        for crowd in plan.crowds
    ]


def _check_comments(row: Wave, instrument: Instrument, terms: Terms) -> None:
    if not instrument.has_comments:
        return
    if row.second_lock is not None:
        raise Refused("Wave {wave} takes comments and has a second lock. It cannot have both.", wave=row.slug)
    if not terms.has_redactor:
        raise Refused(
            "Wave {wave} takes comments, and nobody has the role that reads them before they are shown. Give it to "
            "somebody outside the line with: barograph account add EMAIL --role redactor. Or take no comments with: "
            "barograph programme change {programme} --no-comments",
            wave=row.slug,
            programme=row.programme_slug,
        )


def _facts(
    row: Wave,
    programme: Programme,
    instrument: Instrument,
    *,
    crowds: list[manifest.ManifestCrowd],
    previous: Wave | None,
    terms: Terms,
) -> manifest.ManifestFacts:
    """Return what a wave promises; both public keys and the structure are left empty."""
    return manifest.ManifestFacts(
        wave=row.slug,
        programme=programme.slug,
        organisation=programme.organisation,
        timezone=programme.timezone,
        mode=row.mode,
        k=row.k,
        thresholds=terms.thresholds,
        installation="",
        wave_key="",
        second_lock=row.second_lock,
        keys_apart=terms.keys_apart,
        instrument=instrument.code,
        instrument_sha256=row.instrument_sha256,
        seconds={language: math.ceil(answering_seconds(instrument, language)) for language in programme.languages},
        page_sha256=terms.page.page.sha256 if terms.page else None,
        script_sha256=terms.page.script_sha256 if terms.page else None,
        languages=programme.languages,
        crowds=crowds,
        structure_sha256="",
        moments=MOMENTS,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        previous=previous.fingerprint if previous else None,
        comments=instrument.has_comments,
        segments=promised_segments(instrument, programme.languages[0]),
    )


def _groups(roster: Roster) -> dict[str, set[str]]:
    """Return the people of each team's own group: leaders count with the team above theirs."""
    inside = {team.key: team for team in roster.teams}
    home = roster.homes
    for team in sorted(roster.teams, key=lambda each: _depth(inside, each.key), reverse=True):
        if team.leader_id in home and team.parent_key in inside:
            home[team.leader_id] = team.parent_key
    groups: dict[str, set[str]] = {team.key: set() for team in roster.teams}
    for person, team_key in home.items():
        groups[team_key].add(person)
    return groups


def _depth(teams: Mapping[str, Team], key: str) -> int:
    depth = 0
    parent = teams[key].parent_key
    while parent is not None and parent in teams:
        depth, parent = depth + 1, teams[parent].parent_key
    return depth


def _earlier_groups(session: Session, programme: Programme, previous: Wave | None) -> dict[str, set[str]] | None:
    if previous is None or previous.opened_at is None:
        return None
    day = previous.opened_at.astimezone(ZoneInfo(programme.timezone)).date()
    return _groups(_roster(session, programme.audience, day))


def _frozen(
    session: Session, row: Wave, roster: Roster, plan: Plan, *, earlier: Mapping[str, set[str]] | None
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return the rows of the teams and of the planned crowds as they are at the opening."""
    groups = _groups(roster)
    names = organisation_store.names_of_people(session)
    crowd_of = {unit: crowd.label for crowd in plan.crowds for unit in crowd.units}
    inside = set(groups)
    units: list[dict[str, object]] = [
        {
            "wave": row.slug,
            "unit": team.key,
            "parent": team.parent_key if team.parent_key in inside else None,
            "name": team.name,
            "leader_name": names.get(team.leader_id or "", ""),
            "timezone": team.timezone,
            "crowd": crowd_of.get(team.key, ""),
            "invited": len(groups[team.key]),
            "joined": len(groups[team.key] - earlier.get(team.key, set())) if earlier is not None else 0,
            "left_count": len(earlier.get(team.key, set()) - groups[team.key]) if earlier is not None else 0,
        }
        for team in roster.teams
    ]
    crowds: list[dict[str, object]] = [
        {
            "wave": row.slug,
            "label": crowd.label,
            "home": crowd.home,
            "invited": crowd.invited,
            "units": list(crowd.units),
            "leads": list(crowd.leads),
            "receiving": list(crowd.receiving),
            "is_whole_company": crowd.is_whole_company,
            "final_label": None,
            "answers_low": None,
        }
        for crowd in plan.crowds
    ]
    return units, crowds


def _invite(session: Session, keys: KeyStore, wave: str, roster: Roster, plan: Plan) -> None:
    key = keys.installation_key()
    rows = []
    for entry in roster.entries:
        secret = codes.link_secret(key, wave=wave, person_id=entry.person_id, generation=1)
        rows.append(
            {
                "wave": wave,
                "person_id": entry.person_id,
                "crowd": plan.assignment[entry.person_id],
                "language": entry.language,
                "generation": 1,
                "code_hash": codes.code_hash(secret),
            }
        )
    invitation_store.add_invitations(session, rows)
