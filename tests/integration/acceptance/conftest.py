"""Small organisations that went all the way, and everything their people can open: pages, PDF, export, commands."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import Markup

from app.cli.main import main
from app.factory import create_app
from app.installation import Installation
from app.jobs.leader_reports import ReportMaker
from app.web.ports import Reports
from reports.document import LeaderReport
from reports.pdf.render import render
from reports.services.leader_report import StoredReport
from surveys.enums import Role, WaveStatus
from surveys.services import staff
from surveys.store import waves
from tests.integration.waves.conftest import inst, module_inst
from tests.support import journey

__all__ = ["inst", "module_inst"]

LATER = dt.timedelta(days=1)


@dataclass
class Faces:
    """An organisation after a release, seen by the people whose pages and files are asked for."""

    inst: Installation
    now: dt.datetime
    folder: Path
    mails: list[str] = field(default_factory=list)
    maker: ReportMaker = field(default_factory=ReportMaker)

    @cached_property
    def app(self) -> Flask:
        """The web application with real reports and a real renderer in this process."""
        return create_app(
            self.inst.settings,
            database=self.inst.database,
            keys=self.inst.keys,
            clock=lambda: self.now,
            send_link=lambda _to, link, _language: self.mails.append(link),
            reports=Reports(get=self._report, render=_pdf),
        )

    def _report(self, *, unit: str, wave: str | None, language: str, **more: str) -> StoredReport:
        return self.maker.get(self.inst, wave=wave, unit=unit, language=language, now=self.now, **more)

    def signed_in(self, email: str) -> FlaskClient:
        """A browser of somebody who went through the mail."""
        client = self.app.test_client()
        client.post("/sign-in", data={"email": email}).close()
        client.post(self.mails[-1].removeprefix(self.inst.settings.base_url))
        return client

    def with_role(self, role: Role) -> FlaskClient:
        """A browser of somebody with a role and nothing else."""
        email = f"{role.value}@acme.example"
        with self.inst.database.transaction() as session:
            staff.grant_role(session, email=email, role=role, team=None, name=role.value, language="en")
        return self.signed_in(email)

    @property
    def waves(self) -> list[str]:
        """The names of the released waves, the oldest first."""
        with self.inst.database.reading() as session:
            return [row.slug for row in waves.list_waves(session, status=WaveStatus.RELEASED)]

    def leader_page(self, team: str, wave: str = "") -> str:
        """What a leader reads on the page of the own team, of the last wave where none is named."""
        return words_of(self.signed_in(journey.leader(team)).get(f"/leader/{team}", query_string={"wave": wave}).text)

    def leader_pdf(self, team: str, wave: str = "") -> str:
        """The text of the leader's PDF."""
        client = self.signed_in(journey.leader(team))
        answer = client.get(f"/leader/{team}/report.pdf", query_string={"wave": wave})
        assert answer.status_code == 200
        done = subprocess.run(["pdftotext", "-", "-"], input=answer.data, capture_output=True, check=True)
        return " ".join(done.stdout.decode().split())

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command of the console script and return what it printed."""
        environment = {
            "BAROGRAPH_DATA_DIR": str(self.inst.settings.data_dir),
            "BAROGRAPH_KEY_DIR": str(self.inst.settings.key_dir),
            "BAROGRAPH_DATABASE_URL": self.inst.database.url,
            "BAROGRAPH_LANGUAGE": "en",
            "BAROGRAPH_BASE_URL": "https://pulse.example",
        }
        done = CliRunner().invoke(main, list(words), env=environment)
        assert done.exit_code == code, done.output
        return done.output

    def export(self) -> dict[str, list[dict[str, object]]]:
        """The tables of HR's export in JSON."""
        out = self.folder / "all.json"
        self.run("export", "--format", "json", "--out", str(out))
        found: dict[str, list[dict[str, object]]] = json.loads(out.read_text(encoding="utf-8"))
        return found


def words_of(page: str) -> str:
    """The words of a page in one line, without what only drawings say."""
    text = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(Markup(text).striptags()).split())  # noqa: S704 - only words are kept


def _pdf(report: LeaderReport) -> bytes:
    return render(report, released_on=dt.datetime.combine(report.wave.released_on, dt.time(), dt.UTC))
