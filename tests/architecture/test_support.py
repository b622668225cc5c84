"""The guards and fixtures of the test suite do what they promise."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import inspect, text

from app.extensions import Database
from surveys.models import Base
from tests.support.budget import slowest
from tests.support.databases import Provider
from tests.support.network import NetworkRefused, is_local


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", b"example.org", "2001:db8::1"])
def test_the_guard_refuses_other_machines(host: object) -> None:
    assert not is_local(host)
    with pytest.raises(NetworkRefused):
        socket.getaddrinfo(host, 80)


def test_the_guard_refuses_a_connection_by_number() -> None:
    with socket.socket() as link, pytest.raises(NetworkRefused):
        link.connect(("192.0.2.1", 80))


def test_the_guard_lets_this_machine_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as link:
        assert link.getpeername() == server.getsockname()


def test_a_fresh_database_has_all_tables(database: Database) -> None:
    assert set(Base.metadata.tables) <= set(inspect(database.engine).get_table_names())


def test_an_empty_database_has_no_tables(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert inspect(database.engine).get_table_names() == []
    database.dispose()


def test_two_fresh_databases_share_nothing(database_provider: Provider) -> None:
    first, second = Database(database_provider.fresh()), Database(database_provider.fresh())
    with first.engine.begin() as link:
        link.execute(text("CREATE TABLE mark_of_first (n INTEGER)"))
    assert "mark_of_first" not in inspect(second.engine).get_table_names()
    first.dispose()
    second.dispose()


def test_the_browser_renders_a_page_and_asks_nobody_else(page: Page, axe_source: str, screenshots_dir: Path) -> None:
    page.set_content('<html lang="en"><title>Test</title><main><h1>Pressure</h1></main></html>')
    assert page.get_by_role("heading").inner_text() == "Pressure"
    page.evaluate(axe_source)
    assert page.evaluate("axe.run().then(result => result.violations.length)") == 0
    page.screenshot(path=screenshots_dir / "test_support.png")


def test_only_tests_above_the_asked_time_are_listed() -> None:
    assert slowest({"quick": 0.009, "slow": 0.02, "slower": 0.03}) == [("slower", 0.03), ("slow", 0.02)]
