"""Turns a request to an allowed host into one to an address of it that was looked at: no look-up happens after that."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import httpx

from surveys.errors import Refused
from surveys.services.connections.allowed import AllowedHost, may_be_asked

Resolve = Callable[[str, int], list[str]]
_CONNECT_SECONDS = 10.0


class UnknownName(httpx.ConnectError):
    """The name of the host leads to no address."""


class BadCertificate(httpx.ConnectError):
    """The host does not prove that it is the one of the name."""


class GuardedTransport(httpx.BaseTransport):
    """Sends requests to one host only, and only to addresses that may be asked.

    The name is resolved here, every address is looked at, and the connection is made to that very address; the
    certificate is still checked against the name. So an answer of the name service that changes in between (DNS
    rebinding) leads nowhere.
    """

    def __init__(
        self, allowed: AllowedHost, *, resolve: Resolve | None = None, inner: httpx.BaseTransport | None = None
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve or _addresses
        self._inner = inner or httpx.HTTPTransport(
            verify=httpx.create_ssl_context(), trust_env=False, limits=httpx.Limits(max_connections=1)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            Refused: the host is another one, or one of its addresses may not be asked.
        """
        host = request.url.host
        if host != self._allowed.host:
            raise Refused("The host {host} was not asked, because it is not the one of this connection.", host=host)
        failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
        for address in self._checked(host):
            try:
                return self._inner.handle_request(_pinned(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = BadCertificate("No proof.") if _is_about_certificate(error) else error
        raise failure or UnknownName("The name has no address.")

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    def _checked(self, host: str) -> list[str]:
        try:
            found = self._resolve(host, self._allowed.port)
        except OSError as error:
            raise UnknownName("The name has no address.") from error
        refused = [address for address in found if not may_be_asked(address, is_private=self._allowed.is_private)]
        for address in refused:
            if not may_be_asked(address, is_private=True):
                raise Refused(
                    "The host {host} lies at {address}, in a reserved network that is never asked.",
                    host=host,
                    address=address,
                )
        if refused:
            raise Refused(
                "The host {host} lies at {address}, in the own network, and was not asked. The operator can allow that "
                "by writing private: before the host.",
                host=host,
                address=refused[0],
            )
        return found


def _is_about_certificate(error: BaseException) -> bool:
    """Tell whether a failure goes back to a certificate; the libraries between here and there wrap it."""
    below = error.__cause__ or error.__context__
    return isinstance(error, ssl.SSLCertVerificationError) or (below is not None and _is_about_certificate(below))


def _pinned(request: httpx.Request, host: str, address: str) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,  # they name the host already
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
