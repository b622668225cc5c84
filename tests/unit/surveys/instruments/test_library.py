"""The shipped instruments, reading a custom file, and joining instruments for a wave."""

import csv
import dataclasses
import itertools
import re
from pathlib import Path

import pytest

from surveys.errors import InvalidInput, NotFound, Refused
from surveys.i18n import LANGUAGES
from surveys.instruments import library
from surveys.instruments.library import compose, load, read, shipped
from surveys.instruments.schema import Direction, Instrument, Text, document, from_document

PULSE = Path(library.__file__).parent / "data" / "pulse-1.toml"


def faults(path: Path) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(path)
    return [str(problem) for problem in caught.value.problems]


def custom(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def renamed_pulse() -> str:
    return PULSE.read_text(encoding="utf-8").replace('code = "pulse-1"', 'code = "mine-1"')


def test_four_instruments_are_shipped() -> None:
    assert shipped() == ("burnout-1", "core-1", "levers-1", "pulse-1")
    assert library.DEFAULT in shipped()


@pytest.mark.parametrize("code", shipped())
def test_a_shipped_file_has_the_code_of_its_name(code: str) -> None:
    assert load(code).code == code


@pytest.mark.parametrize("code", ["pulse-2", "", "../pulse-1", "pulse-1.toml"])
def test_another_code_is_refused_with_the_list_of_shipped_ones(code: str) -> None:
    with pytest.raises(NotFound, match="pulse-1"):
        load(code)


def test_the_sizes_are_those_of_the_plan() -> None:
    assert {code: len(load(code).items) for code in shipped()} == {
        "pulse-1": 6,
        "core-1": 14,
        "burnout-1": 1,
        "levers-1": 7,
    }


def test_the_pulse_asks_about_the_last_two_weeks() -> None:
    assert load("pulse-1").recall.text == Text(en="in the last two weeks", es="en las dos últimas semanas")
    assert {item.recall.days for code in ("pulse-1", "core-1", "levers-1") for item in load(code).items} == {14}


def test_the_core_contains_the_pulse_unchanged() -> None:
    pulse, core = load("pulse-1"), load("core-1")
    assert core.items[:6] == pulse.items
    assert core.scales[:5] == pulse.scales


def test_a_scale_code_means_the_same_items_in_every_shipped_instrument() -> None:
    meanings: dict[str, set[tuple[str, ...]]] = {}
    for code in shipped():
        for scale in load(code).scales:
            meanings.setdefault(scale.code, set()).add(scale.items)
    assert {code for code, items in meanings.items() if len(items) > 1} == set()


def test_the_dimensions_have_the_sizes_of_the_note() -> None:
    core = load("core-1")
    sizes = {scale.code: len(scale.items) for scale in core.scales[5:]}
    assert sizes == {"motivation-core": 3, "clarity-core": 4, "recovery-core": 3, "voice": 3, "overall": 1}
    assert sum(sizes.values()) == len(core.items)


def test_only_conflicting_priorities_is_reverse_keyed() -> None:
    turned = [item.code for code in shipped() for item in load(code).items if item.is_reversed]
    assert turned == ["priorities-conflict"]


def test_only_burnout_is_worse_when_high() -> None:
    worse = {s.code for code in shipped() for s in load(code).scales if s.higher_is is Direction.WORSE}
    assert worse == {"burnout"}


def test_no_translation_of_ours_and_no_wording_of_ours_counts_as_validated() -> None:
    for item in (item for code in shipped() for item in load(code).items):
        assert not item.is_validated_in("es")
        if item.source == "Barograph project":
            assert not item.is_validated
            assert item.licence == "AGPL-3.0-or-later"
    assert not any(item.is_validated for code in ("burnout-1", "levers-1") for item in load(code).items)


def test_every_item_under_the_open_government_licence_carries_the_attribution() -> None:
    crown = [item for code in shipped() for item in load(code).items if item.licence.startswith("OGL")]
    assert len({item.code for item in crown}) == 4
    (attribution,) = {item.attribution for item in crown}
    assert attribution.startswith("Contains public sector information licensed under the Open Government Licence v3.0")
    assert "Cabinet Office, Civil Service People Survey" in attribution


def test_the_burnout_module_says_that_it_is_no_diagnosis() -> None:
    note = load("burnout-1").note
    assert "not a diagnosis" in note.en
    assert "No es un diagnóstico" in note.es


def all_texts(instrument: Instrument) -> list[Text]:
    texts = [instrument.title, instrument.note]
    texts += [text for item in instrument.items for text in (item.text, item.talk, item.recall.prompt)]
    texts += [
        text
        for scale in instrument.scales
        for text in (scale.name, scale.low_label, scale.high_label, scale.short_better, scale.short_worse)
    ]
    return texts + [choice.label for options in instrument.options for choice in options.choices]


@pytest.mark.parametrize("code", shipped())
def test_texts_keep_the_voice_in_both_languages(code: str) -> None:
    for text in all_texts(load(code)):
        for language in LANGUAGES:
            assert not re.search(r"[!¡]|\s-\s|\busted|\bsu trabajo", text.to(language))
        assert text.es.count("¿") == text.es.count("?")
        assert text.en.count("?") == text.es.count("?")


@pytest.mark.parametrize("code", shipped())
def test_every_talk_question_is_one_question_of_its_own(code: str) -> None:
    talks = [item.talk for item in load(code).items]
    assert all(talk.en.endswith("?") and talk.es.endswith("?") for talk in talks)
    assert len(set(talks)) == len(talks)


@pytest.mark.shared
def test_unaltered_british_items_have_the_wording_of_the_published_results(shared_dir: Path) -> None:
    with (shared_dir / "reference_data" / "csps_item_norms_2022_2024.csv").open(encoding="utf-8") as stream:
        published = {cell.strip().rstrip(".") for row in csv.reader(stream) for cell in row}
    crown = {item.code: item for item in load("core-1").items if item.licence.startswith("OGL")}
    for item in crown.values():
        assert (item.original if item.is_altered else item.text.en.rstrip(".")) in published


def test_a_custom_file_is_read_and_may_reuse_shipped_questions(tmp_path: Path) -> None:
    mine = read(custom(tmp_path, renamed_pulse()))
    assert mine.code == "mine-1"
    assert mine.items == load("pulse-1").items


def test_a_shipped_file_can_be_checked_as_well() -> None:
    assert read(PULSE) == load("pulse-1")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + renamed_pulse().replace("\n", "\r\n").encode())
    assert read(path).code == "mine-1"


def test_a_shipped_code_cannot_get_another_meaning(tmp_path: Path) -> None:
    text = renamed_pulse().replace('text.en = "My workload is reasonable."', 'text.en = "My workload is fine."')
    assert faults(custom(tmp_path, text)) == [
        "mine.toml: core-1 and mine-1 mean different questions by “workload-reasonable”.",
        "mine.toml: pulse-1 and mine-1 mean different questions by “workload-reasonable”.",
    ]


def test_a_changed_copy_of_a_shipped_instrument_needs_a_code_of_its_own(tmp_path: Path) -> None:
    text = PULSE.read_text(encoding="utf-8").replace("version = 1", "version = 2")
    assert faults(custom(tmp_path, text)) == [
        "mine.toml: The code “pulse-1” belongs to a shipped instrument. Give yours another."
    ]


def test_a_fault_is_shown_with_the_line_of_its_table(tmp_path: Path) -> None:
    text = renamed_pulse().replace('source = "Barograph project"\n', "")
    line = text[: text.index('code = "energy-left"')].count("\n")
    assert faults(custom(tmp_path, text)) == [f"mine.toml:{line}: item 5 “energy-left” lacks the key “source”."]


def test_bad_toml_is_shown_with_its_line(tmp_path: Path) -> None:
    (fault,) = faults(custom(tmp_path, 'code = "x"\nversion = = 1\n'))
    assert fault.startswith("mine.toml:2: This is not valid TOML: ")


@pytest.mark.parametrize("text", ["code = " + "[" * 20_000, "version = " + "9" * 6_000, "day = 2026-13-40"])
def test_toml_that_breaks_the_parser_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    assert len(faults(custom(tmp_path, text))) == 1


def test_bytes_that_are_no_utf8_are_shown_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b'code = "x"\ntitle = "caf\xe9"\n')
    assert faults(path) == ["mine.toml:2: This line is not valid UTF-8."]


def test_a_file_of_more_than_a_megabyte_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    with path.open("wb") as stream:
        stream.truncate(200_000_000)  # sparse: costs no disk
    assert faults(path) == ["mine.toml: The file is larger than 1 MB."]


def test_a_missing_file_and_a_folder_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        read(tmp_path / "nothing.toml")
    with pytest.raises(Refused, match="cannot be read"):
        read(tmp_path)


def test_pulse_and_core_in_one_wave_ask_each_question_once() -> None:
    wave = compose([load("pulse-1"), load("core-1")])
    assert wave.code == "pulse-1+core-1"
    assert wave.modules == ("pulse-1", "core-1")
    assert wave.item_codes == load("core-1").item_codes
    assert wave.scales == load("core-1").scales


@pytest.mark.parametrize("codes", list(itertools.combinations(shipped(), 2)), ids="+".join)
def test_any_two_shipped_instruments_fit_into_one_wave(codes: tuple[str, str]) -> None:
    wave = compose([load(code) for code in codes])
    assert set(wave.item_codes) == {item for code in codes for item in load(code).item_codes}


def test_the_order_of_instruments_is_the_order_of_questions() -> None:
    wave = compose([load("burnout-1"), load("pulse-1")])
    assert wave.item_codes == ("worn-out-by-work", *load("pulse-1").item_codes)
    assert wave.items[0].recall.days == 28
    assert wave.items[1].recall.days == 14


def test_one_instrument_alone_or_named_twice_stays_as_it_is() -> None:
    pulse = load("pulse-1")
    assert compose([pulse]) is pulse
    assert compose([pulse, pulse]) is pulse


def test_composing_again_with_a_part_adds_nothing() -> None:
    wave = compose([load("pulse-1"), load("levers-1")])
    assert compose([wave, load("levers-1")]).item_codes == wave.item_codes
    assert compose([wave, load("levers-1")]).code == wave.code


def test_a_wave_needs_an_instrument() -> None:
    with pytest.raises(Refused, match="at least one"):
        compose([])


def test_a_scale_of_another_meaning_is_refused() -> None:
    core = load("core-1")
    scales = tuple(
        dataclasses.replace(scale, items=(*scale.items, "job-inspires")) if scale.code == "motivation" else scale
        for scale in core.scales
    )
    other = dataclasses.replace(core, code="other-1", modules=("other-1",), scales=scales)
    with pytest.raises(InvalidInput) as caught:
        compose([load("pulse-1"), other])
    assert [str(problem.reason) for problem in caught.value.problems] == [
        "pulse-1 and other-1 mean different scales by “motivation”."
    ]


def test_an_item_named_like_the_scale_of_another_instrument_is_refused() -> None:
    burnout = load("burnout-1")
    item = dataclasses.replace(burnout.items[0], code="energy")
    scale = dataclasses.replace(burnout.scales[0], items=("energy",))
    other = dataclasses.replace(burnout, items=(item,), scales=(scale,))
    with pytest.raises(InvalidInput) as caught:
        compose([load("pulse-1"), other])
    assert len(caught.value.problems) == 1


def test_options_of_another_meaning_are_refused() -> None:
    pulse = load("pulse-1")
    options = dataclasses.replace(pulse.options[0], favourable=1)
    other = dataclasses.replace(pulse, code="other-1", modules=("other-1",), options=(options,))
    with pytest.raises(InvalidInput):
        compose([pulse, other])


def test_a_composed_instrument_survives_as_a_document() -> None:
    wave = compose([load(code) for code in shipped()])
    assert from_document(document(wave)) == wave


@pytest.mark.parametrize(
    ("old", "new"),
    [('"workload-reasonable"', '"voice"'), ('"workload"', '"job-inspires"')],
    ids=["item named like a shipped scale", "scale named like a shipped item"],
)
def test_a_custom_file_cannot_use_a_shipped_code_for_another_kind_of_measure(
    tmp_path: Path, old: str, new: str
) -> None:
    text = renamed_pulse().replace(old, new)
    assert any(f"by “{new.strip(chr(34))}”" in fault and "core-1" in fault for fault in faults(custom(tmp_path, text)))
