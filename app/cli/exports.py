"""The command that writes released figures for HR."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.cli import frame
from reports.exports.writer import CHECKSUMS
from reports.services.hr_export import FORMATS, ExportOrder, note_export, write_export


@click.command()
@click.option("--wave", "waves", multiple=True, help="A released wave; may be repeated. All of them if left out.")
@click.option("--unit", "units", multiple=True, help="Key of a unit, with all below it; may be repeated.")
@click.option("--scale", "scales", multiple=True, help="Code of a scale, with its items; may be repeated.")
@click.option("--format", "file_format", type=click.Choice(FORMATS), required=True, help="Format of the files.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Name of the files: march.csv becomes march-cells.csv, march-code-book.csv and so on.",
)
@click.option("--locale", help="Locale of decimal sign and separator in CSV, such as es_ES.")
@frame.json_option
def export(
    *,
    waves: tuple[str, ...],
    units: tuple[str, ...],
    scales: tuple[str, ...],
    file_format: str,
    out: Path,
    locale: str | None,
    as_json: bool,
) -> None:
    """Write every released figure with totals, code book, reasons for what is withheld, and checksums.

    A selection chooses rows and never makes a new number. The ledger notes every export.
    """
    inst = frame.opened()
    order = ExportOrder(
        file_format=file_format,
        language=frame.say().language,
        waves=waves or None,
        units=units or None,
        scales=scales or None,
        locale=locale,
        stem=out.stem,
        address=inst.settings.base_url,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    # Beside the place where the files will lie, so that they can be moved there whole.
    with TemporaryDirectory(prefix=".barograph-", dir=out.parent) as folder:
        made = write_export(inst.database.reading, order, Path(folder))
        with inst.database.transaction() as session:
            note_export(session, made, actor=frame.ACTOR, now=frame.now())
        written = [str(_put(path, out, file_format)) for path in made.files]
    if as_json:
        frame.print_json({"files": written})
    for line in () if as_json else written:
        frame.print_line(line)


def _put(path: Path, out: Path, file_format: str) -> Path:
    """Move a finished file to its place, where only its owner may read it; a crash leaves no half file there."""
    name = f"{out.stem}-{file_format}-{CHECKSUMS}" if path.name == CHECKSUMS else path.name
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    path.chmod(0o600)  # before it leaves the folder that nobody else can enter
    return path.replace(out.parent / name)
