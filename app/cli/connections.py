"""Commands about connections to delivery tools: add, list, check, sync, remove; they never print a credential."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from app.cli import frame
from app.jobs import sync as jobs
from surveys.errors import Refused, SurveyError
from surveys.importers.roadmap_model import SourceKind
from surveys.services.connections import managing
from surveys.services.connections.credentials import credential_file, has_credential, variable
from surveys.services.connections.managing import ConnectionView
from surveys.services.connections.tool import Settings
from surveys.store import accounts


@click.group(cls=frame.Commands)
def connection() -> None:
    """Connections: tools that are asked for their plans each night."""


@connection.command()
@click.argument("name")
@click.option("--kind", type=click.Choice([kind.value for kind in managing.KINDS]), required=True, help="The tool.")
@click.option("--url", "address", default="", help="Address, such as https://example.atlassian.net.")
@click.option("--project", "projects", multiple=True, help="Jira: key of a project; may be repeated.")
@click.option("--board", "boards", multiple=True, help="Jira: number of a board; left out, those of the projects.")
@click.option("--repository", "repositories", multiple=True, help="GitHub: owner/name; may be repeated.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone of the account that asks.")
@frame.json_option
def add(
    *,
    name: str,
    kind: str,
    address: str,
    projects: tuple[str, ...],
    boards: tuple[str, ...],
    repositories: tuple[str, ...],
    zone: str,
    as_json: bool,
) -> None:
    """Add the connection NAME; what it reads becomes the source of this name.

    Its credential is not given here: it stands in the environment or in a file of the key folder.
    """
    inst, now = frame.opened(), frame.now()
    with inst.database.transaction() as session:
        managing.add_connection(
            session,
            name=name,
            kind=SourceKind(kind),
            address=address,
            settings=Settings(projects=projects, boards=boards, repositories=repositories),
            timezone=zone,
            hosts=inst.settings.allowed_hosts,
        )
        accounts.add_audit_event(
            session, at=now, actor=frame.ACTOR, action="connection.add", subject=name, detail={"kind": kind}
        )
    place = credential_file(name, inst.settings.key_dir)
    frame.print_result(
        {"name": name, "variable": variable(name), "file": str(place)},
        frame.say().t(
            "The connection {name} was added. Put its token into {variable}, or into {file} with mode 600. Then run: "
            "barograph connection check {name}",
            name=name,
            variable=variable(name),
            file=str(place),
        ),
        as_json=as_json,
    )


@connection.command("list")
@frame.json_option
def list_all(*, as_json: bool) -> None:
    """List the connections with their last sync; whether there is a credential, never which."""
    inst = frame.opened()
    with inst.database.reading() as session:
        views = managing.list_views(session)
    found = {view.name: has_credential(view.name, environ=os.environ, key_dir=inst.settings.key_dir) for view in views}
    if as_json:
        frame.print_json([_plain(view, has_token=found[view.name]) for view in views])
        return
    frame.print_rows([_row(view, has_token=found[view.name]) for view in views])
    for view in views:
        if view.failure is not None:
            frame.print_line(f"{view.name}: {frame.say().render(view.failure)}")


@connection.command()
@click.argument("name")
@frame.json_option
def check(*, name: str, as_json: bool) -> None:
    """Ask the tool of NAME for a little of all that is set; nothing is stored."""
    inst = frame.opened()
    lines = [frame.say().render(line) for line in jobs.check_connection(inst, name=name)]
    frame.print_result({"name": name, "lines": lines}, "\n".join(lines), as_json=as_json)


@connection.command()
@click.argument("name")
@frame.json_option
def remove(*, name: str, as_json: bool) -> None:
    """Remove the connection NAME; what it imported stays, and its credential is yours to delete."""
    inst, now = frame.opened(), frame.now()
    jobs.remove_connection(inst, name=name, now=now, actor=frame.ACTOR)
    frame.print_result({"name": name}, frame.say().t("The connection {name} was removed.", name=name), as_json=as_json)


@click.command("sync")
@click.argument("name", required=False)
@click.option("--all-history", is_flag=True, help="Read everything again; what the tool no longer has is dropped.")
@frame.json_option
def sync(*, name: str | None, all_history: bool, as_json: bool) -> None:
    """Read what changed at the tool of NAME since the last sync, or at the tools of all connections.

    A sync that was cut off goes on from its last page.
    """
    inst = frame.opened()
    with inst.database.reading() as session:
        names = [name] if name is not None else [view.name for view in managing.list_views(session) if view.is_active]
    if not names:
        raise Refused("There is no connection yet. Add one with: barograph connection add")
    done: list[Mapping[str, object]] = []
    failures: list[SurveyError] = []
    for each in names:
        try:
            outcome = jobs.run_sync(inst, name=each, now=frame.now(), actor=frame.ACTOR, all_history=all_history)
        except SurveyError as error:
            if len(names) == 1:
                raise
            failures.append(error)
            frame.print_warning(f"{each}: {frame.say().render(error.message)}")
            continue
        done.append(_account(outcome))
        if not as_json:
            for line in outcome.account.lines:
                frame.print_line(frame.say().render(line))
    if as_json:
        frame.print_json(done)
    if failures:
        raise Refused("{count} of {total} connections were not synced.", count=len(failures), total=len(names))


connection.add_command(sync)


def _account(outcome: jobs.SyncOutcome) -> Mapping[str, object]:
    account, tell = outcome.account, frame.say()
    return {
        "name": account.name,
        "read": account.read,
        "pages": account.pages,
        "items": account.imported.items,
        "events": account.imported.events,
        "weeks": outcome.weeks,
        "lines": [tell.render(line) for line in account.lines],
        "remarks": [tell.render(problem.reason) for problem in account.problems],
    }


def _plain(view: ConnectionView, *, has_token: bool) -> Mapping[str, object]:
    return {
        "name": view.name,
        "kind": view.kind.value,
        "url": view.base_url,
        **view.settings.document,
        "zone": view.timezone,
        "is_active": view.is_active,
        "has_credential": has_token,
        "read_until": view.read_until,
        "tried_at": view.tried_at,
        "succeeded_at": view.succeeded_at,
        "waiting": view.waiting,
        "failure": None if view.failure is None else frame.say().render(view.failure),
    }


def _row(view: ConnectionView, *, has_token: bool) -> tuple[str, ...]:
    tell = frame.say()
    last = tell.t("not synced yet") if view.succeeded_at is None else tell.moment(view.succeeded_at)
    return (
        view.name,
        view.kind.value,
        view.base_url,
        tell.join([word for words in view.settings.document.values() for word in _texts(words)]),
        tell.t("has a credential") if has_token else tell.t("has no credential"),
        last,
    )


def _texts(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else []
