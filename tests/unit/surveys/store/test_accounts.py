"""Staff accounts, links and sessions, and a chain of audit events that shows every change made behind its back."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.extensions import Database
from surveys.models.accounts import Account, AuditEvent
from surveys.store import accounts

NOW = dt.datetime(2025, 1, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))
HOUR = dt.timedelta(hours=1)


def add_account(session: Session, email: str = "eva@x.example") -> Account:
    account = Account(email=email, name="Eva", language="es", is_active=True)
    accounts.add_account(session, account)
    return account


def note(session: Session, count: int) -> None:
    for number in range(count):
        accounts.add_audit_event(
            session, at=NOW + number * HOUR, actor="eva", action="x.y", subject=f"s{number}", detail={"ñ": number}
        )


def test_accounts_roles_links_and_sessions_are_found_again(database: Database) -> None:
    with database.transaction() as session:
        account = add_account(session)
        assert accounts.find_account(session, "  EVA@x.example ") is account
        assert accounts.find_account(session, "eve@x.example") is None
        assert accounts.get_account(session, account.id) is account
        assert accounts.get_account(session, "nobody") is None
        assert accounts.add_grant(session, account_id=account.id, role="leader", team_key="ant")
        assert accounts.add_grant(session, account_id=account.id, role="hr", team_key="")
        assert not accounts.add_grant(session, account_id=account.id, role="hr", team_key="")
        assert [(grant.role, grant.team_key) for grant in accounts.list_grants(session, account.id)] == [
            ("hr", ""),
            ("leader", "ant"),
        ]
        add_account(session, "ana@x.example")
        assert [each.email for each in accounts.list_accounts(session)] == ["ana@x.example", "eva@x.example"]


def test_links_and_sessions_end_with_their_time(database: Database) -> None:
    with database.transaction() as session:
        account = add_account(session)
        for number in (1, 2):
            end = NOW + number * HOUR
            accounts.add_link(session, token_hash=f"l{number}", account_id=account.id, expires_at=end)
            accounts.add_session(session, token_hash=f"s{number}", account_id=account.id, expires_at=end, now=NOW)
        accounts.delete_expired(session, NOW + HOUR)
        session.expire_all()
        assert [accounts.find_link(session, name) is None for name in ("l1", "l2", "l3")] == [True, False, True]
        found = accounts.find_session(session, "s2")
        assert found is not None
        assert (found.last_seen_at, found.expires_at) == (NOW, NOW + 2 * HOUR)
        assert accounts.find_session(session, "s1") is None
        accounts.delete_session(session, "s2")
        session.expire_all()
        assert accounts.find_session(session, "s2") is None


def test_a_chain_is_whole_from_its_first_event_on(database: Database) -> None:
    with database.transaction() as session:
        assert accounts.broken_audit_number(session) is None
        note(session, 3)
    with database.reading() as session:
        events = accounts.list_audit_events(session)
        assert [event.number for event in events] == [1, 2, 3]
        assert events[0].previous_hash == accounts.FIRST_HASH
        assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:2]]
        assert accounts.broken_audit_number(session) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"actor": "eve"},
        {"action": "x.z"},
        {"subject": "s9"},
        {"detail": {"ñ": 9}},
        {"at": NOW},
        {"hash": "0" * 64},
        {"previous_hash": "1" * 64},
        {"number": 9},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_event_breaks_the_chain_at_its_place(sqlite_url: str, changed: dict[str, object]) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        note(session, 3)
        session.execute(update(AuditEvent).where(AuditEvent.number == 2).values(**changed))
        session.expire_all()
        assert accounts.broken_audit_number(session) == 2
    database.dispose()


@pytest.mark.parametrize("gone", [1, 2])
def test_a_removed_event_breaks_the_chain(sqlite_url: str, gone: int) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        note(session, 3)
        session.execute(delete(AuditEvent).where(AuditEvent.number == gone))
        session.expire_all()
        assert accounts.broken_audit_number(session) == gone
    database.dispose()
