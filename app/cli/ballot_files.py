"""Turns a questionnaire into a file to fill in and that into answers, and keeps the secrets of a ballot in a file."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.cli.plain import one_line
from surveys.ballots import tokens
from surveys.ballots.links import Link
from surveys.ballots.wire import NotOnWire, decode64, encode64
from surveys.errors import InvalidInput, NotFound, Problem, Refused
from surveys.i18n import Message, Translator
from surveys.instruments.schema import COMMENT_LENGTH, Instrument, ResponseOption

NONE = "none"
"""What stands for an item that is passed over."""

TOPICS, COMMENT = "topics", "comment"
"""The two keys of a filled-in file that are no items."""

KEPT_DAYS = 7
"""Days after the close for which the list of counted ballots exists, and so this program's own note."""

KEPT_DAYS_TRUSTEE = 35
"""The same where the count waits for the holder of a second key; then the seven days begin with the count."""

_LARGEST_FILE = 1_000_000
_SCALAR_BYTES = 32
_LINE = re.compile(r"at line (\d+)|: line (\d+)")


@dataclass(frozen=True, kw_only=True, repr=False)
class Kept:
    """What this machine keeps of one ballot: nonce and blind (32 bytes each), and the token once it was received.

    Without the token a repeat asks for the same blinded element again; with it a repeat replaces the ballot. ``days``
    is how long after the close it is kept.
    """

    nonce: bytes
    blind: bytes
    token: bytes | None
    closes_at: dt.datetime
    days: int
    is_sent: bool


class Wallet:
    """A folder with one file per link, readable by its owner only; names of files tell nothing about links."""

    def __init__(self, folder: Path | None, *, now: dt.datetime) -> None:
        """Use ``folder`` or the usual place for state, and delete what was to be kept until now."""
        self.folder = folder or _usual_folder()
        for path in self.folder.glob("ballot-*.json") if self.folder.is_dir() else ():
            kept = _read(path)
            if kept is not None and now > kept.closes_at + dt.timedelta(days=kept.days):
                path.unlink(missing_ok=True)

    def find(self, address: str, link: Link) -> Kept | None:
        """Return what is kept for a link, or None.

        Raises:
            Refused: the file is damaged.
        """
        path = self._path(address, link)
        if not path.exists():
            return None
        kept = _read(path)
        if kept is None:
            raise Refused(
                "The file {file} is damaged. It holds what is needed to change your answers or to check them.",
                file=str(path),
            )
        return kept

    def keep_first(self, address: str, link: Link, kept: Kept) -> Kept:
        """Keep the secrets of a new ballot; where another run was quicker, return those of that run."""
        path = self._path(address, link)
        written = self._write(kept)
        try:
            os.link(written, path)
        except FileExistsError:
            return self.find(address, link) or kept
        finally:
            written.unlink()
        return kept

    def keep(self, address: str, link: Link, kept: Kept) -> None:
        """Replace what is kept for a link."""
        self._write(kept).replace(self._path(address, link))

    def forget(self, address: str, link: Link) -> bool:
        """Delete what is kept for a link; returns whether there was anything."""
        path = self._path(address, link)
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed

    def _path(self, address: str, link: Link) -> Path:
        name = hashlib.sha256("\x1f".join(("barograph/state/1", address, link.wave, link.code)).encode()).hexdigest()
        return self.folder / f"ballot-{name[:32]}.json"

    def _write(self, kept: Kept) -> Path:
        document = {
            "v": 1,
            "nonce": encode64(kept.nonce),
            "blind": encode64(kept.blind),
            "token": None if kept.token is None else encode64(kept.token),
            "closes_at": kept.closes_at.isoformat(),
            "days": kept.days,
            "is_sent": kept.is_sent,
        }
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".ballot-")  # mode 600
        except OSError as error:
            raise Refused(
                "The folder {folder} cannot be written: {reason}. Nothing was sent.",
                folder=str(self.folder),
                reason=error.strerror,
            ) from error
        with os.fdopen(handle, "w") as stream:
            json.dump(document, stream)
            stream.flush()
            os.fsync(stream.fileno())
        return Path(name)


@dataclass(frozen=True, kw_only=True, repr=False)
class Filled:
    """What somebody filled in: option number or None by item and segment, the topics ticked, and the comment."""

    answers: Mapping[str, int | None]
    topics: tuple[str, ...]
    comment: str


def form(instrument: Instrument, language: str, tell: Translator, heading: tuple[str, ...]) -> str:
    """Return the questionnaire as a TOML file to fill in: texts and options as comments, one line per item."""
    lines = [*heading, tell.t("Write the number of one option behind each sign =, or “{none}” to pass.", none=NONE)]
    rows = [f"# {one_line(line)}" for line in lines]
    prompt = ""
    for item in instrument.items:
        rows.append("")
        if item.recall.prompt.to(language) != prompt:
            prompt = item.recall.prompt.to(language)
            rows += [f"# {one_line(prompt)}", ""]
        rows += _question(item.text.to(language), instrument.option_set(item).choices, language)
        rows.append(f'{item.code} = ""')
    if instrument.segments:
        told = tell.t("About yourself. Your answers are shown by these only where the group is large enough.")
        rows += ["", f"# {one_line(told)}"]
    for segment in instrument.segments:
        rows += ["", *_question(segment.text.to(language), segment.choices, language), f'{segment.code} = "{NONE}"']
    return "\n".join([*rows, *_beside(instrument, language, tell)]) + "\n"


def _question(text: str, choices: Iterable[ResponseOption], language: str) -> list[str]:
    return [
        f"# {one_line(text)}",
        *(f"#   {each.code}  {one_line(each.label.to(language))}" for each in choices),
    ]


def _beside(instrument: Instrument, language: str, tell: Translator) -> list[str]:
    """Return the rows for topics and a comment, none where they are not asked for."""
    rows: list[str] = []
    if instrument.topics:
        told = tell.t("What is on your mind? Write the words of your topics between the brackets, each in quotes.")
        rows += ["", f"# {one_line(told)}"]
        rows += [f"#   {one_line(each.code)}  {one_line(each.label.to(language))}" for each in instrument.topics]
        rows.append(f"{TOPICS} = []")
    if instrument.comment is not None:
        texts = (instrument.comment.prompt, instrument.comment.hint)
        rows += ["", *(f"# {one_line(text.to(language))}" for text in texts), f'{COMMENT} = ""']
    return rows


def read_answers(path: Path, instrument: Instrument) -> Filled:
    """Return what is in a file: an option number by item, None where it is passed over; topics; a comment.

    Every item must be there. A segment, the topics and the comment may be left out.

    Raises:
        NotFound: there is no such file.
        InvalidInput: with every fault: an item that is missing, unknown, empty, or answered with no option of it;
            topics or a comment that the questionnaire does not take.
    """
    text = _text_of(path)
    raw = _parsed(path, text)
    known = {*instrument.answer_codes, *([TOPICS] if instrument.topics else []), *_comment_key(instrument)}
    faults: list[tuple[str, Message]] = [
        (code, Message("There is no item “{code}”.", {"code": one_line(code)})) for code in raw if code not in known
    ]
    maximum = {item.code: instrument.option_set(item).maximum for item in instrument.items}
    maximum |= {segment.code: segment.maximum for segment in instrument.segments}
    answers: dict[str, int | None] = {}
    for code in instrument.answer_codes:
        value = raw.get(code)
        if code not in raw and code in instrument.item_codes:
            faults.append(("", Message("The item “{code}” is missing.", {"code": code})))
        elif _is_answer(value, maximum[code]):
            answers[code] = value if isinstance(value, int) else None
        else:
            names: dict[str, object] = {"code": code, "maximum": maximum[code], "none": NONE}
            faults.append(
                (code, Message("The item “{code}” needs a whole number from 1 to {maximum}, or “{none}”.", names))
            )
    topics, comment = raw.get(TOPICS, []), raw.get(COMMENT, "")
    faults += [(TOPICS, reason) for reason in _wrong_topics(topics, instrument)]
    faults += [(COMMENT, reason) for reason in _wrong_comment(comment, instrument)]
    if faults or not isinstance(topics, list) or not isinstance(comment, str):
        raise _invalid(path, [Problem(path.name, _line_of(text, code), reason) for code, reason in faults])
    return Filled(answers=answers, topics=tuple(sorted(set(topics))), comment=comment)


def _comment_key(instrument: Instrument) -> list[str]:
    return [COMMENT] if instrument.has_comments else []


def _wrong_topics(topics: object, instrument: Instrument) -> list[Message]:
    if not instrument.topics:
        return []  # noted already as a key that nobody asked for
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        return [Message("The topics must be a list of words, each in quotes.")]
    return [
        Message("There is no topic “{topic}”.", {"topic": one_line(topic)})
        for topic in topics
        if topic not in instrument.topic_codes
    ]


def _wrong_comment(comment: object, instrument: Instrument) -> list[Message]:
    if not instrument.has_comments:
        return []
    if not isinstance(comment, str):
        return [Message("The comment must be a text in quotes.")]
    if len(comment) > COMMENT_LENGTH:
        names: dict[str, object] = {"count": len(comment), "limit": COMMENT_LENGTH}
        return [Message("The comment has {count} characters. It may have {limit}.", names)]
    return []


def _is_answer(value: object, maximum: int) -> bool:
    if isinstance(value, str) or value is None:
        return value is None or value == NONE
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= maximum


def _parsed(path: Path, text: str) -> Mapping[str, object]:
    try:
        found: object = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        where = _LINE.search(str(error))
        line = int(where[1] or where[2]) if where else None
        reason = Message("This cannot be read: {detail}.", {"detail": str(error)})
        raise _invalid(path, [Problem(path.name, line, reason)]) from error
    if not isinstance(found, dict):
        raise _invalid(path, [Problem(path.name, None, Message("This is not a list of items with their answers."))])
    return found


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(_LARGEST_FILE).decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise NotFound("There is no file {path}.", path=str(path)) from None
    except OSError as error:
        raise Refused("The file {path} cannot be read: {reason}.", path=str(path), reason=error.strerror) from None
    except UnicodeDecodeError:
        raise _invalid(path, [Problem(path.name, None, Message("The file is not valid UTF-8."))]) from None


def _line_of(text: str, code: str) -> int | None:
    if not code:
        return None
    found = re.search(rf"^\s*[{{,]?\s*[\"']?{re.escape(code)}[\"']?\s*[=:]", text, re.MULTILINE)
    return None if found is None else text.count("\n", 0, found.end()) + 1


def _invalid(path: Path, problems: list[Problem]) -> InvalidInput:
    return InvalidInput("The answers in {file} are not complete. Nothing was sent.", problems, file=path.name)


def _usual_folder() -> Path:
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".local" / "state") / "barograph"


def _read(path: Path) -> Kept | None:
    """Return what a file keeps; None where it cannot be read."""
    try:
        document = json.loads(path.read_text())
        token = document["token"]
        return Kept(
            nonce=decode64(document["nonce"], tokens.NONCE_BYTES),
            blind=decode64(document["blind"], _SCALAR_BYTES),
            token=None if token is None else decode64(token, tokens.TOKEN_BYTES),
            closes_at=dt.datetime.fromisoformat(document["closes_at"]),
            days=KEPT_DAYS_TRUSTEE if document.get("days") == KEPT_DAYS_TRUSTEE else KEPT_DAYS,
            is_sent=document["is_sent"] is True,
        )
    except (OSError, ValueError, KeyError, TypeError, NotOnWire):
        return None
