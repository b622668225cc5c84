"""What a reader, a screen reader and a checker find in the PDF."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from pdfua import Severity, validate

from reports.charts.theme import Theme
from reports.charts.view import sheet_view
from tests.pdf import samples

Drawn = Callable[[str], bytes]
ALL = ("troubled", "fluctuating", "joined", "hostile", "watched", "pressed", "never")


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def elements(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    if isinstance(node, pikepdf.Array):
        for kid in node:
            yield from elements(kid)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
        yield from elements(node.get("/K", pikepdf.Array()))


def titles(items: list[pikepdf.OutlineItem]) -> list[str]:
    return [title for item in items for title in (str(item.title), *titles(list(item.children)))]


@pytest.mark.parametrize("name", ALL)
def test_the_checker_finds_no_error(drawn: Drawn, name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.pdf"
    path.write_bytes(drawn(name))
    findings = validate(path).findings
    assert not [finding for finding in findings if finding.severity is not Severity.INFO]


def test_the_checker_sees_a_fault(drawn: Drawn, tmp_path: Path) -> None:
    path = tmp_path / "mute.pdf"
    with opened(drawn("troubled")) as pdf:
        figure = next(element for element in elements(pdf.Root.StructTreeRoot.K) if element.S == "/Figure")
        del figure["/Alt"]
        pdf.save(path)
    assert any(finding.severity is Severity.ERROR for finding in validate(path).findings)


@pytest.mark.parametrize(("name", "language"), [("troubled", "en"), ("fluctuating", "es"), ("joined", "en")])
def test_a_report_says_its_language_and_title_and_is_tagged(drawn: Drawn, name: str, language: str) -> None:
    with opened(drawn(name)) as pdf:
        assert str(pdf.Root.Lang) == language
        assert bool(pdf.Root.MarkInfo.Marked)
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert getattr(samples, name)().unit.name in str(pdf.docinfo.Title)
        assert re.search(rb'pdfuaid:part="1"', pdf.Root.Metadata.read_bytes())


@pytest.mark.parametrize(
    ("name", "pages"),
    [("troubled", 5), ("fluctuating", 5), ("joined", 5), ("hostile", 2), ("watched", 6), ("pressed", 9), ("never", 8)],
)
def test_each_section_has_a_page_and_none_runs_over(drawn: Drawn, name: str, pages: int) -> None:
    with opened(drawn(name)) as pdf:
        assert len(pdf.pages) == pages


def test_the_bookmarks_name_every_page_and_scale(drawn: Drawn) -> None:
    with opened(drawn("troubled")) as pdf, pdf.open_outline() as outline:
        found = titles(list(outline.root))
    assert found[0] == "Ticketing"
    assert {"The scales, one by one", "Workload", "The numbers behind the pictures"} <= set(found)


@pytest.mark.parametrize("name", ["troubled", "fluctuating", "joined", "watched", "pressed"])
def test_every_figure_has_the_alternative_text_of_its_drawing(drawn: Drawn, name: str) -> None:
    with opened(drawn(name)) as pdf:
        figures = [element for element in elements(pdf.Root.StructTreeRoot.K) if element.S == "/Figure"]
        alts = [str(figure.get("/Alt", "")) for figure in figures]
    report = getattr(samples, name)()
    assert all(alts)
    assert {trace.alt for trace in report.traces} <= set(alts)
    assert report.pressure is not None
    assert report.pressure.alt in alts


def test_the_roadmap_pages_are_figures_with_alternative_text_and_bookmarks(drawn: Drawn) -> None:
    pages = samples.pressed().roadmap
    assert pages is not None
    assert pages.side is not None
    assert pages.run_up is not None
    assert pages.drivers is not None
    assert pages.drivers.waterfall is not None
    with opened(drawn("pressed")) as pdf, pdf.open_outline() as outline:
        figures = [element for element in elements(pdf.Root.StructTreeRoot.K) if element.S == "/Figure"]
        alts = [str(figure.get("/Alt", "")) for figure in figures]
        found = titles(list(outline.root))
    assert {row.alt for row in pages.side.rows} <= set(alts)
    assert {panel.alt for panel in pages.run_up.panels} <= set(alts)
    assert {pages.drivers.stack_alt, pages.drivers.waterfall.alt} <= set(alts)
    assert any("All teams: +0.21" in alt for alt in alts)
    assert {"How sure are we?", "What drove the pressure", "The run-up to a release"} <= set(found)


def test_what_must_not_be_concluded_is_printed_with_and_without_an_estimate(drawn: Drawn) -> None:
    for name in ("pressed", "never"):
        said = " ".join(text_of(drawn(name)).split())
        assert "What must not be concluded" in said
        assert "Anything about a person" in said


def test_of_a_long_frame_the_last_waves_are_printed(drawn: Drawn) -> None:
    said = text_of(drawn("never"))
    assert "26 Mar 2026" in said
    assert "18 Mar 2026" not in said
    assert "The last 8 waves" in said


def test_figures_lie_on_their_page(drawn: Drawn) -> None:
    with opened(drawn("troubled")) as pdf:
        for element in elements(pdf.Root.StructTreeRoot.K):
            if element.S == "/Figure":
                left, bottom, right, top = (float(side) for side in element.A.BBox)
                assert 0 < left < right < 596
                assert 0 < bottom < top < 842


def test_header_cells_say_what_they_head(drawn: Drawn) -> None:
    with opened(drawn("troubled")) as pdf:
        scopes = [str(item.A.Scope) for item in elements(pdf.Root.StructTreeRoot.K) if item.S == "/TH"]
    assert set(scopes) == {"/Column", "/Row"}


def test_headings_do_not_skip_a_level(drawn: Drawn) -> None:
    with opened(drawn("troubled")) as pdf:
        kinds = [str(element.S) for element in elements(pdf.Root.StructTreeRoot.K)]
    levels = [int(kind[2]) for kind in kinds if re.fullmatch(r"/H[1-6]", kind)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_all_marked_content_is_in_the_tree_or_an_artifact(drawn: Drawn) -> None:
    with opened(drawn("troubled")) as pdf:
        held: dict[tuple[int, int], set[int]] = {}
        for element in elements(pdf.Root.StructTreeRoot.K):
            kids = element.get("/K", pikepdf.Array())
            for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
                if isinstance(kid, int):
                    held.setdefault(element.Pg.objgen, set()).add(int(kid))
        for page in pdf.pages:
            marked = {
                int(instruction.operands[1].MCID)
                for instruction in pikepdf.parse_content_stream(page)
                if str(instruction.operator) == "BDC" and "/MCID" in instruction.operands[1]
            }
            assert marked == held[page.obj.objgen]


def test_fonts_are_embedded_and_can_be_read_back(drawn: Drawn) -> None:
    with opened(drawn("troubled")) as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        for font in fonts:
            assert "/ToUnicode" in font
            described = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile2" in described or "/FontFile3" in described


def test_the_pages_say_what_was_found_and_how_sure_it_is(drawn: Drawn) -> None:
    text = re.sub(r"\s+", " ", text_of(drawn("troubled")))
    assert "harder to carry: it fell by 1.5 since June (likely range 1.0 to 2.0)" in text
    assert "No detectable change" in text
    assert "An association, not a cause." in text
    assert "What weighs most in the roadmap" in text


def test_what_stands_beside_verdicts_is_on_the_pages_and_costs_none(drawn: Drawn) -> None:
    text = re.sub(r"\s+", " ", text_of(drawn("watched")))
    assert "the last three waves lie lower than the nine before" in text
    assert text.count("clearly below the organisation.") == len(samples.watched().scales)
    assert "If those who were silent had stood 0.5 points lower" in text
    assert "Darker: likely range of the lasting level behind the waves." in text
    assert "Version 2. See docs/methods.md." in text


def test_imported_results_have_a_page_of_their_own_that_names_the_tool_in_every_table(drawn: Drawn) -> None:
    pages = text_of(drawn("watched")).split("\f")
    held = [page for page in pages if "Imported from Yearly survey" in page]
    assert len(held) == 1
    assert held[0].count("Imported from Yearly survey: Work pressure") == 2
    assert "Wave opened" not in held[0]
    with opened(drawn("watched")) as pdf, pdf.open_outline() as outline:
        assert "Imported: earlier results of other tools" in titles(list(outline.root))


def test_an_older_report_says_nothing_of_what_it_does_not_hold(drawn: Drawn) -> None:
    text = text_of(drawn("troubled"))
    assert "lasting level" not in text
    assert "Imported" not in text
    assert "Version" not in text


def test_no_page_counts_who_answered(drawn: Drawn) -> None:
    for name in ("troubled", "joined"):
        assert not re.search(r"\b\d+ of \d+ (people|answered)|\bn ?= ?\d", text_of(drawn(name)))


def test_the_joined_team_is_said_to_have_no_figures_of_its_own(drawn: Drawn) -> None:
    text = re.sub(r"\s+", " ", text_of(drawn("joined")))
    assert "Refunds has no survey figures of its own" in text
    assert "Fares and Refunds counted together" in text


def test_before_the_third_wave_the_level_stands_in_its_bands() -> None:
    view = sheet_view(samples.joined(), Theme.PRINT)
    assert view.is_level
    assert all("very strained" in row.wide for row in view.rows if not row.is_load)


def test_each_footer_holds_the_hash_and_the_page(drawn: Drawn) -> None:
    text = text_of(drawn("troubled"))
    assert len(re.findall(r"report( [0-9a-f]{4}){4}", text)) == 5
    assert "Page 5 of 5" in text


def test_names_stay_text(drawn: Drawn) -> None:
    text = re.sub(r"\s+", "", text_of(drawn("hostile")))
    assert "<script>alert(1)</script>" in text
    with opened(drawn("hostile")) as pdf:
        assert "/EmbeddedFiles" not in pdf.Root.get("/Names", pikepdf.Dictionary())
