"""Talks to the server of a survey for a respondent, and tells it nothing that the protocol does not ask for."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from surveys.errors import Refused

USER_AGENT = "barograph-ballot"
"""The same for everybody: no version, no system."""

PAUSES = (0.5, 1.0, 2.0)
"""Seconds before each further attempt where the connection failed; every request may be repeated."""

LARGEST_REPLY = 16_000_000
_SECONDS = 20.0
_BUSY = frozenset({502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back: the status and the body, no header."""

    status: int
    body: bytes

    def fields(self) -> Mapping[str, object]:
        """Return the body as a JSON object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


class Server:
    """One survey server, addressed by what stands before ``/answer#`` in a link.

    Every request has a connection of its own, carries no cookie and follows no redirect. Proxies and passwords that the
    environment names are not used: a proxy would see who answers and when, a password would say it. Certificates of
    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` are.
    """

    def __init__(self, link: str) -> None:
        """Take the address out of a whole link.

        Raises:
            Refused: the link has no address, or one that is neither HTTPS nor on this machine.
        """
        address = link.strip().partition("#")[0]
        parts = urlsplit(address)
        if not parts.hostname or not parts.path.endswith("/answer") or parts.query:
            raise Refused("This is not a whole link. It begins with https and holds the sign # once.")
        if parts.username or parts.password:
            raise Refused("This link holds a user name or a password. No link of a survey does.")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(parts.hostname)):
            raise Refused("This link does not begin with https. Nothing is sent without it.")
        self.address = address.removesuffix("/answer")
        self.host = parts.netloc

    def get(self, path: str) -> Reply:
        """Read a document; raises Refused where the server cannot be reached or sends the program elsewhere."""
        return self._repeat("GET", path, None)

    def post(self, path: str, fields: Mapping[str, str]) -> Reply:
        """Send a JSON object; raises Refused as :meth:`get` does."""
        return self._repeat("POST", path, json.dumps(fields).encode())

    def _repeat(self, method: str, path: str, body: bytes | None) -> Reply:
        for pause in (*PAUSES, None):
            try:
                reply = self._send(method, path, body)
            except httpx.TransportError as error:
                if pause is None:
                    raise Refused(
                        "The server {host} cannot be reached: {reason}. Run the same command again later; "
                        "an answer is never counted twice.",
                        host=self.host,
                        reason=str(error) or type(error).__name__,
                    ) from error
            else:
                if reply.status not in _BUSY or pause is None:
                    return reply
            time.sleep(pause)
        raise AssertionError  # the last turn returns or raises

    def _send(self, method: str, path: str, body: bytes | None) -> Reply:
        headers = {"User-Agent": USER_AGENT}
        if body is not None:
            headers["Content-Type"] = "application/json"
        with (
            httpx.Client(
                timeout=_SECONDS, follow_redirects=False, trust_env=False, verify=httpx.create_ssl_context()
            ) as client,
            client.stream(method, self.address + path, content=body, headers=headers) as response,
        ):
            if response.is_redirect:
                raise Refused("The server {host} sends this program elsewhere. It did not follow.", host=self.host)
            content = bytearray()
            for part in response.iter_bytes():
                content += part
                if len(content) > LARGEST_REPLY:
                    raise Refused("The server {host} sends more than this program takes.", host=self.host)
            return Reply(status=response.status_code, body=bytes(content))


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
