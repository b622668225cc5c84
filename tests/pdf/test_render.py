"""The same report gives the same bytes, and a document gets nothing from outside itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from weasyprint import HTML

from reports.document import sha256
from reports.pdf import render as rendering
from reports.pdf.child import Limits, Renderer
from reports.pdf.errors import RenderError
from reports.pdf.fetcher import DataOnlyFetcher, ForbiddenAddress
from reports.pdf.render import render, to_html
from tests.pdf import samples

ROOT = Path(__file__).parents[2]
DRAW = """
import hashlib, sys
from tests.pdf import samples
from reports.pdf.render import render
print(hashlib.sha256(render(samples.joined(), released_on=samples.RELEASED)).hexdigest())
"""


@pytest.mark.slow
def test_two_processes_with_other_hash_seeds_give_the_same_bytes(drawn: Callable[[str], bytes]) -> None:
    digests = set()
    for seed in ("1", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", DRAW], cwd=ROOT, env=environment, capture_output=True, check=True, text=True
        )
        digests.add(done.stdout.strip())
    assert digests == {hashlib.sha256(drawn("joined")).hexdigest()}


def test_another_release_date_gives_another_file_with_that_date(drawn: Callable[[str], bytes]) -> None:
    later = render(samples.hostile(), released_on=dt.datetime(2026, 12, 1, 8, 30, tzinfo=dt.UTC))
    assert later != drawn("hostile")


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "http://127.0.0.1/x", "https://example.org/", "ftp://h/x", " file:///etc/passwd"]
)
def test_the_fetcher_refuses_every_address_but_data(address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        DataOnlyFetcher().fetch(address)


def test_the_fetcher_reads_a_data_address() -> None:
    assert DataOnlyFetcher().fetch("data:text/plain,calm").read() == b"calm"


@pytest.mark.parametrize(
    "body",
    [
        '<img alt="x" src="file:///etc/hostname">',
        '<style>@import "http://127.0.0.1:9/x.css";</style>',
        '<link rel=attachment href="file:///etc/hostname">',
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/hostname"/></svg>',
    ],
)
def test_a_document_that_asks_for_something_outside_is_not_drawn(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = f'<html lang="en"><title>t</title><p>x</p>{body}</html>'
    monkeypatch.setattr(rendering, "to_html", lambda *args, **kwargs: page)
    with pytest.raises(RenderError):
        render(samples.hostile(), released_on=samples.RELEASED)


def test_the_same_document_without_the_request_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    page = '<html lang="en"><title>t</title><p>x</p><img alt="x" src="data:image/svg+xml,{}"></html>'
    dot = "%3Csvg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/%3E"
    monkeypatch.setattr(rendering, "to_html", lambda *args, **kwargs: page.format(dot))
    assert render(samples.hostile(), released_on=samples.RELEASED).startswith(b"%PDF")


def test_the_default_fetcher_would_have_taken_the_file_in(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("pressure of the air")
    page = f'<html lang="en"><title>t</title><link rel=attachment href="{secret.as_uri()}">'
    assert b"/EmbeddedFile" in (HTML(string=page).write_pdf(uncompressed_pdf=True) or b"")


def test_a_warning_of_the_renderer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def complaining(*args: object, **kwargs: object) -> object:
        logging.getLogger("weasyprint").warning("Ignored something")
        return to_html(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(rendering, "to_html", complaining)
    with pytest.raises(RenderError, match="Ignored something"):
        render(samples.hostile(), released_on=samples.RELEASED)


def test_names_are_escaped_in_the_page() -> None:
    report = samples.hostile()
    html = to_html(report, released_on=samples.RELEASED, digest=sha256(report))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_names_are_escaped_in_the_drawings() -> None:
    nasty = '"><script>alert(1)</script>'
    report = samples.troubled()
    traces = tuple(dataclasses.replace(trace, name=nasty, alt=nasty, high_word=nasty) for trace in report.traces)
    html = to_html(dataclasses.replace(report, traces=traces), released_on=samples.RELEASED, digest="0" * 64)
    assert "<script" not in html


@pytest.mark.slow
def test_a_child_draws_the_same_bytes_and_is_stopped_at_its_limits(drawn: Callable[[str], bytes]) -> None:
    with Renderer() as renderer:
        assert renderer.render(samples.joined(), released_on=samples.RELEASED) == drawn("joined")
    with Renderer(Limits(wall_seconds=0.05)) as hurried, pytest.raises(RenderError, match="too long"):
        hurried.render(samples.joined(), released_on=samples.RELEASED)
    with Renderer(Limits(address_space=100 << 20)) as cramped, pytest.raises(RenderError):
        cramped.render(samples.joined(), released_on=samples.RELEASED)


@pytest.mark.slow
def test_a_helper_that_was_killed_is_started_again(drawn: Callable[[str], bytes]) -> None:
    with Renderer() as renderer:
        renderer.render(samples.hostile(), released_on=samples.RELEASED)
        helper = renderer._helper
        assert helper is not None
        helper.kill()
        helper.wait()
        assert renderer.render(samples.hostile(), released_on=samples.RELEASED) == drawn("hostile")
