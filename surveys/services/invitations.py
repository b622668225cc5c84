"""Links of invited people: made from the installation key when needed, looked up by hash, replaced on request.

In card mode nobody has a link; a typed code is then looked up among the cards of the wave.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.ballots import codes, links
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import NotFound, Refused
from surveys.i18n import mark
from surveys.services.cards import nonce_secret
from surveys.store import cards as card_store
from surveys.store import invitations as store
from surveys.store import waves
from surveys.store.invitations import Addressee
from surveys.store.keys import KeyStore

MAILINGS = ("invitation", "reminder-1", "reminder-2")
"""The mailings of a wave while it is open; each goes to everyone invited with the same text."""

REWRITTEN_TABLES = (*store.REWRITTEN_TABLES, *card_store.REWRITTEN_TABLES)

UNKNOWN_CODE = mark("This code is not valid. It may have been replaced by a newer one, or the survey is over.")


@dataclass(frozen=True, kw_only=True)
class Place:
    """What a code stands for on the answer side: a wave, a crowd and a language; never a person.

    ``language`` is empty for a card, because nobody knows who drew it.
    """

    wave: str
    crowd: str
    language: str
    secret: bytes


def find_place(session: Session, keys: KeyStore, typed: str) -> Place:
    """Return the place of a typed or linked code, be it that of an invitation or that of a card.

    The secret of the place is the same for every link a person ever had in the wave, so that a renewed link replaces
    an answer instead of adding a second one. The secret of a card is its own.

    Raises:
        Refused: not a code, or one that is unknown, replaced or over; the last three read the same.
    """
    code_hash = codes.code_hash(codes.decode(typed))
    found = store.find_by_code_hash(session, code_hash)
    if found is not None:
        secret = codes.voter_secret(keys.wave_key(found.wave), wave=found.wave, person_id=found.person_id)
        return Place(wave=found.wave, crowd=found.crowd, language=found.language, secret=secret)
    card = card_store.find_by_code_hash(session, code_hash)
    if card is None:
        raise Refused(UNKNOWN_CODE)
    secret = nonce_secret(keys.wave_key(card.wave), wave=card.wave, code_hash=code_hash)
    return Place(wave=card.wave, crowd=card.crowd, language="", secret=secret)


def link_code(keys: KeyStore, *, wave: str, addressee: Addressee) -> str:
    """Return the code of an addressee's link, as it stands in the fragment."""
    secret = codes.link_secret(
        keys.installation_key(), wave=wave, person_id=addressee.person_id, generation=addressee.generation
    )
    return codes.encode(secret)


def link_fragment(session: Session, keys: KeyStore, *, wave: str, addressee: Addressee) -> str:
    """Return what stands after the sign # of an addressee's link: a bare code, in sealed mode much more than that.

    Of the people of a crowd who read the same language, only the code differs.

    Raises:
        Refused: the link was replaced by a newer one, or the invitations of the wave are gone.
    """
    code = link_code(keys, wave=wave, addressee=addressee)
    row = waves.get_wave(session, wave)
    if row.mode != BallotMode.SEALED:
        return code
    found = store.find_by_code_hash(session, codes.code_hash(codes.decode(code)))
    if found is None or row.fingerprint is None:
        raise Refused(UNKNOWN_CODE)
    return links.fragment(
        links.Link(
            wave=wave,
            crowd=found.crowd,
            language=addressee.language,
            read_key=links.read_key(keys.installation_key(), wave=wave, crowd=found.crowd),
            code=code,
            mark=links.mark_of(row.fingerprint),
        )
    )


def start_mailing(session: Session, *, wave: str, kind: str) -> None:
    """Note that a mailing to everyone invited is due; in card mode that is nobody.

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
    """Return everyone to whom this mailing was not yet handed over; empty in card mode and once the wave has closed."""
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

    Whether a ballot paper was taken with the old one stays as it is, and nothing here depends on it.

    Raises:
        NotFound: nobody with this address is invited.
        Refused: the wave is not open, or it is answered with cards.
    """
    if waves.get_wave(session, wave).mode == BallotMode.CARD:
        raise Refused("Wave {wave} is answered with cards. Nobody has a link in it.", wave=wave)
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
    """Drop the invitations, papers and cards of a counted wave; called in the transaction of the count."""
    store.delete_invitations(session, wave)
    card_store.delete_cards(session, wave)
