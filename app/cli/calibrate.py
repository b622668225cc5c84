"""The command that simulates organisations through the product's own statistics and prints how often they are right."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import scipy
from tqdm import tqdm

from app.cli import frame, plain
from app.cli.files import exists, write_new
from reports.calibration.bars import Bar, bar_record, bars_table
from reports.calibration.link_runs import link_orders
from reports.calibration.link_sheet import LEVEL, SECTION, link_outcome
from reports.calibration.link_worlds import LINK_WORLDS
from reports.calibration.runs import Order, Results, organisations, pieces, run
from reports.calibration.study import orders, outcome
from reports.calibration.tables import Table, record, render
from reports.calibration.worlds import ALL_WORLDS
from reports.services.own_calibration import OwnAccount, own_account, own_orders, own_scales
from reports.stats.methods import METHOD_VERSION
from surveys.errors import InvalidInput, Problem, Refused
from surveys.i18n import Message
from surveys.version import PROGRAM_VERSION

DEFAULT_RUNS = 80
DEFAULT_LINK_RUNS = 1000
DEFAULT_SEED = 20_240_601
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True, kw_only=True)
class _Made:
    """What a run of the command was: its settings and how long it took."""

    runs: int
    seed: int
    organisations: int
    seconds: float
    date: str

    def plain(self) -> Mapping[str, object]:
        return {
            "date": self.date,
            "version": PROGRAM_VERSION,
            "methods": METHOD_VERSION,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "command": _command(),
            "runs": self.runs,
            "seed": self.seed,
            "organisations": self.organisations,
            "seconds": round(self.seconds, 1),
            "seconds_per_1000": round(1000 * self.seconds / self.organisations, 2),
        }

    def lines(self) -> list[str]:
        tell = frame.say()
        return [
            tell.t(
                "Made on {date} with version {version}, methods {methods}, NumPy {numpy} and SciPy {scipy}.",
                **self.plain(),
            ),
            tell.t("Command: `{command}` (seed {seed}, runs {runs}).", **self.plain()),
            tell.t(
                "{organisations} organisations in {seconds} seconds: {seconds_per_1000} seconds per 1,000.",
                **self.plain(),
            ),
            tell.t(
                "Each figure stands with its Monte Carlo standard error, taken between organisations: "
                "teams of one organisation share what is estimated together."
            ),
        ]


@click.command()
@click.option("--worlds", help=f"Names with commas between, by default all: {', '.join(ALL_WORLDS)}.")
@click.option(
    "--runs",
    type=click.IntRange(min=2),
    help=f"Organisations of 50 teams per setting of the first table, all others to scale; {DEFAULT_RUNS} by default. "
    f"With --link: panels per setting without a link; {DEFAULT_LINK_RUNS} by default.",
)
@click.option("--seed", type=click.IntRange(min=0), default=DEFAULT_SEED, show_default=True, help="Of all draws.")
@click.option("--processes", type=click.IntRange(min=1), help="Side by side; by default one per processor.")
@click.option("--own", is_flag=True, help="Simulate the organisation of this installation instead, as last released.")
@click.option("--link", is_flag=True, help="Simulate the link of roadmap pressure and sentiment instead.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write into this new file.")
@plain.json_option
def calibrate(
    *,
    worlds: str | None,
    runs: int | None,
    seed: int,
    processes: int | None,
    own: bool,
    link: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Simulate organisations of which the truth is known, and print how often each method is right.

    Draws teams with moods, silence and turnover, releases their waves as the disclosure policy does and judges them
    with the product's own functions, beside the usual practice. Ends with 1 where an acceptance bar is missed by more
    than three Monte Carlo standard errors. The same seed gives the same figures with any number of processes.

    With --own the fitted moods, sizes and rhythm of the own organisation are simulated, and sentences say what can be
    seen there. With --link panels of pressure and sentiment of which the true link is known are judged, beside the
    usual correlations; the output is a section to stand after the others. Its worlds: ar, drift, walk, calendar,
    calendar_het, missing.
    """
    if own and link:
        raise click.UsageError(frame.say().t("Give --own or --link, not both."))
    if out is not None and out.exists():
        raise exists(out)
    workers = processes or os.cpu_count() or 1
    asked = runs or (DEFAULT_LINK_RUNS if link else DEFAULT_RUNS)
    if own:
        _own(asked, seed, workers, out, as_json=as_json)
    elif link:
        _link(_names(worlds, tuple(LINK_WORLDS)), asked, seed, workers, out, as_json=as_json)
    else:
        _all(_names(worlds, ALL_WORLDS), asked, seed, workers, out, as_json=as_json)


def _names(worlds: str | None, there: Sequence[str]) -> list[str]:
    """Return the worlds that were asked for, in the order of the notes.

    Raises:
        InvalidInput: one of them is none.
    """
    if worlds is None:
        return list(there)
    asked = [name.strip() for name in worlds.split(",") if name.strip()]
    wrong = [name for name in asked if name not in there]
    if wrong or not asked:
        known = ", ".join(there)
        faults = [Message("{name} is no world.", {"name": name or "''"}) for name in wrong or [""]]
        raise InvalidInput(
            "The worlds were not understood. There are {known}.",
            [Problem("--worlds", None, fault) for fault in faults],
            known=known,
        )
    return [name for name in there if name in asked]


def _all(names: Sequence[str], runs: int, seed: int, workers: int, out: Path | None, *, as_json: bool) -> None:
    results, made = _simulate(orders(names, runs), runs=runs, seed=seed, workers=workers)
    found = outcome(results, names)
    tell = frame.say()
    head = [f"# {tell.t('Calibration')}", *made.lines()]
    _judged(head, found.tables, found.bars, made, table=bars_table(found.bars, tell), out=out, as_json=as_json)


def _link(names: Sequence[str], runs: int, seed: int, workers: int, out: Path | None, *, as_json: bool) -> None:
    results, made = _simulate(link_orders(names, runs), runs=runs, seed=seed, workers=workers)
    found = link_outcome(results, names)
    tell = frame.say()
    head = [f"## {tell.t('Link of pressure and sentiment')}", *made.lines()]
    table = bars_table(found.bars, tell, section=SECTION, level=LEVEL)
    _judged(head, found.tables, found.bars, made, table=table, out=out, as_json=as_json)


def _judged(
    head: Sequence[str],
    tables: Sequence[Table],
    bars: Sequence[Bar],
    made: _Made,
    *,
    table: Table,
    out: Path | None,
    as_json: bool,
) -> None:
    """Deliver tables and bars; ``table`` is that of the bars.

    Raises:
        Refused: a bar is missed.
    """
    missed = sum(not bar.holds for bar in bars)
    tell = frame.say()
    if as_json:
        _deliver(_plain(tables, bars, made), out)
    else:
        parts = [*head, *(render(each, tell) for each in (*tables, table))]
        parts.append(tell.t("Bars that hold: {count} of {all}.", count=len(bars) - missed, all=len(bars)))
        _deliver("\n\n".join(parts), out)
    if missed:
        raise Refused("Bars that are missed: {count} of {all}.", count=missed, all=len(bars))


def _plain(tables: Sequence[Table], bars: Sequence[Bar], made: _Made) -> Mapping[str, object]:
    tell = frame.say()
    return {
        **made.plain(),
        "tables": [record(table, tell) for table in tables],
        "bars": [bar_record(bar, tell) for bar in bars],
        "holds": all(bar.holds for bar in bars),
    }


def _own(runs: int, seed: int, workers: int, out: Path | None, *, as_json: bool) -> None:
    with frame.opened().database.reading() as session:
        scales = own_scales(session, language=frame.say().language)
    wanted = own_orders(scales, runs)
    results, made = _simulate(wanted, runs=runs, seed=seed, workers=workers)
    account: OwnAccount = own_account(results, scales, frame.say())
    if as_json:
        _deliver({**made.plain(), **account.plain()}, out)
    else:
        title = f"# {frame.say().t('What can be seen here')}"
        _deliver("\n\n".join([title, *made.lines(), *account.paragraphs]), out)


def _simulate(wanted: Sequence[Order], *, runs: int, seed: int, workers: int) -> tuple[Results, _Made]:
    """Simulate in fresh processes, which take one thread each for linear algebra: small matrices gain nothing."""
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    began = time.monotonic()
    label = frame.say().t("Simulated")
    with tqdm(total=pieces(wanted), desc=label, file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        results = run(wanted, seed=seed, processes=workers, told=bar.update)
    made = _Made(
        runs=runs,
        seed=seed,
        organisations=organisations(wanted),
        seconds=time.monotonic() - began,
        date=frame.now().date().isoformat(),
    )
    return results, made


def _command() -> str:
    return shlex.join(["barograph", *sys.argv[1:]])


def _deliver(value: str | Mapping[str, object], out: Path | None) -> None:
    """Print, or write into the file that was named."""
    if out is None:
        if isinstance(value, str):
            frame.print_line(value)
        else:
            frame.print_json(value)
        return
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    write_new(out, f"{text}\n".encode())
    frame.print_line(frame.say().t("Written to {file}.", file=str(out)))
