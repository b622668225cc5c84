"""An installation with two teams, a Jira site and a GitHub repository in process, and what a sync needs beside them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app.config import Settings
from app.installation import Installation, create
from app.jobs import sync
from surveys.importers.organisation import read_organisation
from surveys.importers.roadmap_model import SourceKind
from surveys.services.connections import managing
from surveys.services.connections.credentials import variable
from surveys.services.connections.tool import Settings as Chosen
from surveys.services.organisation import import_organisation
from surveys.store.roadmap_writing import save_map
from tests.support import fake_github, fake_jira
from tests.support.fake_github import FakeGitHub
from tests.support.fake_jira import FakeJira

NOW = dt.datetime(2026, 5, 25, 3, tzinfo=dt.UTC)
HOSTS = "example.atlassian.net api.github.com"
TEAMS = "team,parent,name,leader_email,timezone\nroot,,Acme,boss@x.example,UTC\npay,root,Pay,,\nweb,root,Web,,\n"
PEOPLE = "email,name,team,language,starts_on,ends_on\nboss@x.example,Boss,root,en,2024-01-01,\n"
JIRA_MAP = (
    '[[team]]\nteam = "pay"\nproject = "PAY"\n[[team]]\nteam = "web"\nproject = "WEB"\n[moscow]\nfield = "MoSCoW"\n'
)
GITHUB_MAP = '[[team]]\nteam = "web"\nproject = "acme/web"\n'
ENVIRON = {
    variable("jira"): fake_jira.TOKEN,
    variable("jira", "EMAIL"): fake_jira.EMAIL,
    variable("github"): fake_github.TOKEN,
}


@dataclass
class World:
    """The installation and its two tools; ``sync`` and ``check`` ask them without a network."""

    inst: Installation
    jira: FakeJira
    github: FakeGitHub
    environ: dict[str, str] = field(default_factory=lambda: dict(ENVIRON))

    def transport(self, name: str) -> httpx.BaseTransport:
        return httpx.WSGITransport(app=(self.jira if name == "jira" else self.github).app())

    def sync(self, name: str, *, now: dt.datetime = NOW, all_history: bool = False) -> sync.SyncOutcome:
        return sync.run_sync(
            self.inst,
            name=name,
            now=now,
            actor="test",
            all_history=all_history,
            environ=self.environ,
            transport=self.transport(name),
        )

    def view(self, name: str) -> managing.ConnectionView:
        with self.inst.database.reading() as session:
            return managing.get_view(session, name)


def make(folder: Path, url: str) -> World:
    """Make an installation with a connection to each tool."""
    settings = Settings(data_dir=folder / "data", key_dir=folder / "keys", database_url=url, connection_hosts=HOSTS)
    inst = create(settings)
    with inst.database.transaction() as session:
        import_organisation(session, read_organisation(TEAMS.encode(), PEOPLE.encode()), today=dt.date(2025, 1, 1))
        for name, kind, address, chosen in (
            ("jira", SourceKind.JIRA_CLOUD, fake_jira.SITE, Chosen(projects=("PAY", "WEB"))),
            ("github", SourceKind.GITHUB, "", Chosen(repositories=(fake_github.REPO,))),
        ):
            managing.add_connection(
                session,
                name=name,
                kind=kind,
                address=address,
                settings=chosen,
                timezone="Europe/Madrid",
                hosts=settings.allowed_hosts,
            )
        save_map(session, "jira", JIRA_MAP, now=NOW)
        save_map(session, "github", GITHUB_MAP, now=NOW)
    jira = FakeJira([fake_jira.issue(number) for number in range(1, 6)] + [fake_jira.issue(9, project="WEB")])
    return World(inst=inst, jira=jira, github=FakeGitHub([fake_github.issue(number) for number in range(1, 8)]))


@pytest.fixture
def world(tmp_path: Path, sqlite_url: str) -> Iterator[World]:
    made = make(tmp_path, sqlite_url)
    yield made
    made.inst.database.dispose()
