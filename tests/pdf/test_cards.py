"""What somebody who prints, cuts, scans or listens finds on the sheets of cards."""

from __future__ import annotations

import datetime as dt
import io
import re
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import pikepdf
import pytest
import segno
from pdfua import Severity, validate

from reports.pdf import cards
from reports.pdf.cards import Box, Sheets
from reports.pdf.errors import RenderError
from surveys.ballots import codes

PRINTED = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
BASE = "https://pulse.larkfield.example"
DPI = 300
MM = DPI / 25.4
QR_LEFT, QR_TOP, QR_SIDE = 8 + 2.5, 8 + 70 + 2.5, 32.0
"""Where the stylesheet puts the QR code of the first card below the strip, in millimetres from the page's corner."""


def box(names: tuple[str, ...], people: int, start: int = 0) -> Box:
    made = tuple(codes.encode(number.to_bytes(2, "big") * 8) for number in range(start + 1, start + people + 1))
    return Box(units=names, is_whole_company=False, codes=made)


SHEETS = Sheets(
    wave="pulse-3",
    organisation="Larkfield & <Söhne>",
    languages=("en", "es"),
    closes_at=dt.datetime(2026, 3, 9, 8, tzinfo=dt.UTC),
    timezone="Europe/Madrid",
    words="caballero adaptable admirable staccato camembert ranchero gourmet similar",
    base_url=f"{BASE}/",
    boxes=(box(("Ticketing",), 7), box(("Payments", "Refunds"), 15, start=100)),
)


@cache
def drawn() -> bytes:
    return cards.render(SHEETS, printed_at=PRINTED)


@cache
def text_of_page(number: int) -> str:
    command = ["pdftotext", "-layout", "-f", str(number), "-l", str(number), "-", "-"]
    return subprocess.run(command, input=drawn(), capture_output=True, check=True).stdout.decode()


def codes_on(number: int) -> set[str]:
    found = re.findall(r"\b(?:[2-9A-HJ-NP-Z]{5} ){5}[2-9A-HJ-NP-Z]\b", text_of_page(number))
    return {code.replace(" ", "") for code in found}


def pixels_of(picture: Path) -> tuple[int, bytes]:
    """Width and grey values of a portable graymap."""
    kind, size, most, pixels = picture.read_bytes().split(b"\n", 3)
    assert (kind, most) == (b"P5", b"255")
    return int(size.split()[0]), pixels


def test_the_checker_finds_no_error(tmp_path: Path) -> None:
    path = tmp_path / "cards.pdf"
    path.write_bytes(drawn())
    assert not [each for each in validate(path).findings if each.severity is not Severity.INFO]


def test_each_group_begins_a_page_of_its_own_and_every_card_is_there_once() -> None:
    first, second = SHEETS.boxes
    with pikepdf.open(io.BytesIO(drawn())) as pdf:
        assert [[round(float(side)) for side in page.MediaBox] for page in pdf.pages] == [[0, 0, 595, 842]] * 5
    assert [len(codes_on(page)) for page in range(1, 6)] == [6, 1, 6, 8, 1]
    assert codes_on(1) | codes_on(2) == set(first.codes)
    assert codes_on(3) | codes_on(4) | codes_on(5) == set(second.codes)


def test_the_strip_tells_for_whom_how_many_and_what_to_do() -> None:
    assert "7 cards for: Ticketing" in text_of_page(1)
    assert "15 cards for: Payments and Refunds" in text_of_page(3)
    assert "Mix them in a box" in text_of_page(1)
    assert "Mix them in a box" not in text_of_page(2)


def test_a_card_says_where_until_when_by_which_words_and_in_which_mode() -> None:
    text = re.sub(r"\s+", " ", text_of_page(1))
    for expected in (f"{BASE}/card", "Open until 9 Mar 2026, 09:00 (Europe/Madrid).", *SHEETS.words.split(),
                     "Card mode: as anonymous as the box you drew from.", "Larkfield & <Söhne>"):  # fmt: skip
        assert text.count(expected) >= 6, expected
    assert "9 mar 2026" in text  # and in Spanish


def test_no_card_has_a_number() -> None:
    """Of everything printed on two cards, only the code differs."""
    html = cards.to_html(SHEETS, printed_at=PRINTED)
    made = re.findall(r'<div class="card [^"]+">(.*?)</div>\s+</div>\s', html, flags=re.DOTALL)[:7]
    plain = {re.sub(r"<svg.*?</svg>|(?:\w{5} ){5}\w", "", card, flags=re.DOTALL) for card in made}
    assert len(made) == 7
    assert len(plain) == 1


def test_the_printed_square_is_that_of_the_link_of_the_code_beside_it(tmp_path: Path) -> None:
    """Read from the pixels of the page at 300 dots per inch, module by module."""
    source = tmp_path / "cards.pdf"
    source.write_bytes(drawn())
    command = ["pdftoppm", "-r", str(DPI), "-f", "1", "-l", "1", "-gray", str(source), str(tmp_path / "page")]
    subprocess.run(command, check=True)
    (picture,) = tmp_path.glob("page*.pgm")
    width, pixels = pixels_of(picture)
    matrix = segno.make(f"{BASE}/answer#{SHEETS.boxes[0].codes[0]}", error="m", micro=False).matrix
    size = len(matrix) + 2 * cards.QUIET_MODULES
    step = QR_SIDE * MM / size
    assert step / MM > 0.5  # millimetres a module: what a phone's camera reads at arm's length
    xs = [int(QR_LEFT * MM + (place + 0.5) * step) for place in range(size)]
    ys = [int(QR_TOP * MM + (place + 0.5) * step) for place in range(size)]
    seen = [[pixels[y * width + x] for x in xs] for y in ys]
    margin = range(cards.QUIET_MODULES, size - cards.QUIET_MODULES)
    for y in range(size):
        for x in range(size):
            is_dark = y in margin and x in margin and matrix[y - cards.QUIET_MODULES][x - cards.QUIET_MODULES]
            assert seen[y][x] == (0 if is_dark else 255), (x, y)


def test_the_code_on_the_page_is_typed_as_it_stands() -> None:
    typed = next(iter(codes_on(2)))
    assert codes.encode(codes.decode(typed.lower())) == typed


def test_one_language_leaves_the_other_out() -> None:
    html = cards.to_html(replace(SHEETS, languages=("es",)), printed_at=PRINTED)
    assert html.startswith('<!DOCTYPE html>\n<html lang="es">')
    assert 'lang="en"' not in html


def test_names_are_escaped() -> None:
    nasty = replace(SHEETS, organisation="<script>x</script>", boxes=(box(("<script>y</script>",), 5),))
    assert "<script" not in cards.to_html(nasty, printed_at=PRINTED)


def test_a_long_address_still_fits_and_gives_a_larger_square() -> None:
    long = cards.square("https://survey.people-and-culture.a-rather-long-name.example/pulse/answer#" + "A" * 26, "alt")
    assert int(re.findall(r'viewBox="0 0 (\d+)', long)[0]) <= QR_SIDE / 0.5


def test_the_longest_texts_stay_on_their_card(tmp_path: Path) -> None:
    long = replace(
        SHEETS,
        organisation="Confederación Hidrográfica y de Transportes del Valle Alto y Bajo",
        timezone="America/Argentina/Buenos_Aires",
        words="mandarina horizonte terracota violeta panorama elefante",
        base_url="https://encuesta.personas-y-cultura.confederacion-hidrografica.example/pulso",
        boxes=(
            Box(units=("Atención a las personas usuarias",) * 9, is_whole_company=False, codes=SHEETS.boxes[0].codes),
        ),
    )
    path = tmp_path / "long.pdf"
    path.write_bytes(cards.render(long, printed_at=PRINTED))
    command = ["pdftotext", "-bbox", "-f", "2", "-l", "2", str(path), "-"]  # one card, in the first place
    boxes = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    places = [
        (float(left), float(right), float(bottom), word)
        for left, right, bottom, word in re.findall(
            r'<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="([\d.]+)">([^<]+)<', boxes
        )
    ]
    assert len(places) > 50
    points = 72 / 25.4
    lowest = max(places, key=lambda place: place[2])
    assert lowest[2] < (8 + 70 - 1) * points, lowest
    widest = max((place for place in places if place[3] != "usuarias"), key=lambda place: place[1])
    assert widest[1] < (8 + 97) * points, widest


def test_a_warning_of_the_renderer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    page = '<html lang="en"><title>t</title><p style="colour: red">x</p></html>'
    monkeypatch.setattr(cards, "to_html", lambda *args, **kwargs: page)
    with pytest.raises(RenderError):
        cards.render(SHEETS, printed_at=PRINTED)


def test_a_sheet_that_asks_for_something_outside_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    page = '<html lang="en"><title>t</title><p>x</p><img alt="x" src="file:///etc/hostname"></html>'
    monkeypatch.setattr(cards, "to_html", lambda *args, **kwargs: page)
    with pytest.raises(RenderError):
        cards.render(SHEETS, printed_at=PRINTED)
