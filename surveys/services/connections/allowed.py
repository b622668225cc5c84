"""Turns the operator's list of hosts and an address that somebody typed into the one origin that may be asked.

Only exact hosts are allowed, so that nobody who may add a connection can make the server ask another machine. The
address is put together again from its checked parts, so that no other reader of addresses can see another host in it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from surveys.errors import Refused

HOSTS_VARIABLE = "BAROGRAPH_CONNECTION_HOSTS"
"""The setting that holds the list."""

_PRIVATE = "private:"
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*\Z")
_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?\Z")
_SCHEMES = {"https": 443, "http": 80}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SHARED = ipaddress.ip_network("100.64.0.0/10")
"""Addresses behind a provider's or a virtual private network's own translation: neither public nor private by name."""

_HERE = frozenset({"localhost"})
_NEVER = frozenset(
    map(ipaddress.ip_address, ("192.0.0.192", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254"))
)
"""Where clouds give out credentials of the machine, beside the addresses of the link: Oracle, Azure, Alibaba, AWS,
Google."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, kw_only=True)
class AllowedHost:
    """One host that may be asked at one port; ``is_private`` allows addresses of the own network."""

    host: str
    port: int = 443
    is_private: bool = False


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A checked address: where to ask, and under which path the interface lies (without a slash at its end)."""

    scheme: str
    allowed: AllowedHost
    path: str = ""

    @property
    def url(self) -> str:
        """The address as text, without a slash at its end."""
        host = f"[{self.allowed.host}]" if ":" in self.allowed.host else self.allowed.host
        port = "" if self.allowed.port == _SCHEMES[self.scheme] else f":{self.allowed.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def read_hosts(text: str) -> tuple[AllowedHost, ...]:
    """Read hosts that are set apart by spaces or commas, such as ``api.github.com private:jira.intra:8443``.

    ``private:`` before a host allows that it lies in the own network. Raises ``Refused`` with the entry that is no
    host name or address.
    """
    return tuple(_entry(part) for part in text.replace(",", " ").split())


def check_address(text: str, hosts: Sequence[AllowedHost]) -> Origin:
    """Return the checked origin of an address such as ``https://example.atlassian.net``.

    Raises:
        Refused: it is no plain address, is not encrypted, or its host is not on the list.
    """
    shown = text.strip()[:200]
    if not shown.isascii() or not shown.isprintable() or any(sign in shown for sign in "\\@ %?#"):
        raise Refused("The address {address} is not plain. Write it like https://example.org.", address=_bare(shown))
    try:
        parts = urlsplit(shown)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in _SCHEMES or not _is_host(host) or not _PATH.fullmatch(parts.path):
        raise Refused("The address {address} is not plain. Write it like https://example.org.", address=_bare(shown))
    port = port or _SCHEMES[parts.scheme]
    allowed = next((each for each in hosts if (each.host, each.port) == (host, port)), None)
    if allowed is None:
        raise Refused(
            "The host {host} is not on the list of hosts that may be asked. The operator adds it to {variable}.",
            host=host if port == _SCHEMES["https"] else f"{host}:{port}",
            variable=HOSTS_VARIABLE,
        )
    if parts.scheme == "http" and not (allowed.is_private and is_here(host)):
        raise Refused("The address of {host} must begin with https://, because a credential is sent there.", host=host)
    return Origin(scheme=parts.scheme, allowed=allowed, path=parts.path.rstrip("/"))


def is_here(host: str) -> bool:
    """Tell whether a host name or address names this machine by itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in _HERE


def may_be_asked(address: str, *, is_private: bool) -> bool:
    """Tell whether a resolved address may be asked; where not private, only addresses of the public network.

    Addresses of the link and the others where clouds answer with credentials, of groups, and reserved ones never may.
    An IPv4 address inside an IPv6 one is judged as well, since routers unpack it.
    """
    try:
        found = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return all(_is_fit(each, is_private=is_private) for each in (found, *_inner(found)))


def _is_fit(found: Address, *, is_private: bool) -> bool:
    if found in _NEVER:
        return False
    is_reserved = found.is_reserved and not (found.is_loopback or _nat64(found))  # both lie in a reserved network
    if found.is_link_local or found.is_multicast or found.is_unspecified or is_reserved:
        return False
    if found.is_global or _nat64(found):
        return True
    return is_private and (found.is_private or found.is_loopback or _is_shared(found))


def _is_shared(found: Address) -> bool:
    return isinstance(found, ipaddress.IPv4Address) and found in _SHARED


def _inner(found: Address) -> list[Address]:
    if isinstance(found, ipaddress.IPv4Address):
        return []
    inner = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
    if _nat64(found):
        inner.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
    return [each for each in inner if each is not None]


def _nat64(found: Address) -> bool:
    return isinstance(found, ipaddress.IPv6Address) and found in _NAT64


def _entry(text: str) -> AllowedHost:
    is_private = text.lower().startswith(_PRIVATE)
    rest = text[len(_PRIVATE) :] if is_private else text
    try:
        parts = urlsplit(f"//{rest}")
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not _is_host(host) or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise Refused(
            "{variable} holds {entry}, which is no host. Write hosts such as api.github.com, set apart by spaces.",
            variable=HOSTS_VARIABLE,
            entry=_bare(text),
        )
    return AllowedHost(host=host, port=port or _SCHEMES["https"], is_private=is_private)


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # A name of digits alone would be read as an address in an old notation.
        return bool(_NAME.fullmatch(host)) and not host.replace(".", "").isdigit() and not host.startswith("0x")
    return "%" not in host


def _bare(text: str) -> str:
    """Return an address for a sentence, without what may be a credential."""
    return text.rpartition("@")[2].partition("?")[0].partition("#")[0][:100]
