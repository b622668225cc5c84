"""Turns what went wrong with a question into a sentence for people: it names host and path, never a credential."""

from __future__ import annotations

import datetime as dt

from surveys.errors import Refused


class SyncFailed(Refused):
    """The other side did not answer as it should; what was read so far stays. ``status`` is that of its answer."""

    status: int | None = None


class SyncPaused(SyncFailed):
    """The other side asks for a pause, or the time is over; the same sync goes on later.

    ``until`` is the end of the pause where the other side named one.
    """

    until: dt.datetime | None = None


def denied(host: str, path: str, status: int) -> SyncFailed:
    """Return the failure for an answer that a further try would not change."""
    failure = _denial(host, path, status)
    failure.status = status
    return failure


def given_up(host: str, path: str, reason: int | str) -> SyncFailed:
    """Return the failure of the last try; ``reason`` is a status, ``timeout``, ``name``, ``certificate`` or ``cut``."""
    if isinstance(reason, int):
        return SyncFailed(
            "{host} fails at {path} again and again (status {status}). The sync goes on from there later.",
            host=host,
            path=path,
            status=reason,
        )
    if reason == "timeout":
        return SyncFailed("{host} does not answer in time. The sync goes on from there later.", host=host)
    if reason == "name":
        return SyncFailed(
            "The name {host} leads to no address. Either it is misspelt, or the name service of this server does not "
            "answer.",
            host=host,
        )
    if reason == "certificate":
        return SyncFailed(
            "{host} does not prove that it is {host}: its certificate has expired, is for another name, or comes from "
            "somebody whom this server does not trust. No credential was sent.",
            host=host,
        )
    return SyncFailed("The connection to {host} breaks again and again. The sync goes on from there later.", host=host)


def out_of_time(host: str) -> SyncPaused:
    """Return the pause after which a sync goes on that took too long."""
    return SyncPaused("The time for one sync is over. The next one goes on where this one ended, at {host}.", host=host)


def pause(host: str, until: dt.datetime | None) -> SyncPaused:
    """Return the pause that the other side asks for; ``until`` is None where it names no end."""
    if until is None:
        return SyncPaused(
            "{host} was asked too often, and names no end of the pause. The sync goes on later.", host=host
        )
    found = SyncPaused(
        "{host} asks for a pause until {time} UTC. The sync goes on after that.",
        host=host,
        time=f"{until.astimezone(dt.UTC):%Y-%m-%d %H:%M}",
    )
    found.until = until
    return found


def sent_away(host: str, other: str, *, is_named: bool) -> SyncFailed:
    """Return the failure for an address of another origin; ``is_named`` says that a name of a user stands in it.

    ``other`` is the host that the address names, ``""`` where it cannot be read.
    """
    if not other:
        return SyncFailed("{host} sent us to an address that cannot be read. Nothing was asked there.", host=host)
    if other != host:
        return SyncFailed(
            "{host} sent us to another host, {other}. Nothing was asked there.", host=host, other=other[:100]
        )
    if is_named:
        return SyncFailed(
            "{host} sent us to an address with a name or a password in it. Nothing was asked there.", host=host
        )
    return SyncFailed(
        "{host} sent us to another port of its own, or to one without encryption. Nothing was asked there.", host=host
    )


def _denial(host: str, path: str, status: int) -> SyncFailed:
    if status == 401:
        return SyncFailed("{host} does not accept the credential. It may have expired; make a new one.", host=host)
    if status == 403:
        return SyncFailed("The credential may not read {path} at {host}.", path=path, host=host)
    if status == 404:
        return SyncFailed("{host} has no {path}, or the credential may not see it.", path=path, host=host)
    if status == 410:
        return SyncFailed("{host} no longer offers {path}. This program needs a newer version.", path=path, host=host)
    return SyncFailed("{host} refused the question {path} (status {status}).", host=host, path=path, status=status)
