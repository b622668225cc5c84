"""The database: who commits, what rolls back, how writers queue, and what the rewrite leaves."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import extensions
from app.extensions import Database, ServerLog
from surveys.errors import Refused
from surveys.models.organisation import Person


def add(session: Session, email: str) -> None:
    session.add(Person(email=email, name="N", language="en"))
    session.flush()


def emails(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(text("SELECT email FROM person")))


def test_a_transaction_commits_at_its_end(database: Database) -> None:
    with database.transaction() as session:
        add(session, "a@x.example")
    assert emails(database) == ["a@x.example"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_any_exception_rolls_back_all_of_it(database: Database, error: type[BaseException]) -> None:
    def fail() -> None:
        with database.transaction() as session:
            add(session, "a@x.example")
            raise error

    with pytest.raises(error):
        fail()
    assert emails(database) == []
    with database.transaction() as session:
        add(session, "b@x.example")  # the lock was given back
    assert emails(database) == ["b@x.example"]


def test_reading_never_keeps_a_change(database: Database) -> None:
    with database.reading() as session:
        add(session, "a@x.example")
    assert emails(database) == []


def test_what_was_written_can_be_used_after_the_transaction(database: Database) -> None:
    with database.transaction() as session:
        person = Person(email="a@x.example", name="N", language="en")
        session.add(person)
    assert person.email == "a@x.example"


def test_two_writers_on_sqlite_take_turns(sqlite_url: str) -> None:
    first, second = Database(sqlite_url), Database(sqlite_url)
    order: list[str] = []
    inside = threading.Event()

    def slow() -> None:
        with first.transaction() as session:
            inside.set()
            time.sleep(0.05)
            add(session, "a@x.example")
            order.append("first")

    thread = threading.Thread(target=slow)
    thread.start()
    inside.wait()
    with second.transaction() as session:
        order.append("second")
        assert list(session.scalars(text("SELECT email FROM person"))) == ["a@x.example"]
    thread.join()
    assert order == ["first", "second"]
    first.dispose()
    second.dispose()


def test_sqlite_is_set_up_to_lose_nothing_and_to_wipe_what_is_deleted(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.reading() as session:
        found = {name: session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous",
                 "foreign_keys", "secure_delete")}  # fmt: skip
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    database.dispose()


def test_a_missing_folder_of_the_file_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/deep/down/x.db")
    with database.reading() as session:
        assert session.scalar(text("SELECT 1")) == 1
    assert (tmp_path / "deep" / "down" / "x.db").exists()
    database.dispose()


def test_the_rewrite_empties_log_and_file_of_deleted_rows(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with database.transaction() as session:
        add(session, "secret-of-the-wave@x.example")
    with database.transaction() as session:
        session.execute(text("DELETE FROM person"))
    files = [path, path.with_name(path.name + "-wal")]
    assert any(b"secret-of-the-wave" in each.read_bytes() for each in files)
    for _ in range(2):
        database.rewrite(("person",))
        assert not any(b"secret-of-the-wave" in each.read_bytes() for each in files)
    assert files[1].stat().st_size == 0
    database.dispose()


def test_the_rewrite_can_be_repeated_on_either_database(database: Database) -> None:
    for _ in range(2):
        database.rewrite(("ballot", "invitation"))
    with database.transaction() as session:
        add(session, "a@x.example")
    assert emails(database) == ["a@x.example"]


def test_nothing_counts_as_rewritten_while_somebody_still_reads_the_deleted_rows(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dump holds a snapshot for minutes, and PostgreSQL keeps the rows that it may still see."""
    if database.is_sqlite:
        pytest.skip("SQLite refuses by itself where its file is being read")
    monkeypatch.setattr(extensions, "_WAITS", (0.0,))
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as reader:
        reader.execute(text("SELECT count(*) FROM person"))
        with database.transaction() as session:
            add(session, "a@x.example")
        with pytest.raises(Refused, match="as it was before"):
            database.rewrite(("person",))
    database.rewrite(("person",))


def test_an_unknown_table_is_not_rewritten_silently_on_postgresql(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite rewrites the whole file")
    with pytest.raises(Exception, match="does not exist"):
        database.rewrite(("no_such_table",))


def test_a_server_that_does_not_answer_is_an_error_within_seconds() -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    began = time.monotonic()
    with pytest.raises(OperationalError), database.reading() as session:
        session.execute(text("SELECT 1"))
    assert time.monotonic() - began < 5
    database.dispose()


def test_a_plain_server_keeps_nothing_that_tells_who_answered_when(database: Database) -> None:
    assert database.server_log() == ServerLog(settings=(), remedy="")
    assert not database.logs_connections()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("log_statement", "all", "all"),
        ("log_statement", "mod", "mod"),
        ("log_duration", "on", "on"),
        ("log_min_duration_statement", "0", "0"),
        ("log_min_duration_statement", "1s", "1000"),
        ("log_min_duration_sample", "5s", "5000"),
        ("log_transaction_sample_rate", "0.5", "0.5"),
        ("log_parameter_max_length_on_error", "-1", "-1"),
    ],
)
def test_a_server_that_logs_statements_is_told_with_the_sql_that_ends_it(
    database: Database, name: str, value: str, shown: str
) -> None:
    if database.is_sqlite:
        pytest.skip("an SQLite file has no server")
    run(database, f"ALTER DATABASE {database.engine.url.database} SET {name} = '{value}'")
    database.dispose()  # settings of a database are those of new connections
    found = database.server_log()
    assert found.settings == (f"{name} = {shown}",)
    for order in found.remedy.split(";")[:-1]:
        run(database, order)
    database.dispose()
    assert database.server_log() == ServerLog(settings=(), remedy="")


def test_a_server_that_logs_plans_is_told_too(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("an SQLite file has no server")
    name = database.engine.url.database
    run(database, f"ALTER DATABASE {name} SET session_preload_libraries = 'auto_explain'")
    run(database, f"ALTER DATABASE {name} SET auto_explain.log_min_duration = '0'")
    database.dispose()
    assert database.server_log().settings == ("auto_explain.log_min_duration = 0",)


def test_a_sample_of_no_statement_is_no_log(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("an SQLite file has no server")
    for setting in ("log_min_duration_sample = 0", "log_statement_sample_rate = 0"):
        run(database, f"ALTER DATABASE {database.engine.url.database} SET {setting}")
    database.dispose()
    assert database.server_log().settings == ()


def run(database: Database, order: str) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(order))


def test_a_folder_on_another_device_is_apart_from_the_file(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    assert not database.is_apart_from(tmp_path)
    assert database.is_apart_from(Path("/proc"))
    database.dispose()


def test_a_server_on_this_machine_is_not_apart(postgres_url: str, tmp_path: Path) -> None:
    database = Database(postgres_url)
    assert not database.is_apart_from(tmp_path)
    database.dispose()
