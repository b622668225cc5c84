"""A survey behind a real server that notes what it is told, and that a test may make lie."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import text
from werkzeug.wrappers import Request, Response

from app import lifecycle
from app.cli.main import main
from app.installation import Installation
from surveys.errors import NotFound
from surveys.services import invitations
from tests.support import journey
from tests.support.journey import OpenWave

LARGE: journey.Teams = {"root": (None, 2), "ant": ("root", 20), "bee": ("root", 20), "cat": ("root", 12)}
SMALL: journey.Teams = {"root": (None, 1), "ant": ("root", 8), "bee": ("root", 8)}
ANT, OTHER = journey.member("ant", 1), journey.member("ant", 2)
Wsgi = Callable[[dict[str, object], Callable[..., object]], Iterable[bytes]]


@dataclass
class Seen:
    """A request as the server sees it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    port: int


@dataclass
class Survey:
    """An open wave behind a real server that notes what it is told, and that a test may make lie."""

    inst: Installation
    wave: OpenWave
    folder: Path
    now: dt.datetime
    mailed: dict[str, str] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    lies: dict[str, Callable[[Response], Response]] = field(default_factory=dict)

    def link(self, email: str) -> str:
        """The link in the invitation of somebody, as mailed."""
        if email not in self.mailed:
            with self.inst.database.reading() as session:
                everybody = invitations.list_undelivered(session, wave=self.wave.slug, kind="none")
            addressee = next(each for each in everybody if each.email == email)
            message = lifecycle.message_for(self.inst, wave=self.wave.slug, kind="invitation", addressee=addressee)
            self.mailed[email] = message.link
        return self.mailed[email]

    def run(self, *words: object) -> Result:
        environment = {"BAROGRAPH_LANGUAGE": "en", "XDG_STATE_HOME": str(self.folder / "state")}
        return CliRunner().invoke(main, ["ballot", *(str(word) for word in words)], env=environment)

    def ok(self, *words: object) -> str:
        result = self.run(*words)
        assert result.exit_code == 0, (result.stderr, result.exception)
        return result.stdout

    def refused(self, *words: object) -> str:
        result = self.run(*words)
        assert result.exit_code == 1, (result.stdout, result.exception)
        assert "Something broke" not in result.stderr
        return result.stderr

    def answers(self, value: object = 3, name: str = "answers.json") -> Path:
        path = self.folder / name
        path.write_text(json.dumps(dict.fromkeys(self.wave.instrument.item_codes, value)))
        return path

    def ballots(self) -> int:
        with self.inst.database.reading() as session:
            return int(session.execute(text("SELECT count(*) FROM ballot")).scalar_one())

    def let_others_answer(self) -> int:
        """Everybody but two people answers by other means; returns how many."""
        return len(journey.cast_all(self.inst, self.wave, journey.varied(absent=[ANT, OTHER])))

    def posts(self) -> list[str]:
        return [each.path for each in self.seen if each.method == "POST"]


def listening(survey: Callable[[], Survey], app: Callable[[], Wsgi]) -> Wsgi:
    """Note every request, and let a test change what comes back."""

    def answer(environ: dict[str, object], start: Callable[..., object]) -> Iterable[bytes]:
        request = Request(environ)  # type: ignore[arg-type]
        body = request.get_data()
        environ["wsgi.input"] = io.BytesIO(body)
        headers = {name.lower(): value for name, value in request.headers.items()}
        port = environ["REMOTE_PORT"]
        assert isinstance(port, int)
        survey().seen.append(Seen(request.method, request.full_path.rstrip("?"), headers, body, port))
        response = Response.from_app(app(), environ)  # type: ignore[arg-type]
        lie = survey().lies.get(request.path, lambda honest: honest)
        return lie(response)(environ, start)  # type: ignore[arg-type, no-any-return]

    return answer


def replaced(honest: Response, body: bytes, status: int = 200) -> Response:
    return Response(body, status=status, mimetype=honest.mimetype)


def change(name: str, value: object) -> Callable[[Response], Response]:
    def lie(honest: Response) -> Response:
        document = json.loads(honest.get_data())
        document[name] = value
        return replaced(
            honest, json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        )

    return lie


def no_report(*, unit: str, wave: str | None, language: str) -> None:
    raise NotFound("There is no report yet.")
