"""The command that makes a sample organisation and serves it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from app import serving
from app.cli import frame
from app.demo import run as demonstration
from app.demo.progress import Shown
from app.demo.shapes import Size

_HOST = "127.0.0.1"


@click.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Folder for everything; keys go to a second one beside it. An earlier demonstration in it is replaced.",
)
@click.option("--no-serve", is_flag=True, help="Stop when the files are written.")
@click.option(
    "--size",
    type=click.Choice([size.value for size in Size]),
    default=Size.DEFAULT.value,
    show_default=True,
    help="Number of people.",
)
@click.option("--seed", type=int, default=demonstration.DEFAULT_SEED, show_default=True, help="Start of the dice.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to serve on.")
def demo(*, folder: Path, no_serve: bool, size: str, seed: int, port: int) -> None:
    """Make a sample organisation with a year of waves and a roadmap, through the real path, and serve it."""
    language = frame.say().language
    account = demonstration.run(
        folder=folder,
        size=size,
        seed=seed,
        today=frame.now().date(),
        base_url=f"http://{_HOST}:{port}",
        language=language,
        report=Shown(sys.stderr),
    )
    links = demonstration.sign_ins(account, now=frame.now())
    for line in demonstration.lines(account, links, language=language):
        frame.print_line(line)
    sys.stdout.flush()
    if no_serve:
        return
    chosen = account.settings
    # The processes of the service read their settings from the environment.
    for name in [name for name in os.environ if name.startswith("BAROGRAPH_") and name != frame.DEBUG_VARIABLE]:
        del os.environ[name]
    os.environ |= {
        "BAROGRAPH_DATA_DIR": str(chosen.data_dir),
        "BAROGRAPH_KEY_DIR": str(chosen.key_dir),
        "BAROGRAPH_BASE_URL": chosen.base_url,
        "BAROGRAPH_LANGUAGE": chosen.language,
    }
    frame.print_line(frame.say().t("Serving {url}. Press Ctrl-C to stop.", url=chosen.base_url))
    sys.stdout.flush()
    serving.serve(host=_HOST, port=port, workers=None)
