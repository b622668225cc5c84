"""Attack 14: mark one person by another key, other metadata or another manifest, and recognise the ballot by it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from app.installation import Installation
from surveys.ballots import client, links, manifest, poprf, tokens
from surveys.ballots.wire import decode64, encode64
from tests.attacks import account
from tests.attacks.people import sealed_company
from tests.attacks.voters import Voter, build_app, links_of, served, voters_of
from tests.support import journey
from tests.support.journey import OpenWave

OTHER_KEY = tokens.installation_pair(b"another installation, 32 bytes..")


@dataclass
class Scene:
    """A served wave with its voters."""

    inst: Installation
    wave: OpenWave
    url: str
    http: httpx.Client
    voters: dict[str, Voter]
    texts: dict[str, str]

    @property
    def rules(self) -> dict[str, object]:
        found = self.http.get(f"/waves/{self.wave.slug}/manifest.json").json()
        return cast("dict[str, object]", found)

    @property
    def questionnaire(self) -> bytes:
        return self.http.get(f"/waves/{self.wave.slug}/questionnaire.json").content


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    inst = journey.installation(tmp_path_factory.mktemp("keys"))
    sealed_company(inst, journey.SIX_TEAMS)
    wave = journey.open_wave(inst)
    with served(build_app(inst, lambda: wave.opens_at)) as url, httpx.Client(base_url=url) as http:
        yield Scene(inst, wave, url, http, voters_of(inst, wave, http), links_of(inst, wave.slug))
    inst.database.dispose()


def answered(blinded: bytes, private: bytes, fingerprint: str, crowd: str) -> dict[str, str]:
    """What a server answers that evaluates with some key under some metadata, with an honest proof for that key."""
    reply = poprf.blind_evaluate(private, blinded, tokens.paper_info(fingerprint, crowd))
    return {"element": encode64(reply.element), "proof": encode64(reply.proof)}


def marked(scene: Scene, fingerprint: str, crowd: str) -> dict[str, tuple[bytes, str, str]]:
    """The ways to mark one paper: key, fingerprint and crowd under which the server evaluates it."""
    own = scene.inst.keys.ballot_key().private
    return {
        "another key": (OTHER_KEY.private, fingerprint, crowd),
        "a crowd of one's own": (own, fingerprint, f"{crowd} "),
        "another fingerprint": (own, hashlib.sha256(b"other").hexdigest(), crowd),
    }


def spoiled(rules: dict[str, object]) -> dict[str, dict[str, object]]:
    """The ways to show one person other rules."""
    crowds = cast("list[dict[str, object]]", rules["crowds"])
    instrument = cast("dict[str, object]", rules["instrument"])
    alone = {**crowds[0], "invited": 1}
    return {
        "another installation key": {**rules, "installation": OTHER_KEY.public.hex()},
        "another wave key": {**rules, "wave_key": "11" * 32},
        "another second lock": {**rules, "second_lock": "22" * 32},
        "another mode": {**rules, "mode": "promise"},
        "a smaller k": {**rules, "k": 1},
        "a crowd of one": {**rules, "crowds": [alone, *crowds[1:]]},
        "other questions": {**rules, "instrument": {**instrument, "sha256": "0" * 64}},
        "another script": {**rules, "script_sha256": "0" * 64},
        "another close": {**rules, "closes_at": "2031-01-01T00:00:00Z"},
    }


KINDS_OF_MARKS = ("another key", "a crowd of one's own", "another fingerprint")
KINDS_OF_RULES = (
    "another installation key", "another wave key", "another second lock", "another mode", "a smaller k",
    "a crowd of one", "other questions", "another script", "another close",
)  # fmt: skip
CAUGHT_WITHOUT_THE_MARK = ("another mode", "a smaller k", "a crowd of one", "other questions")
"""Rules that a client refuses even where the link was made for them, because no honest wave has them."""


def written(rules: object) -> str:
    """Rules as the server writes them, so that they are refused for what they say and not for their form."""
    return json.dumps(rules, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def voter(scene: Scene, email: str) -> Voter:
    """A voter who has not looked yet."""
    return Voter(email=email, link=scene.voters[email].link, http=scene.http)


def test_weakened_a_client_that_takes_the_key_of_the_moment_is_marked(scene: Scene) -> None:
    """It believes whatever key comes with the paper; the server then knows this one ballot by its token."""
    naive = voter(scene, journey.member("ant", 1))
    offer = naive.look()
    believed = replace(offer, installation=OTHER_KEY.public)
    draft = client.draw(believed)
    reply = answered(draft.blinded.element, OTHER_KEY.private, offer.fingerprint, offer.crowd.label)
    paper = client.take_paper(believed, draft, reply["element"], reply["proof"])
    for private, is_recognised in ((OTHER_KEY.private, True), (scene.inst.keys.ballot_key().private, False)):
        assert is_recognised is tokens.token_matches(
            private, nonce=paper.nonce, token=paper.token, fingerprint=offer.fingerprint, crowd=offer.crowd.label
        )
    account.weakened("14 other key", "a client that checks no proof: its ballot is recognised by its token")


@pytest.mark.parametrize("kind", KINDS_OF_MARKS)
def test_the_program_refuses_a_marked_paper(scene: Scene, kind: str) -> None:
    careful = voter(scene, journey.member("ant", 2))
    offer = careful.look()
    draft = client.draw(offer)
    reply = answered(draft.blinded.element, *marked(scene, offer.fingerprint, offer.crowd.label)[kind])
    with pytest.raises(client.Untrusted, match="may be marked"):
        client.take_paper(offer, draft, reply["element"], reply["proof"])
    account.product("14 other key", f"program, {kind}: refused with a sentence")


@pytest.mark.parametrize("kind", KINDS_OF_RULES)
def test_the_program_refuses_other_rules(scene: Scene, kind: str) -> None:
    text = written(spoiled(scene.rules)[kind])
    with pytest.raises(client.Untrusted, match="other rules"):
        client.check_offer(scene.voters[journey.member("ant", 2)].link, text, scene.questionnaire)
    account.product("14 other key", f"program, {kind}: refused with a sentence")


@pytest.mark.parametrize("kind", CAUGHT_WITHOUT_THE_MARK)
def test_the_program_refuses_some_rules_even_if_the_link_was_forged_too(scene: Scene, kind: str) -> None:
    text = written(spoiled(scene.rules)[kind])
    link = replace(scene.voters[journey.member("ant", 2)].link, mark=links.mark_of(manifest.fingerprint(text)))
    with pytest.raises(client.Untrusted):
        client.check_offer(link, text, scene.questionnaire)


def test_weakened_a_forged_link_to_other_rules_shows_only_in_the_words(scene: Scene) -> None:
    """The honest limit: whoever forges the mail and the rules is found out by comparing the words, not by a program."""
    text = written(spoiled(scene.rules)["another wave key"])
    link = replace(scene.voters[journey.member("ant", 2)].link, mark=links.mark_of(manifest.fingerprint(text)))
    offer = client.check_offer(link, text, scene.questionnaire)
    honest = voter(scene, journey.member("ant", 2)).look()
    assert manifest.words(offer.fingerprint) != manifest.words(honest.fingerprint)
    account.weakened("14 other key", "mail and rules forged together: the words differ, the programs go on")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def answer(page: Page, address: str) -> None:
    """Open a link and press through the whole page up to Send."""
    page.goto(address)
    page.get_by_role("button", name="Start").first.click()
    for number in range(1, 7):
        expect(page.get_by_text(f"Question {number} of 6", exact=True)).to_be_visible()
        page.get_by_label("I would rather not answer this one").check()
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Send").first.click()


def address_of(scene: Scene, email: str) -> str:
    return scene.texts[email].replace(scene.inst.settings.base_url, scene.url)


def refusal(page: Page) -> str:
    """Return the sentence of the page that stops."""
    expect(page.get_by_role("heading", name="The survey stops here")).to_be_visible()
    return page.get_by_role("alert").inner_text().strip()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS_OF_MARKS)
def test_the_browser_refuses_a_marked_paper_and_sends_no_ballot(scene: Scene, phone: Page, kind: str) -> None:
    email = journey.member("bee", 1)
    offer = voter(scene, email).look()
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.url))

    def other_paper(route: Route) -> None:
        blinded = decode64(json.loads(route.request.post_data or "")["blinded"])
        reply = answered(blinded, *marked(scene, offer.fingerprint, offer.crowd.label)[kind])
        route.fulfill(status=200, content_type="application/json", body=json.dumps(reply))

    phone.route("**/papers", other_paper)
    answer(phone, address_of(scene, email))
    assert refusal(phone).startswith("The server made your ballot paper with another key")
    assert any(each.endswith("/papers") for each in sent)
    assert not any(each.endswith("/ballots") for each in sent)
    account.product("14 other key", f"browser, {kind}: refused with a sentence, no ballot sent")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["another wave key", "a crowd of one", "another mode"])
def test_the_browser_refuses_other_rules_before_it_asks_anything(scene: Scene, phone: Page, kind: str) -> None:
    email = journey.member("bee", 2)
    body = json.dumps(spoiled(scene.rules)[kind])
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.url))
    phone.route("**/manifest.json", lambda route: route.fulfill(status=200, content_type="application/json", body=body))
    phone.goto(address_of(scene, email))
    assert refusal(phone).startswith("The rules of this survey are not those your message names")
    assert not any(each.endswith(("/papers", "/ballots")) for each in sent)
    account.product("14 other key", f"browser, {kind}: refused with a sentence, nothing sent")


@pytest.mark.slow
def test_the_browser_refuses_other_questions(scene: Scene, phone: Page) -> None:
    body = scene.questionnaire.replace(b'"v', b'"V', 1) + b" "
    phone.route(
        "**/questionnaire.json", lambda route: route.fulfill(status=200, content_type="application/json", body=body)
    )
    phone.goto(address_of(scene, journey.member("bee", 3)))
    assert refusal(phone).startswith("The questions that the server sent are not those the rules name")


@pytest.mark.slow
def test_weakened_the_browser_goes_on_where_nothing_was_altered(scene: Scene, phone: Page) -> None:
    """The control: with honest replies the same steps end in thanks, so the refusals above are refusals."""
    answer(phone, address_of(scene, journey.member("bee", 4)))
    expect(phone.get_by_role("heading", name="Thank you. Your answers are in.")).to_be_visible()
