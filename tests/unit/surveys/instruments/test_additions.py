"""Segments, topics and the comment box: what is read and what is refused; and older questionnaires keep their hash."""

import copy
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from surveys.ballots import rules, sealing
from surveys.errors import InvalidInput, NotFound
from surveys.i18n import LANGUAGES
from surveys.instruments import additions
from surveys.instruments.account import answering_seconds
from surveys.instruments.checking import parse
from surveys.instruments.library import (
    Comments,
    comments,
    compose,
    load,
    parse_segments,
    read,
    read_segments,
    shipped,
)
from surveys.instruments.parts import COMMENT_LENGTH, SEGMENT_CODES, Segment
from surveys.instruments.schema import ADDITIONS, canonical, content_hash, document, from_document, plain

KNOWN_HASHES = {
    "burnout-1": "f2a4330e9675b4fc0e6ebc02b5758b4194c860c055c36594af2714909e630f1b",
    "core-1": "a7cca08324fb5ec9c5fca6a7bb8c2847fa550576550aafda9a6b2a32d099e925",
    "levers-1": "19326230859900ca8fadba776ac227016757efc137ae560c3b555ca410c196c5",
    "pulse-1": "b289fe7c8ca986df8b75004117985bacf18e4c0532249e633a5e27ab312cf7ea",
}
"""As they were before there was anything beside the questions; waves of old name them in their manifests."""

SEGMENTS = """
[[segments]]
code = "tenure_band"
text = { en = "How long have you been here?", es = "¿Cuánto tiempo llevas aquí?" }
choices = [{ en = "Up to 1 year", es = "Hasta 1 año" }, { en = "Longer", es = "Más" }]

[[segments]]
code = "site"
text.en = "Where do you mostly work?"
text.es = "¿Dónde trabajas sobre todo?"
choices = [
  { en = "Office", es = "Oficina" },
  { en = "At home", es = "En casa" },
  { en = "On the road", es = "De viaje" },
]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "segments.toml"
    path.write_text(text, encoding="utf-8")
    return path


def segments(folder: Path) -> tuple[Segment, ...]:
    return read_segments(written(folder, SEGMENTS))


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read_segments(written(folder, text))
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("code", shipped())
def test_the_hash_of_a_shipped_questionnaire_is_what_it_always_was(code: str) -> None:
    assert content_hash(load(code)) == KNOWN_HASHES[code]
    assert not set(ADDITIONS) & set(document(load(code)))


def test_the_hash_of_joined_questionnaires_is_what_it_always_was() -> None:
    joined = compose([load("pulse-1"), load("core-1")])
    assert content_hash(joined) == "cc749dfe440c754ca6c92504bc293fe295b796ad28f21d236e0db986531cd085"


def test_a_questionnaire_with_all_of_it_survives_as_a_document(tmp_path: Path) -> None:
    wave = compose([load("pulse-1"), load("burnout-1")], segments=segments(tmp_path), asked=comments())
    assert from_document(json.loads(canonical(wave))) == wave
    assert content_hash(wave) != content_hash(compose([load("pulse-1"), load("burnout-1")]))
    assert wave.answer_codes == (*wave.item_codes, "site", "tenure_band")
    assert (wave.has_comments, len(wave.topics)) == (True, 8)
    assert wave.segment("site").maximum == 3


@pytest.mark.parametrize("name", ADDITIONS)
def test_each_part_beside_the_questions_changes_the_hash(name: str, tmp_path: Path) -> None:
    pulse = load("pulse-1")
    whole = compose([pulse], segments=segments(tmp_path), asked=comments())
    one = dataclasses.replace(pulse, **{name: getattr(whole, name)})
    assert content_hash(one) != content_hash(pulse)
    assert from_document(document(one)) == one


def test_a_key_that_is_missing_is_said_once(tmp_path: Path) -> None:
    assert faults(tmp_path, '[[segment]]\ncode = "site"\n') == [
        "segments.toml: the file lacks the key “segments”.",
        "segments.toml: the file has the unknown key “segment”.",
    ]


def test_segments_come_in_the_order_of_their_codes_with_options_numbered_from_one(tmp_path: Path) -> None:
    site, tenure = segments(tmp_path)
    assert (site.code, tenure.code) == ("site", "tenure_band")
    assert [(choice.code, choice.label.to("es")) for choice in site.choices] == [
        (1, "Oficina"), (2, "En casa"), (3, "De viaje"),
    ]  # fmt: skip
    assert parse_segments({"segments": [plain(site), plain(tenure)]}, "stored") == (site, tenure)


CHOICES = '[{ en = "Office", es = "Oficina" }, { en = "Home", es = "Casa" }]'
HEAD = '[[segments]]\ncode = "site"\ntext = { en = "Where?", es = "¿Dónde?" }\n'


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file lacks the key “segments”."),
        ("segments = 3", "“segments” of the file must be a list of 1 to 3 tables."),
        ("segments = [3]", "segment 1 must be a table."),
        (
            HEAD.replace("site", "age") + f"choices = {CHOICES}",
            "“age” is no segment. A segment is one of: role_family, site, tenure_band.",
        ),
        (HEAD, "segment 1 “site” lacks the key “choices”."),
        (
            HEAD + 'choices = [{ en = "Office", es = "Oficina" }]',
            "“choices” of segment 1 “site” must be a list of 2 to 12 tables.",
        ),
        (HEAD + f"choices = [{CHOICES[1:-1]}, {{ en = 'Else' }}]", "“label” of choice 3 lacks the key “es”."),
        (
            HEAD + f"choices = [{CHOICES[1:-1]}, {{ en = 'office', es = 'Otra' }}]",
            "segment 1 “site”: “office” stands there twice.",
        ),
        (
            HEAD + f"choices = [{CHOICES[1:-1]}, {{ en = '{'x' * 121}', es = 'Otra' }}]",
            "“label” of choice 3 is longer than 120 characters.",
        ),
        (HEAD + f"choices = {CHOICES}\nfrom = 'roster'", "segment 1 “site” has the unknown key “from”."),
        (HEAD + f"choices = {CHOICES}\n[other]\nx = 1", "the file has the unknown key “other”."),
        ((HEAD + f"choices = {CHOICES}\n") * 2, "The segment “site” stands there twice."),
        (
            HEAD.replace(', es = "¿Dónde?"', "") + f"choices = {CHOICES}",
            "“text” of segment 1 “site” lacks the key “es”.",
        ),
        (HEAD + 'choices = "Office"', "“choices” of segment 1 “site” must be a list of 2 to 12 tables."),
    ],
    ids=range(14),
)
def test_a_wrong_file_of_segments_is_refused_with_a_sentence(text: str, fault: str, tmp_path: Path) -> None:
    found = faults(tmp_path, text)
    assert fault in [line.partition(": ")[2] for line in found], found


def test_thirteen_options_are_too_many_and_twelve_are_not(tmp_path: Path) -> None:
    def listed(count: int) -> str:
        return HEAD + "choices = [" + ", ".join(f'{{ en = "{n}", es = "{n}" }}' for n in range(count)) + "]"

    assert read_segments(written(tmp_path, listed(12)))[0].maximum == 12
    assert len(faults(tmp_path, listed(13))) == 1


def test_a_file_that_is_not_there_or_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        read_segments(tmp_path / "none.toml")
    assert faults(tmp_path, "= 3")[0].startswith("segments.toml:1: This is not valid TOML")


def test_the_shipped_topics_and_the_box_are_written_in_every_language() -> None:
    asked: Comments = comments()
    assert {"workload", "priorities", "tools", "growth", "change", "direction"} < {each.code for each in asked.topics}
    for language in LANGUAGES:
        labels = [topic.label.to(language) for topic in asked.topics]
        assert len(set(labels)) == len(labels) == 8
        assert str(COMMENT_LENGTH) in asked.box.hint.to(language)
    assert asked.box.prompt.en != asked.box.prompt.es


@pytest.mark.parametrize("name", ADDITIONS)
def test_a_file_of_questions_cannot_bring_its_own(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'{name} = "x"\ncode = "mine-1"\n', encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        read(path)
    assert [str(problem.reason) for problem in caught.value.problems] == [
        f"“{name}” belongs to a programme, not to a file of questions."
    ]


def a_document(folder: Path) -> dict[str, Any]:
    whole = compose([load("pulse-1")], segments=segments(folder), asked=comments())
    return copy.deepcopy(document(whole))


def document_faults(raw: object) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        parse(raw, "document")
    return [str(problem.reason) for problem in caught.value.problems]


def test_a_document_with_parts_out_of_order_or_under_one_name_is_refused(tmp_path: Path) -> None:
    turned = a_document(tmp_path)
    turned["segments"].reverse()
    assert document_faults(turned) == ["The segments must stand in the order of their codes."]
    gap = a_document(tmp_path)
    gap["segments"][0]["choices"][1]["code"] = 7
    assert document_faults(gap) == ["The choices of segment 1 “site” must be numbered from 1 without a gap."]
    twice = a_document(tmp_path)
    twice["topics"][1]["code"] = twice["topics"][0]["code"]
    assert document_faults(twice) == ["The topic “workload” stands there twice."]
    alike = a_document(tmp_path)
    alike["topics"][1]["label"]["en"] = "workload AND time"
    assert document_faults(alike) == ["the topics: “workload and time” stands there twice."]
    empty = a_document(tmp_path)
    empty["comment"] = {"prompt": {"en": "x", "es": "x"}}
    assert document_faults(empty) == ["the comment box lacks the key “hint”."]


def test_an_item_named_like_a_segment_is_refused(tmp_path: Path) -> None:
    raw = a_document(tmp_path)
    old = raw["items"][0]["code"]
    raw["items"][0]["code"] = "site"
    for scale in raw["scales"]:
        scale["items"] = ["site" if code == old else code for code in scale["items"]]
    assert document_faults(raw) == ["The code “site” is used twice."]


def test_what_is_asked_beside_takes_time_and_a_comment_none(tmp_path: Path) -> None:
    pulse, site = load("pulse-1"), segments(tmp_path)[:1]
    with_site = compose([pulse], segments=site)
    words = len(["Where", "do", "you", "mostly", "work?", "Office", "At", "home", "On", "the", "road"])
    assert answering_seconds(with_site) - answering_seconds(pulse) == pytest.approx(words / 4 + 3)
    box = dataclasses.replace(pulse, comment=comments().box)
    assert answering_seconds(box) == answering_seconds(pulse)
    assert answering_seconds(dataclasses.replace(box, topics=comments().topics)) > answering_seconds(pulse) + 3


def test_the_ballots_know_the_same_codes_and_limits() -> None:
    assert sealing.COMMENT_LENGTH == COMMENT_LENGTH
    assert rules.SEGMENT_CODES == SEGMENT_CODES == tuple(sorted(SEGMENT_CODES))
    assert (rules.SEGMENT_OPTIONS[0], rules.SEGMENT_OPTIONS[-1]) == additions.SEGMENT_OPTIONS
    assert all(len(topic.code) <= 40 for topic in comments().topics)
