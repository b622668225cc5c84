"""Runs a temporary PostgreSQL server on this machine from the installed programs, for the length of a test run."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

USER = "barograph"
_READY_WITHIN_SECONDS = 60
_OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60", "shared_buffers=64MB",
            "max_wal_size=256MB", "autovacuum=off", "jit=off")  # fmt: skip


class Cluster:
    """One server with a folder of its own; nobody's data, so it gives durability away for speed."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._owner = _unprivileged_user()
        # Not below pytest's folder: that belongs to root where the tests run as root.
        self._folder = Path(tempfile.mkdtemp(prefix="barograph-pg-", dir="/tmp"))
        self._port = 0
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster and wait until it answers; on failure the server's own words are in the error."""
        if self._owner:
            os.chown(self._folder, self._owner.pw_uid, self._owner.pw_gid)
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self._port = _free_port()
        command = [str(self._programs / "postgres"), "-D", str(data), "-p", str(self._port), "-h", "127.0.0.1",
                   "-k", str(self._folder)]  # fmt: skip
        for option in _OPTIONS:
            command += ["-c", option]
        with (self._folder / "log").open("wb") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, **self._as_owner())
        self._wait()

    def stop(self) -> None:
        """Stop the server by its own process id and remove its folder."""
        if self._server and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: ends the sessions, then itself
            try:
                self._server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy address of one database."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self._port}/{database}"

    def create(self, database: str, template: str | None = None) -> str:
        """Create a database, as a copy of ``template`` where one is named, and return its address."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database))
        if template:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        self._execute(statement)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, ending the connections a test has left open."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _execute(self, statement: sql.Composable) -> None:
        with psycopg.connect(host="127.0.0.1", port=self._port, user=USER, dbname="postgres", autocommit=True) as link:
            link.execute(statement)

    def _as_owner(self) -> dict[str, object]:
        if not self._owner:
            return {"cwd": self._folder}
        return {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": [], "cwd": self._folder}

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(
            [str(self._programs / program), *arguments], check=False, capture_output=True, text=True, **self._as_owner()
        )
        if result.returncode:
            raise RuntimeError(f"{program} failed: {result.stderr.strip()}")

    def _wait(self) -> None:
        assert self._server is not None
        until = time.monotonic() + _READY_WITHIN_SECONDS
        while time.monotonic() < until:
            try:
                self._execute(sql.SQL("SELECT 1"))
            except psycopg.OperationalError:
                if self._server.poll() is not None:
                    break
                time.sleep(0.05)
            else:
                return
        words = (self._folder / "log").read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"PostgreSQL did not start: {words.strip()}")


def _unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root, so there another user must own the cluster."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
