"""Tokens of programs: bounded by the account behind them, found by hash, noted in the log without their secret."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy.orm import Session

from app.extensions import Database
from surveys.enums import Role
from surveys.errors import NotFound, NotPermitted, Refused, SurveyError
from surveys.models.accounts import AccountGrant
from surveys.services import staff, tokens
from surveys.services.tokens import Scope
from surveys.store import accounts

NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
EVA, ADA = "eva@x.example", "ada@x.example"


def people(session: Session) -> None:
    staff.grant_role(session, email=EVA, role=Role.HR, team=None, name="Eva", language="es")
    staff.grant_role(session, email=ADA, role=Role.AUDITOR, team=None, name="Ada", language="en")


def add(session: Session, email: str = EVA, *scopes: Scope, name: str = "Power BI", days: int = 90) -> tokens.NewToken:
    chosen = scopes or (Scope.RESULTS,)
    return tokens.add_token(session, email=email, name=name, scopes=chosen, days=days, now=NOW, actor="test")


def test_a_secret_is_long_random_and_finds_its_reader(database: Database) -> None:
    with database.transaction() as session:
        people(session)
        first, second = add(session, EVA, Scope.RESULTS, Scope.SEGMENTS), add(session)
        assert re.fullmatch(r"bgr_[a-z2-7]{52}", first.secret)  # 52 signs of base 32 hold 32 bytes
        assert first.secret != second.secret
        reader = tokens.find_reader(session, first.secret, NOW)
        assert reader is not None
        assert reader.scopes == {Scope.RESULTS, Scope.SEGMENTS}
        assert reader.actor == "eva@x.example (Power BI)"
        assert tokens.find_reader(session, first.secret[:-1] + "?", NOW) is None


@pytest.mark.parametrize(
    ("email", "scope", "error"),
    [(EVA, Scope.LEDGER, NotPermitted), (ADA, Scope.RESULTS, NotPermitted), (ADA, Scope.SEGMENTS, NotPermitted),
     ("nobody@x.example", Scope.RESULTS, NotFound)],
)  # fmt: skip
def test_no_scope_goes_beyond_the_roles_of_the_account(
    database: Database, email: str, scope: Scope, error: type[SurveyError]
) -> None:
    with database.transaction() as session:
        people(session)
        with pytest.raises(error):
            add(session, email, scope)


@pytest.mark.parametrize(
    ("name", "days"), [("", 90), ("  ", 90), ("x" * 61, 90), ("a\nb", 90), ("x", 0), ("x", 367), ("x", -1)]
)
def test_name_and_life_have_bounds(database: Database, name: str, days: int) -> None:
    with database.transaction() as session:
        people(session)
        with pytest.raises(Refused):
            add(session, name=name, days=days)


def test_a_token_needs_a_scope(database: Database) -> None:
    with database.transaction() as session:
        people(session)
        with pytest.raises(Refused):
            tokens.add_token(session, email=EVA, name="x", scopes=(), days=1, now=NOW, actor="test")


def test_time_revocation_a_lost_role_and_a_closed_account_end_it(database: Database) -> None:
    with database.transaction() as session:
        people(session)
        made, other = add(session, days=1), add(session)
        end = NOW + dt.timedelta(days=1)
        assert tokens.find_reader(session, made.secret, end - dt.timedelta(seconds=1)) is not None
        assert tokens.find_reader(session, made.secret, end) is None
        assert tokens.revoke_token(session, token=made.id, now=NOW, actor="test")
        assert tokens.find_reader(session, made.secret, NOW) is None
        session.query(AccountGrant).filter_by(role="hr").delete()
        reader = tokens.find_reader(session, other.secret, NOW)
        assert reader is not None
        assert reader.scopes == frozenset()
        account = accounts.find_account(session, EVA)
        assert account is not None
        account.is_active = False
        assert tokens.find_reader(session, other.secret, NOW) is None
        with pytest.raises(NotPermitted):
            add(session)


def test_only_the_owner_revokes_on_the_page_and_a_second_time_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        people(session)
        made = add(session)
        for owner, token in ((ADA, made.id), (EVA, "no such token")):
            with pytest.raises(NotFound):
                tokens.revoke_token(session, token=token, now=NOW, actor=owner, owner=owner)
        assert tokens.revoke_token(session, token=made.id, now=NOW, actor=EVA, owner=EVA)
        assert not tokens.revoke_token(session, token=made.id, now=NOW, actor=EVA, owner=EVA)
        events = [event.action for event in accounts.list_audit_events(session)]
        assert events == ["token.add", "token.revoke"]


def test_lists_tell_the_state_and_no_secret(database: Database) -> None:
    with database.transaction() as session:
        people(session)
        add(session, name="short", days=1)
        gone, made = add(session, name="gone"), add(session, ADA, Scope.LEDGER, name="ledger")
        tokens.revoke_token(session, token=gone.id, now=NOW, actor="test")
        later = NOW + dt.timedelta(days=2)
        found = {each.name: each.state for each in tokens.list_tokens(session, now=later)}
        assert found == {"short": "expired", "gone": "revoked", "ledger": "active"}
        assert [each.name for each in tokens.list_tokens(session, now=later, owner=ADA)] == ["ledger"]
        assert tokens.list_tokens(session, now=later, owner="nobody@x.example") == []
        told = f"{tokens.list_tokens(session, now=later)}{[e.detail for e in accounts.list_audit_events(session)]}"
        assert made.secret not in told
        assert made.secret.removeprefix("bgr_") not in told
