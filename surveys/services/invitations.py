"""Links of invited people: made from the installation key when needed, looked up by hash, replaced on request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.ballots import codes
from surveys.enums import WaveStatus
from surveys.errors import NotFound, Refused
from surveys.i18n import mark
from surveys.store import invitations as store
from surveys.store import waves
from surveys.store.invitations import Addressee
from surveys.store.keys import KeyStore

MAILINGS = ("invitation", "reminder-1", "reminder-2")
"""The mailings of a wave while it is open; each goes to everyone invited with the same text."""

REWRITTEN_TABLES = store.REWRITTEN_TABLES

UNKNOWN_CODE = mark("This code is not valid. It may have been replaced by a newer one, or the survey is over.")


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a code stands for on the answer side: a wave, a crowd and a language; never a person."""

    wave: str
    crowd: str
    language: str
    secret: bytes


def find_place(session: Session, keys: KeyStore, typed: str) -> Place:
    """Return the place of a typed or linked code.

    The secret of the place is the same for every link a person ever had in the wave, so that a renewed link replaces
    an answer instead of adding a second one.

    Raises:
        Refused: not a code, or one that is unknown, replaced or over; the last three read the same.
    """
    found = store.find_by_code_hash(session, codes.code_hash(codes.decode(typed)))
    if found is None:
        raise Refused(UNKNOWN_CODE)
    secret = codes.voter_secret(keys.wave_key(found.wave), wave=found.wave, person_id=found.person_id)
    return Place(wave=found.wave, crowd=found.crowd, language=found.language, secret=secret)


def link_code(keys: KeyStore, *, wave: str, addressee: Addressee) -> str:
    """Return the code of an addressee's link, as it stands in the fragment."""
    secret = codes.link_secret(
        keys.installation_key(), wave=wave, person_id=addressee.person_id, generation=addressee.generation
    )
    return codes.encode(secret)


def start_mailing(session: Session, *, wave: str, kind: str) -> None:
    """Note that a mailing to everyone invited is due.

    Raises:
        Refused: the wave is not open, or the kind is none of the three.
    """
    row = waves.get_wave(session, wave)
    if kind not in MAILINGS:
        raise Refused("There is no mailing {kind}. There are an invitation and two reminders.", kind=kind)
    if row.status != WaveStatus.OPEN:
        raise Refused("Wave {wave} is not open, so nobody is written to.", wave=wave)
    store.start_mailing(session, wave=wave, kind=kind)


def list_undelivered(session: Session, *, wave: str, kind: str) -> Sequence[Addressee]:
    """Return everyone to whom this mailing was not yet handed over; empty once the wave is no longer open."""
    if waves.get_wave(session, wave).status != WaveStatus.OPEN:
        return []
    return store.list_undelivered(session, wave=wave, kind=kind)


def note_delivery(session: Session, *, wave: str, kind: str, addressee: Addressee) -> None:
    """Note that one message was handed to the mail system."""
    store.add_delivery(session, wave=wave, kind=kind, person_id=addressee.person_id)


def finish_mailing(session: Session, *, wave: str, kind: str, now: dt.datetime) -> None:
    """Note that a mailing is complete."""
    store.finish_mailing(session, wave=wave, kind=kind, now=now)


def renew_link(session: Session, keys: KeyStore, *, wave: str, email: str) -> Addressee:
    """Give a person a new link in an open wave; the old one stops working at once.

    Raises:
        NotFound: nobody with this address is invited.
        Refused: the wave is not open.
    """
    address = email.strip().lower()
    found = store.find_for_email(session, wave=wave, email=address)
    if found is None:
        raise NotFound("Nobody with the address {email} is invited to wave {wave}.", email=email[:80], wave=wave)
    if waves.get_wave(session, wave).status != WaveStatus.OPEN:
        raise Refused("Wave {wave} is not open, so nobody is written to.", wave=wave)
    generation = found.generation + 1
    secret = codes.link_secret(keys.installation_key(), wave=wave, person_id=found.person_id, generation=generation)
    store.set_generation(
        session, wave=wave, person_id=found.person_id, generation=generation, code_hash=codes.code_hash(secret)
    )
    return Addressee(person_id=found.person_id, email=address, name="", language=found.language, generation=generation)


def forget(session: Session, *, wave: str) -> None:
    """Drop the invitations of a counted wave; called in the transaction of the count."""
    store.delete_invitations(session, wave)
