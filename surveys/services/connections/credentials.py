"""Reads the credential of a connection from the environment or the key folder; nothing here writes or shows one."""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from surveys.errors import Refused

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}\Z")
"""What a connection may be called: the name becomes part of a variable and of a file's name."""

FOLDER = "connections"
"""The folder beside the keys that holds one file per connection."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LONGEST = 4096
_PARTS = ("token", "email", "host")


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A token and, where the tool wants one, the e-mail address of its account; neither is ever printed.

    ``host`` is the only host that may get it, such as ``example.atlassian.net``; ``""`` leaves that to the list.
    """

    token: str = field(repr=False)
    email: str = field(default="", repr=False)
    host: str = ""


def variable(name: str, part: str = "TOKEN") -> str:
    """Return the name of the environment variable that holds a part of the credential of connection ``name``."""
    return f"BAROGRAPH_CONNECTION_{name.upper().replace('-', '_')}_{part}"


def credential_file(name: str, key_dir: Path) -> Path:
    """Return the file that may hold the credential instead: ``token``, ``email`` and ``host``, each ``= "..."``."""
    return key_dir / FOLDER / f"{name}.toml"


def has_credential(name: str, *, environ: Mapping[str, str], key_dir: Path) -> bool:
    """Tell whether there is anything to read a credential from."""
    return bool(environ.get(variable(name), "").strip()) or credential_file(name, key_dir).is_file()


def read_credential(name: str, *, environ: Mapping[str, str], key_dir: Path) -> Credential:
    """Return the credential of a connection; the environment comes before the file.

    Raises:
        Refused: there is none, the file is open to others or not readable, or the token has signs that no token has.
    """
    if not NAME.fullmatch(name):
        raise Refused("{name} is no name of a connection.", name=name[:60])
    path = credential_file(name, key_dir)
    token, email, host = (environ.get(variable(name, part), "").strip() for part in ("TOKEN", "EMAIL", "HOST"))
    if not token and path.is_file():
        token, email, host = _from_file(path)
    if not token:
        raise Refused(
            "There is no credential for the connection {name}. Set {variable}, or write the file {file} with mode 600.",
            name=name,
            variable=variable(name),
            file=str(path),
        )
    # Such a sign could end a header line, and libraries would repeat the header in their error.
    if not all(part.isascii() and part.isprintable() and " " not in part for part in (token, email)):
        raise Refused("The credential of {name} has spaces or signs that no credential has.", name=name)
    if len(token) > _LONGEST or len(email) > _LONGEST:
        raise Refused("The credential of {name} is too long.", name=name)
    return Credential(token=token, email=email, host=host.lower())


def check_host(name: str, credential: Credential, *, host: str, port: int) -> None:
    """Raise ``Refused`` where the credential of connection ``name`` is for another host than the one to be asked.

    So nobody who may add connections can send a token that lies there to another host of the list, by taking the
    connection away and adding its name again with another address.
    """
    if credential.host not in {"", host, f"{host}:{port}"}:
        raise Refused(
            "The credential of {name} is for {wanted}, so {host} was not asked. The operator can change that.",
            name=name,
            wanted=credential.host[:100],
            host=host,
        )


def _from_file(path: Path) -> tuple[str, str, str]:
    for each in (path.parent, path):
        if each.stat().st_mode & _OTHERS:
            raise Refused(
                "The credential in {file} is open to others. Run: chmod {mode} {place}",
                file=str(path),
                mode="700" if each.is_dir() else "600",
                place=str(each),
            )
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # the message of the parser may hold a piece of the file
        raise Refused('The file {file} cannot be read. It holds a line such as token = "..."', file=str(path)) from None
    token, email, host = (table.get(part, "") for part in _PARTS)
    if not (isinstance(token, str) and isinstance(email, str) and isinstance(host, str)) or set(table) - set(_PARTS):
        raise Refused("The file {file} may hold token, email and host only, each a text.", file=str(path))
    return token.strip(), email.strip(), host.strip()
