"""Commands that make an installation and run it."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time

import click

from app import installation, serving
from app.cli import frame
from app.jobs import worker as job_worker
from app.jobs.leader_reports import ReportMaker
from app.jobs.perform import Context

_MOST_WORKERS = 64
_PARENT_SECONDS = 1.0


@click.command()
@frame.json_option
def init(*, as_json: bool) -> None:
    """Make folders, keys and database where they are absent; safe to repeat."""
    inst = installation.create(frame.settings())
    frame.close_at_end(inst.database)
    places = {
        "data_dir": str(inst.settings.data_dir.resolve()),
        "key_dir": str(inst.settings.key_dir.resolve()),
        "base_url": inst.settings.base_url,
    }
    sentence = frame.say().t(
        "The installation is ready. Back up its data in {data_dir}. Keep {key_dir} out of backups and snapshots, "
        "because keys of open waves lie there; keep only a copy of installation.key in another safe place.",
        **places,
    )
    frame.print_result(places, sentence, as_json=as_json)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, _MOST_WORKERS), help="Web processes; one per core if left out.")
def serve(*, host: str, port: int, workers: int | None) -> None:
    """Serve the pages and run the jobs, until SIGTERM or Ctrl-C."""
    inst = frame.opened()
    # Made here once, so that the web workers do not all make it at the same moment.
    inst.keys.named_secret("forms")
    # The web workers are forked from this process and open the database for themselves.
    inst.database.dispose()
    _log_to_stderr()
    click.echo(
        frame.say().t("Serving {url} on {host}:{port}.", url=inst.settings.base_url, host=host, port=port), err=True
    )
    serving.serve(host=host, port=port, workers=workers)


@click.command()
@click.option("--parent", type=int, hidden=True, help="End when this process is no longer the parent.")
def worker(*, parent: int | None) -> None:
    """Run the jobs only: waves, mails, reports; of several workers one works and the others stand by."""
    inst = frame.opened()
    _log_to_stderr()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    if parent is not None:
        threading.Thread(target=_stop_with_parent, args=(parent, stop), daemon=True).start()
    job_worker.run(Context(inst=inst, clock=frame.now, make_report=ReportMaker()), stop)
    inst.database.dispose()
    logging.shutdown()
    # A job in the middle of something must not hold up the end: it goes on at the next start.
    os._exit(0)


def _stop_with_parent(parent: int, stop: threading.Event) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    stop.set()


def _log_to_stderr() -> None:
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
