"""Prints how long a phone takes from "Send" to the thanks, the network apart, and how large the ballot script is.

python -m tests.perf.browser [--people 15]

Chromium runs with its processor slowed down four times and the network of a phone (150 ms, 1.6 Mbit/s down, 0.75 up),
against the real application on this machine. The network share is the time the two requests took, server included.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import tempfile
import threading
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from app import answer_page
from app.factory import create_app
from app.installation import Installation
from app.web.ports import Reports
from surveys.ballots import links
from tests.support import journey
from tests.support.browser import ARGUMENTS, PHONE
from tests.support.journey import OpenWave
from tools.programs import find_chromium

SLOWER = 4
LATENCY_MS, DOWN, UP = 150, 1_600_000 / 8, 750_000 / 8

WATCH = """() => {
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-go=send]')) window.began = performance.now();
  }, true);
  new MutationObserver(() => {
    if (document.querySelector('[data-go=change]') && !window.ended) window.ended = performance.now();
  }).observe(document.getElementById('main'), {childList: true});
}"""
READ = """() => {
  const asked = performance.getEntriesByType('resource').filter((each) => /(papers|ballots)$/.test(each.name));
  return [window.ended - window.began, asked.reduce((sum, each) => sum + each.duration, 0)];
}"""


def main() -> None:
    """Let some people answer one after the other and print the medians."""
    parser = argparse.ArgumentParser(prog="tests.perf.browser")
    parser.add_argument("--people", type=int, default=15)
    people = parser.parse_args().people
    size()
    with tempfile.TemporaryDirectory() as folder:
        inst = journey.installation(Path(folder))
        journey.company(inst)
        wave = journey.open_wave(inst)
        server = make_server("127.0.0.1", 0, application(inst, wave), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
                address = f"http://127.0.0.1:{server.server_port}/answer#"
                codes = [wave.codes[email] for email in sorted(wave.codes)][:people]
                found = [send(browser, address + links.fragment(journey.link_of(inst, code))) for code in codes]
        finally:
            server.shutdown()
            thread.join()
    show("from Send to the thanks", [total for total, _ in found])
    show("of it the two requests", [network for _, network in found])
    show("besides the network", [total - network for total, network in found])


def application(inst: Installation, wave: OpenWave) -> Flask:
    """The whole web application, an hour after the wave opened."""
    return create_app(
        inst.settings,
        database=inst.database,
        keys=inst.keys,
        clock=lambda: wave.opens_at,
        send_link=lambda *_: None,
        reports=Reports(get=_nothing, render=_nothing),
    )


def send(browser: Browser, address: str) -> tuple[float, float]:
    """Answer once in a fresh profile; returns milliseconds in all and of the two requests."""
    context = browser.new_context(viewport=PHONE, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    page.locator("[data-go=next]").first.click()
    page.evaluate(WATCH)
    for _ in range(6):
        page.get_by_label("I would rather not answer this one").check()
        page.locator(".r-nav .btn").first.click()
    debugger = context.new_cdp_session(page)
    debugger.send("Network.enable")
    debugger.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY_MS, "downloadThroughput": DOWN, "uploadThroughput": UP},
    )
    debugger.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.locator("[data-go=send]").first.click()
    page.locator("[data-go=change]").wait_for()
    total, network = page.evaluate(READ)
    context.close()
    return total, network


def size() -> None:
    """Print the size of the ballot script."""
    page = answer_page.current()
    script = next(file.content for file in page.files if file.sha256 == page.script_sha256)
    print(f"ballot script: {len(script)} bytes, gzip -9 {len(gzip.compress(script, 9))}")


def show(what: str, values: list[float]) -> None:
    """Print median and range in milliseconds."""
    print(f"{what}: median {statistics.median(values):.0f} ms, from {min(values):.0f} to {max(values):.0f}")


def _nothing(*_: object, **__: object) -> bytes:
    return b""


if __name__ == "__main__":
    main()
