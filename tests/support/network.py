"""Refuses every connection and name look-up that leaves this machine, from the first test to the last."""

from __future__ import annotations

import ipaddress
import socket
import sys

_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", socket.gethostname()})
_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"})


class NetworkRefused(RuntimeError):
    """A test tried to reach another machine."""


def is_local(host: object) -> bool:
    """Return whether a host given to the socket module stays on this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host == "" or host in _NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(host).split("%", maxsplit=1)[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _EVENTS:
        return
    target: object = arguments[0]
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        if not isinstance(address, tuple):  # a Unix socket has a path, not a host
            return
        target = address[0]
    if not is_local(target):
        raise NetworkRefused(f"a test tried to reach {target!r}")


# The interpreter's own audit events see every library's sockets, also those that kept a reference to the socket module.
# The hook cannot be removed, which is what a guard should be.
sys.addaudithook(_watch)
