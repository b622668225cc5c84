"""Everything that an installation hands to anybody, as bytes by the place where it was handed out.

Exports in every format, leaders' reports as data, page and PDF, the pages of HR and of auditors with the evidence,
every list of the interface with its headers, and the last results of the answer page. Form tokens alone are taken out.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from flask.testing import FlaskClient

from app.api.endpoints import ENDPOINTS
from app.extensions import Database
from app.factory import create_app
from app.installation import Installation
from app.jobs.leader_reports import ReportMaker, pdf_of
from app.web.ports import Reports
from reports.document import to_json
from reports.services import hr_export
from reports.services.hr_export import FORMATS, ExportOrder
from surveys.ballots import links
from surveys.ballots.wire import encode64
from surveys.enums import Role
from surveys.services import staff, tokens
from surveys.services.tokens import Scope
from tests.support.journey import ACTOR, OpenWave, leader

HR, AUDITOR, STEWARD = "hr@acme.example", "auditor@acme.example", "steward@acme.example"
LANGUAGES = ("en", "es")
_FORM_TOKEN = re.compile(rb'(name="csrf_token" value=")[^"]+')

Outputs = dict[str, bytes]
"""What was handed out, by the place: a file, an address or a report."""


@dataclass(frozen=True, kw_only=True)
class Readers:
    """Secrets of the tokens with which programs read, by scope."""

    results: str
    ledger: str


def appoint(inst: Installation, *, now: dt.datetime, teams: Sequence[str]) -> Readers:
    """Give roles to an HR analyst, an auditor, a steward and the leaders of teams, and tokens to programs of two."""
    with inst.database.transaction() as session:
        for email, role in ((HR, Role.HR), (AUDITOR, Role.AUDITOR), (STEWARD, Role.STEWARD)):
            staff.grant_role(session, email=email, role=role, team=None, name=role.value, language="en")
        for team in teams:
            staff.grant_role(session, email=leader(team), role=Role.LEADER, team=team, name=team, language="en")
        made = [
            tokens.add_token(session, email=email, name="tool", scopes=scopes, days=365, now=now, actor=ACTOR).secret
            for email, scopes in ((HR, (Scope.RESULTS, Scope.SEGMENTS)), (AUDITOR, (Scope.LEDGER,)))
        ]
    return Readers(results=made[0], ledger=made[1])


def copy(inst: Installation, folder: Path) -> Installation:
    """Copy an installation on SQLite, database and keys, as it is now."""
    folder.mkdir(parents=True)
    file = folder / "copy.sqlite"
    source, target = sqlite3.connect(inst.settings.sqlalchemy_url.removeprefix("sqlite:///")), sqlite3.connect(file)
    with target:
        source.backup(target)
    source.close()
    target.close()
    shutil.copytree(inst.keys.folder, folder / "keys")
    url = f"sqlite:///{file}"
    settings = replace(inst.settings, database_url=url, key_dir=folder / "keys", data_dir=folder)
    return Installation(settings=settings, database=Database(url), keys=type(inst.keys)(folder / "keys"))


def exports(inst: Installation, *, formats: Sequence[str] = FORMATS, languages: Sequence[str] = LANGUAGES) -> Outputs:
    """Return the files of HR's export."""
    found: Outputs = {}
    for file_format in formats:
        for language in languages:
            with TemporaryDirectory() as folder:
                order = ExportOrder(file_format=file_format, language=language)
                made = hr_export.write_export(inst.database.reading, order, Path(folder))
                for file in made.files:
                    found[f"export {file_format} {language} {file.name}"] = file.read_bytes()
    return found


def reports(
    inst: Installation, *, now: dt.datetime, units: Sequence[str], languages: Sequence[str] = LANGUAGES
) -> Outputs:
    """Return the frozen reports of units as data."""
    maker = ReportMaker()
    return {
        f"report {unit} {language}": to_json(maker.get(inst, wave=None, unit=unit, language=language, now=now).document)
        for unit in units
        for language in languages
    }


def pdfs(inst: Installation, *, now: dt.datetime, units: Sequence[str], language: str = "en") -> Outputs:
    """Return the reports of units as PDF."""
    maker = ReportMaker()
    found = {unit: maker.get(inst, wave=None, unit=unit, language=language, now=now) for unit in units}
    return {f"pdf {unit} {language}": pdf_of(report.document) for unit, report in found.items()}


def lists(inst: Installation, readers: Readers, *, now: dt.datetime) -> Outputs:
    """Return every page of every list of the interface, with its headers."""
    client = _site(inst, now, [])[0].test_client(use_cookies=False)
    found: Outputs = {}
    for endpoint in ENDPOINTS:
        secret = readers.ledger if endpoint.scope is Scope.LEDGER else readers.results
        following: str | None = f"{endpoint.path}?limit=500"
        while following is not None:
            answer = client.get(following, headers={"Authorization": f"Bearer {secret}"})
            assert answer.status_code == 200, answer.text
            found[f"list {following}"] = answer.data
            found[f"headers of {following}"] = "\n".join(f"{name}: {value}" for name, value in answer.headers).encode()
            following = answer.get_json()["next"]
    return found


def pages(inst: Installation, *, now: dt.datetime, units: Sequence[str], waves: Sequence[str]) -> Outputs:
    """Return the pages of leaders, HR, stewards and auditors, with the evidence and what is public of every wave."""
    box: list[str] = []
    app, base = _site(inst, now, box)
    found: Outputs = {}

    def read(client: FlaskClient, *addresses: str) -> None:
        for address in addresses:
            with client.get(address) as answer:
                assert answer.status_code == 200, (address, answer.data)
                found[f"page {address}"] = _FORM_TOKEN.sub(rb"\1", answer.data)

    read(_signed_in(app, base, box, HR), "/hr/", *(f"/hr/?wave={wave}" for wave in waves))
    for unit in units:
        read(_signed_in(app, base, box, leader(unit)), f"/leader/{unit}")
    for wave in waves:  # before the auditor signs in, which is no business of the evidence
        read(_signed_in(app, base, box, AUDITOR), f"/audit/waves/{wave}/evidence.zip")
    read(_signed_in(app, base, box, AUDITOR), "/audit/", "/audit/ledger", "/audit/ledger.csv")
    read(_signed_in(app, base, box, STEWARD), "/setup/", *(f"/setup/waves/{wave}" for wave in waves))
    read(app.test_client(), *(f"/waves/{wave}/{name}.json" for wave in waves for name in ("manifest", "account")))
    return found


def last_results(inst: Installation, wave: OpenWave, *, now: dt.datetime) -> Outputs:
    """Return what the members of every crowd of an open wave see of the wave before."""
    client = _site(inst, now, [])[0].test_client(use_cookies=False)
    found: Outputs = {}
    for crowd in sorted(set(wave.crowds.values())):
        key = encode64(links.read_key(inst.keys.installation_key(), wave=wave.slug, crowd=crowd))
        answer = client.post("/results", json={"wave": wave.slug, "crowd": crowd, "read_key": key})
        found[f"last results {crowd}"] = answer.data
    return found


def rows(inst: Installation, *, without: Sequence[str] = ()) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield every row of every table of an installation on SQLite, but of those named."""
    with sqlite3.connect(inst.settings.sqlalchemy_url.removeprefix("sqlite:///")) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in sorted(set(names) - set(without)):
            for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - names of our own tables
                yield name, row
    connection.close()


def differing(one: Outputs, other: Outputs) -> list[str]:
    """Return the places at which two installations hand out something else."""
    return sorted(place for place in one.keys() | other.keys() if one.get(place) != other.get(place))


def _site(inst: Installation, now: dt.datetime, box: list[str]) -> tuple[Flask, str]:
    """Return the web application at an instant; sign-in mails land in the box."""
    maker = ReportMaker()

    def send(_email: str, url: str, _language: str) -> None:
        box.append(url)

    made = create_app(
        inst.settings,
        database=inst.database,
        keys=inst.keys,
        clock=lambda: now,
        send_link=send,
        reports=Reports(
            get=lambda *, unit, wave, language: maker.get(inst, wave=wave, unit=unit, language=language, now=now),
            render=pdf_of,
        ),
    )
    return made, inst.settings.base_url


def _signed_in(app: Flask, base: str, box: list[str], email: str) -> FlaskClient:
    client = app.test_client()
    client.post("/sign-in", data={"email": email}).close()
    client.post(box[-1].removeprefix(base)).close()
    return client
