"""The command that writes released figures for HR."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import frame
from app.jobs.leader_reports import write_file
from reports.services.hr_export import FORMATS, export_files


@click.command()
@click.option("--wave", "waves", multiple=True, help="A released wave; may be repeated. All of them if left out.")
@click.option("--format", "file_format", type=click.Choice(FORMATS), required=True, help="Format of the files.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Name of the files: march.csv becomes march-cells.csv, march-code-book.csv and so on.",
)
@click.option("--locale", help="Locale of the decimal sign in CSV, such as es_ES.")
@frame.json_option
def export(*, waves: tuple[str, ...], file_format: str, out: Path, locale: str | None, as_json: bool) -> None:
    """Write every released figure with code book, reasons for what is withheld, and checksums.

    The ledger notes every export.
    """
    inst = frame.opened()
    with inst.database.transaction() as session:
        files = export_files(
            session,
            waves=waves or None,
            language=frame.say().language,
            file_format=file_format,
            actor=frame.ACTOR,
            now=frame.now(),
            locale=locale,
            stem=out.stem,
        )
    written = []
    for name, content in files.items():
        path = out.parent / (name if name.startswith(out.stem) else f"{out.stem}-{file_format}-{name}")
        write_file(path, content)
        written.append(str(path))
    if as_json:
        frame.print_json({"files": written})
    for line in () if as_json else written:
        frame.print_line(line)
