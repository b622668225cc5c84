"""Runs one whole wave through real HTTP and keeps everything an attacker could have copied on the way."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx

from app import mail
from app.cli import backup
from app.extensions import Database
from app.installation import Installation
from app.jobs import mailing
from reports.services import hr_export
from surveys.ballots import codes, sealing
from surveys.store import waves as wave_store
from tests.attacks.people import SEVEN_TEAMS, answer_needles, distinct_answers, sealed_company
from tests.attacks.spy import Spy, in_storage_order, names
from tests.attacks.tools import Trace, spellings
from tests.attacks.voters import Voter, build_app, served, voters_of
from tests.attacks.weak import list_invited
from tests.support import journey
from tests.support.journey import Answers, OpenWave

LAG = 3
"""So many others arrive between somebody's paper and ballot."""


@dataclass(kw_only=True)
class Evidence:
    """One wave, counted and released, with the copies taken while it was open."""

    inst: Installation
    wave: OpenWave
    folder: Path
    voted: dict[str, Voter]
    answers: dict[str, Answers]
    persons: dict[str, str]
    papers: list[Trace]
    ballots: list[Trace]
    stored_papers: list[Trace]
    stored_ballots: list[Trace]
    base: bytes
    log: bytes
    wave_key: bytes
    fingerprint: str
    lonely: str
    """Who answered between the two backups."""

    responses: list[httpx.Response] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        """Whether the wave was held on SQLite."""
        return self.inst.database.is_sqlite

    @property
    def kind(self) -> str:
        """The name of the database."""
        return self.inst.database.engine.name

    @property
    def backups(self) -> tuple[Path, Path]:
        """The two nightly backups around exactly one answer, as `db backup` writes them."""
        return self.folder / "first.backup", self.folder / "second.backup"

    @property
    def open_files(self) -> Path:
        """The data folder as it was while the wave was open."""
        return self.folder / "open-data"

    @property
    def truth(self) -> dict[str, bytes]:
        """What is stored for each person, by person."""
        return {self.persons[email]: voter.sealed for email, voter in self.voted.items()}

    @property
    def known(self) -> dict[str, Answers]:
        """What each person answered, by person."""
        return {self.persons[email]: self.answers[email] for email in self.voted}

    @property
    def answer_needles(self) -> dict[str, bytes]:
        """Byte strings of readable answers."""
        return answer_needles({email: self.answers[email] for email in self.voted})

    @property
    def ballot_needles(self) -> dict[str, bytes]:
        """Byte strings of sealed ballots: the ciphertexts and the tokens that admitted them."""
        needles: dict[str, bytes] = {}
        for email, voter in self.voted.items():
            assert voter.paper is not None
            needles[f"ciphertext of {email}"] = voter.sealed[:24]
            needles |= spellings(f"nonce of {email}", voter.paper.nonce)
            needles |= spellings(f"token of {email}", voter.paper.token[:32])
        return needles

    @property
    def link_needles(self) -> dict[str, bytes]:
        """Byte strings of the secret links."""
        needles: dict[str, bytes] = {}
        for email, voter in self.voted.items():
            secret = codes.decode(voter.link.code)
            needles[f"code of {email}"] = voter.link.code.encode()
            needles |= spellings(f"secret of {email}", secret)
            needles[f"hash of the code of {email}"] = codes.code_hash(secret).encode()
        return needles

    @property
    def key_needles(self) -> dict[str, bytes]:
        """Byte strings of the private key of the wave."""
        return spellings("wave key", self.wave_key)

    def nonce_hash(self, email: str) -> bytes:
        """The key under which somebody's ballot was stored."""
        paper = self.voted[email].paper
        assert paper is not None
        return sealing.nonce_hash(paper.nonce)


def gather(inst: Installation, folder: Path) -> Evidence:
    """Hold a wave of 56 people, of whom 53 answer, and release it; ballots follow papers after some arrivals."""
    sealed_company(inst, SEVEN_TEAMS)
    wave = journey.open_wave(inst)
    post = mail.sender(inst.settings)
    mailing.send_mailing(inst, wave=wave.slug, kind="invitation", now=wave.opens_at, actor="t", post=post)
    post.close()
    people = list_invited(inst.database, wave.slug)
    behind = names(people, wave=wave.slug, wave_key=inst.keys.wave_key(wave.slug))
    spy = Spy(inst.database, behind)
    with served(build_app(inst, lambda: wave.opens_at)) as url, httpx.Client(base_url=url) as http:
        everybody = voters_of(inst, wave, http)
        answers = distinct_answers(list(everybody), wave.instrument.item_codes)
        order = random.Random(3).sample(sorted(everybody), len(everybody))[3:]
        lonely = order.pop()
        play([everybody[email] for email in order], answers)
        backup.write(inst.database, folder / "first.backup")
        play([everybody[lonely]], answers)
        backup.write(inst.database, folder / "second.backup")
    papers, ballots = spy.traces()
    stored_papers, stored_ballots = in_storage_order(inst.database, behind)
    base, log = spy.files()
    spy.stop()
    shutil.copytree(inst.settings.data_dir, folder / "open-data")  # the key folder is in no backup
    with inst.database.reading() as session:
        fingerprint = wave_store.get_wave(session, wave.slug).fingerprint or ""
    evidence = Evidence(
        inst=inst,
        wave=wave,
        folder=folder,
        voted={email: everybody[email] for email in (*order, lonely)},
        answers=answers,
        persons={email: each.person_id for email, each in people.items()},
        papers=papers,
        ballots=ballots,
        stored_papers=stored_papers,
        stored_ballots=stored_ballots,
        base=base,
        log=log,
        wave_key=inst.keys.wave_key(wave.slug),
        fingerprint=fingerprint,
        lonely=lonely,
    )
    journey.close_wave(inst, wave)
    journey.release_wave(inst, wave)
    export_everything(inst, now=wave.releases_at)
    return evidence


def export_everything(inst: Installation, *, now: dt.datetime) -> None:
    """Write what HR may download beside the database, so that these files are carved too."""
    for file_format in ("csv", "json"):
        with inst.database.transaction() as session:
            files = hr_export.export_files(
                session, waves=None, language="en", file_format=file_format, actor="hr", now=now
            )
        for name, content in files.items():
            (inst.settings.data_dir / f"{file_format}-{name}").write_bytes(content)


def play(order: Sequence[Voter], answers: dict[str, Answers]) -> None:
    """Let people take their papers in this order, and send the ballot when some others have taken theirs."""
    waiting: list[Voter] = []
    for voter in order:
        voter.take_paper()
        waiting.append(voter)
        if len(waiting) > LAG:
            _send(waiting.pop(0), answers)
    for voter in waiting:
        _send(voter, answers)


def _send(voter: Voter, answers: dict[str, Answers]) -> None:
    answer = voter.send(answers[voter.email])
    assert answer.status_code == 200, answer.text


def reopened(evidence: Evidence, file: Path, folder: Path) -> Installation:
    """Open a copied SQLite file as the database of the same installation."""
    settings = replace(evidence.inst.settings, data_dir=folder, database_url="")
    folder.mkdir(exist_ok=True)
    shutil.copyfile(file, folder / "barograph.db")
    return Installation(settings=settings, database=Database(settings.sqlalchemy_url), keys=evidence.inst.keys)
