"""Exports made-up releases in every format and prints rows per second beside the bare libraries, and peak memory.

    python -m tests.perf.export [--teams 100 10000] [--waves 4]

Bare is the library given the same rows as they are, without code book, totals or checksums: ``csv.writer``, one
``write`` per cell of ``xlsxwriter`` with constant memory, ``pyarrow`` in groups of 20,000 rows, ``json.dumps`` per row.
Both write the same rows, held in memory, in turns in one process; processor seconds count, not the clock. Memory is
that of a fresh process for each export, after the auditors, which every release passes first.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import insert, text
from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from app.extensions import Database
from reports.disclosure.cells import RawCell, protect_crowd
from reports.disclosure.participation import response_band
from reports.disclosure.policy import POLICY_VERSION, n_band
from reports.exports.code_book import code_book, read_me
from reports.exports.csv_writer import CsvWriter
from reports.exports.json_writer import JsonWriter
from reports.exports.parquet_writer import ROW_GROUP, ParquetWriter, schema_of
from reports.exports.table import CELLS, Row, flat
from reports.exports.writer import Beside
from reports.exports.xlsx_writer import XlsxWriter
from reports.models import Release
from reports.services.auditing import check_released
from reports.services.export_tables import cell_rows
from reports.services.export_wave import Pick, load_wave
from reports.services.hr_export import FORMATS, ExportOrder, write_export
from reports.store import released_rows, releases
from reports.store.cells import to_plain
from surveys.crowds.shapes import label_of
from surveys.i18n import translator
from surveys.instruments.library import load
from surveys.instruments.schema import Instrument
from surveys.models.waves import Wave, WaveUnit
from tests.support import journey

_ROUNDS = 3
_SEED = 7
_WIDTH = 10
"""Units below a unit."""


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, nargs="+", default=[100, 10_000])
    parser.add_argument("--waves", type=int, default=4)
    parser.add_argument("--rows", type=int, default=60_000, help="rows for the comparison with the bare libraries")
    parser.add_argument("--formats", nargs="+", default=list(FORMATS))
    parser.add_argument("--one", help="export the database at this address in the first format and print the memory")
    parser.add_argument("--folder", help="where databases and files are made; a temporary folder if left out")
    arguments = parser.parse_args()
    if arguments.one:
        _export_one(arguments.one, arguments.formats[0])
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for teams in arguments.teams:
            place = Path(folder, str(teams))
            started = time.perf_counter()
            url = prepare(place, teams, arguments.waves)
            print(
                f"prepared {teams} teams x {arguments.waves} waves in {time.perf_counter() - started:.0f} s", flush=True
            )
            for file_format in arguments.formats:
                _in_a_process(url, file_format, teams)
        _side_by_side(url, Path(folder), arguments.rows, arguments.formats)


def prepare(folder: Path, teams: int, waves: int) -> str:
    """Make a database with released waves of a company of this size; returns its address."""
    inst = journey.installation(folder)
    journey.company(inst)
    first = journey.open_wave(inst)
    parents = _tree(teams)
    with inst.database.transaction() as session:
        model = session.get(Wave, first.slug)
        assert model is not None
        session.execute(text("DELETE FROM wave_unit"))
        session.execute(text("DELETE FROM wave_crowd"))
        for number in range(1, waves + 1):
            _wave(session, model, number, parents)
    inst.database.dispose()
    return inst.database.url


def _tree(teams: int) -> dict[str, str | None]:
    """Teams under units of ten, up to one root."""
    parents: dict[str, str | None] = {}
    level = [f"t{number:05d}" for number in range(teams)]
    depth = 0
    while len(level) > 1:
        depth += 1
        above = [f"u{depth}-{number:05d}" for number in range((len(level) + _WIDTH - 1) // _WIDTH)]
        parents |= {unit: above[place // _WIDTH] for place, unit in enumerate(level)}
        level = above
    return {**parents, level[0]: None}


def _wave(session: Session, model: Wave, number: int, parents: dict[str, str | None]) -> None:
    slug = f"pulse-{number}"
    if number > 1:
        values = {column.name: getattr(model, column.name) for column in Wave.__table__.columns}
        session.execute(insert(Wave), [{**values, "slug": slug, "number": number, "fingerprint": f"{number:064x}"}])
    session.execute(
        text("UPDATE wave SET status = 'released', released_at = closes_at WHERE slug = :slug"), {"slug": slug}
    )
    session.execute(
        insert(WaveUnit),
        [
            {"wave": slug, "unit": unit, "parent": parent, "name": f"Team {unit}", "leader_name": "", "timezone": "UTC",
             "crowd": "", "invited": 9, "joined": 0, "left_count": 0}
            for unit, parent in parents.items()
        ],
    )  # fmt: skip
    release = Release(
        wave=slug, released_at=model.closes_at, policy_version=POLICY_VERSION,
        audit={"passed": True, "lines": [], "covers": released_rows.COVERS}, sha256="",
    )  # fmt: skip
    crowds, cells = _released(slug, parents, load("pulse-1"))
    releases.add_release(session, release, crowds=crowds, cells=cells, moments=[])
    session.flush()
    release.sha256 = released_rows.stored_checksum(session, release)
    releases.add_ledger_entry(
        session, at=model.closes_at, actor="perf", kind="release", subject=slug, cells=len(cells), sha256=release.sha256
    )
    session.expunge(release)


def _released(
    wave: str, parents: dict[str, str | None], instrument: Instrument
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Every fourth pair of teams is one crowd, the others stand alone; answers are drawn."""
    rng = np.random.default_rng(_SEED)
    leaves = sorted(unit for unit in parents if unit.startswith("t"))
    scales = {scale.code: scale.items for scale in instrument.scales}
    crowds: list[dict[str, object]] = []
    cells: list[dict[str, object]] = []
    place = 0
    while place < len(leaves):
        units = leaves[place : place + (2 if place % 8 == 0 else 1)]
        place += len(units)
        invited = 9 * len(units)
        ballots = int(rng.integers(6 * len(units), invited))
        label, home = label_of(units), units[0] if len(units) == 1 else str(parents[units[0]])
        band = n_band(ballots, invited=invited)
        crowds.append(
            {"wave": wave, "crowd": label, "home": home, "units": units, "invited": invited,
             "response": response_band(ballots, invited).value, "n_low": band.low, "n_high": band.high,
             "is_whole_company": False, "hidden_from": []}
        )  # fmt: skip
        raws = _raws(rng, label, ballots, instrument)
        made = protect_crowd(raws, scales=scales, ballots=ballots, invited=invited)
        cells += [
            {"wave": wave, "crowd": label, "measure": code, "cell": to_plain(cell)} for code, cell in made.items()
        ]
    return crowds, cells


def _raws(rng: np.random.Generator, label: str, ballots: int, instrument: Instrument) -> list[RawCell]:
    answers = rng.integers(1, 6, (ballots, len(instrument.items)))
    codes = list(instrument.item_codes)
    columns = {code: answers[:, place].astype(float) for place, code in enumerate(codes)}
    columns |= {
        scale.code: answers[:, [codes.index(item) for item in scale.items]].mean(axis=1) for scale in instrument.scales
    }
    return [
        RawCell(crowd=label, measure=code, n=ballots, total=float(values.sum()), favourable=int((values >= 4).sum()))
        for code, values in columns.items()
    ]


def _in_a_process(url: str, file_format: str, teams: int) -> None:
    command = [sys.executable, "-m", "tests.perf.export", "--one", url, "--formats", file_format]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    print(f"{teams:6d} teams: {done.stdout.strip()}", flush=True)


def _export_one(url: str, file_format: str) -> None:
    database = Database(url)
    before = _peak()
    with tempfile.TemporaryDirectory(dir=Path(database.engine.url.database or "").parent) as folder:
        with database.reading() as session:
            check_released(session, [row.wave for row in releases.list_releases(session)])
        audit, started = time.process_time(), time.perf_counter()
        order = ExportOrder(file_format=file_format, language="en")
        made = write_export(database.reading, order, Path(folder))
        spent, busy = time.perf_counter() - started, time.process_time() - audit
        size = sum(path.stat().st_size for path in made.files) / 2**20
    print(
        f"{file_format:8s}{made.cells:9d} cells with totals and bridge in {busy:6.1f} s of processor ({spent:.1f} s), "
        f"{made.cells / busy:6.0f} a second, {size:.0f} MiB, peak memory {_peak():.0f} MiB ({before:.0f} MiB before)"
    )
    database.dispose()


def _side_by_side(url: str, folder: Path, count: int, formats: Sequence[str]) -> None:
    database = Database(url)
    with database.reading() as session:
        wave = load_wave(session, "pulse-1", language="en")
        rows = list(islice(cell_rows(session, wave, Pick()), count))
    database.dispose()
    plain = [tuple(flat(row)) for row in rows]
    tr = translator("en")
    beside = Beside(code_book=code_book(tr), read_me=read_me(tr), language="en")
    for file_format in formats:
        ours, bare = [], []
        for turn in range(_ROUNDS):
            place = folder / f"{file_format}-{turn}"
            place.mkdir()
            started = time.process_time()
            _BARE[file_format](place, plain)
            bare.append(len(rows) / (time.process_time() - started))
            started = time.process_time()
            _own(file_format, place, beside, rows)
            ours.append(len(rows) / (time.process_time() - started))
        best, floor = max(ours), max(bare)
        print(
            f"{file_format:8s} {len(rows)} rows of {len(plain[0])} fields: {best:8.0f} a second, "
            f"bare {floor:8.0f}, {best / floor:.2f} of it",
            flush=True,
        )


def _own(file_format: str, folder: Path, beside: Beside, rows: Sequence[Row]) -> None:
    kinds = {"csv": CsvWriter, "xlsx": XlsxWriter, "parquet": ParquetWriter, "json": JsonWriter}
    with kinds[file_format](folder, beside) as writer:
        writer.add(CELLS, rows)
        writer.finish()


def _bare_csv(folder: Path, rows: Sequence[tuple[object, ...]]) -> None:
    with (folder / "bare.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(CELLS.names)
        writer.writerows(rows)


def _bare_xlsx(folder: Path, rows: Sequence[tuple[object, ...]]) -> None:
    book = Workbook(str(folder / "bare.xlsx"), {"constant_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, CELLS.names)
    for line, row in enumerate(rows, start=1):
        for place, value in enumerate(row):
            if value is not None:
                page.write(line, place, value)
    book.close()


def _bare_parquet(folder: Path, rows: Sequence[tuple[object, ...]]) -> None:
    fields = [pa.field(f.name, pa.string() if pa.types.is_date(f.type) else f.type) for f in schema_of(CELLS.columns)]
    schema = pa.schema(fields)
    with pq.ParquetWriter(folder / "bare.parquet", schema) as writer:
        for start in range(0, len(rows), ROW_GROUP):
            columns = zip(*rows[start : start + ROW_GROUP], strict=True)
            arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _bare_json(folder: Path, rows: Sequence[tuple[object, ...]]) -> None:
    names = CELLS.names
    with (folder / "bare.json").open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n")


_BARE: dict[str, Callable[[Path, Sequence[tuple[object, ...]]], None]] = {
    "csv": _bare_csv, "xlsx": _bare_xlsx, "parquet": _bare_parquet, "json": _bare_json,
}  # fmt: skip


def _peak() -> float:
    """MiB, from the kernel's account of this process; that of the resource module begins with a parent's."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
