// The answer page: reads the link, checks the rules, asks one question a page, and sends a sealed ballot.
// The fragment of the address never reaches a server, a log or a referrer.

import { checkBrowser } from "./ballot.js";
import { check } from "./closing.js";
import { attempt, forgetLink, Keep, keepLink, keptLink, sweep } from "./keep.js";
import { fragment, isBareCode, parse } from "./link.js";
import { checkOffer, markOf } from "./offer.js";
import { byId, insert, offerLanguages, sentence, show } from "./page.js";
import { prepare } from "./paper.js";
import * as screens from "./screens.js";
import { send } from "./sending.js";
import { get, pause, post } from "./server.js";
import { Trouble } from "./trouble.js";

const LANGUAGES = [...byId("languages-of-page").content.querySelectorAll("button")].map((each) => each.dataset.language);
const ALARMS = ["bad-proof", "small-crowd"];
const FINAL = ["bad-link", "no-https", "old-browser", "unknown-survey", "unknown-code", "paper-taken", "not-open"];
const script = document.querySelector("script")?.src.slice(-67, -3) ?? ""; // the address ends in its SHA-256 and ".js"

/**
 * Everything the page knows; it lives as long as the page.
 * @type {{language: string, link: import("./link.js").Link, offer: import("./offer.js").Offer,
 *   keep: Keep, sheet: screens.Sheet, results: any, isSent: boolean, isSending: boolean, isUnsure: boolean, text: string,
 *   draw: () => void}}
 */
const now = /** @type {any} */ ({ language: LANGUAGES[0], draw: () => {} });

/** @returns {{at: number, depth: number, isFromReview?: boolean}} where the reader stands, kept by the browser */
const place = () => history.state ?? { at: 0, depth: 0 };
/** Notes where the reader stands, under the bare address. @param {any} state */
const settle = (state) => history.replaceState(state, "", location.pathname);
const total = () => now.offer.questions.items.length;
/** Where the overview stands: behind the questions, and behind topics and comment where the survey has them. */
const reviewAt = () => total() + (now.offer.rules.comments ? 2 : 1);
const blank = () => ({ answers: {}, topics: [], comment: "" });

/** @param {string} screen @param {() => any} [values] */
function present(screen, values = () => ({})) {
  now.draw = () => {
    offerLanguages(now.language, now.offer?.rules.languages ?? LANGUAGES);
    const known = now.offer ? { ...screens.common(now.offer, now.language), ...place() } : { organisation: "" };
    const made = values();
    show(now.language, screen, { error: made.isWrong ? sentence(now.language, "error") : "", ...known, ...made });
    showResults();
    remark();
    if (screen === "thanks" || screen === "closed") document.querySelector("[data-results] details")?.setAttribute("open", "");
  };
  now.draw();
}

/** @param {number} at @param {boolean} [isFromReview] */
function go(at, isFromReview = false) {
  history.pushState({ at, depth: place().depth + 1, isFromReview }, "", location.pathname);
  stand();
}

function back() {
  if (place().depth > 0) history.back();
  else {
    settle({ at: Math.max(place().at - 1, 0), depth: 0 });
    stand();
  }
}

/** Shows where the reader stands. @param {boolean} [isWrong] */
function stand(isWrong = false) {
  if (!now.offer || now.isSending) return;
  const { at } = place();
  const { questions } = now.offer;
  if (now.isSent) present("thanks", () => ({ isKept: !now.keep.isShared }));
  else if (at === 0) startScreen();
  else if (at >= reviewAt()) {
    present("review", () => ({
      ...screens.review(questions, now.sheet, now.language),
      isWrong,
      isShared: now.keep.isShared,
    }));
    setTimeout(() => prepare(now.offer), 50);
  } else if (at > total()) present("talk", () => screens.talk(questions, now.sheet, now.language));
  else {
    present("item", () => ({
      ...screens.item(questions, now.sheet.answers, at, now.language),
      isWrong,
      described: isWrong ? "hint choose" : "hint",
    }));
  }
}

const isBegun = () => Object.keys(now.sheet?.answers ?? {}).length > 0;

function startScreen() {
  present("start", () => ({
    isSent: now.keep.entry.isSent,
    isTaken: now.keep.entry.nonce,
    isDraft: isBegun(),
    isShared: now.keep.isShared,
  }));
}

/** Notes what is on the page; the draft stays in this browser until it is accepted. */
function note() {
  const { sheet } = now;
  const chosen = [...document.querySelectorAll("[name=a]:checked")].map((each) => /** @type {any} */ (each).value);
  if (byId("comment")) Object.assign(sheet, { topics: chosen, comment: byId("comment").value });
  else if (!chosen.length) return false;
  else sheet.answers[now.offer.questions.items[place().at - 1].code] = Number(chosen[0]) || null;
  now.keep.save({ sheet });
  return true;
}

/** Says how long a comment is and what in it may identify somebody; nothing of this is kept or sent. */
function remark() {
  const box = byId("comment");
  if (!box) return;
  byId("length").textContent = box.value.length;
  for (const each of document.querySelectorAll("main [data-like]")) {
    const { like, flags } = /** @type {HTMLElement} */ (each).dataset;
    /** @type {HTMLElement} */ (each).hidden = !new RegExp(like ?? "", flags).test(box.value);
  }
}

function next() {
  const { at, isFromReview } = place();
  if (at > 0 && !note()) stand(true);
  else if (isFromReview && place().depth > 0) history.back();
  else go(at + 1);
}

/** Says how the sending goes. @param {string} kind */
function tell(kind) {
  now.isUnsure ||= Boolean(now.keep.entry.token);
  if (kind === "waiting") kind = now.keep.isShared ? "waiting-shared" : now.isUnsure ? "unsure" : kind;
  if (byId("status")) byId("status").textContent = sentence(now.language, kind);
  if (byId("again")) byId("again").hidden = false;
}

async function deliver() {
  const { items } = now.offer.questions;
  if (items.some((/** @type {any} */ each) => now.sheet.answers[each.code] === undefined)) return stand(true);
  now.isSending = true;
  present("sending");
  try {
    await send(now.offer, now.link.code, now.keep, now.sheet, tell);
    now.isSent = true;
    now.isSending = now.isUnsure = false;
    if (now.keep.isShared) wipe();
    else forgetLink();
    stand();
  } catch (error) {
    if (error instanceof Trouble && error.kind !== "too-many") now.keep.save({ pending: undefined });
    await stop(error);
  }
}

function wipe() {
  now.keep.wipe();
  now.keep.entry = {};
  now.sheet = blank();
}

/** Says why the page stops; after the close it says what became of the survey. @param {unknown} error */
async function stop(error) {
  now.isSending = false;
  const kind = error instanceof Trouble ? error.kind : "broken";
  const isRefused = kind === "refused";
  if (isRefused || kind === "not-open") {
    const account = await fetchAccount().catch(() => null);
    if (account && account.status !== "open") return showClosed(account, !now.isUnsure);
  }
  if (kind === "broken") Object.assign(now, { offer: undefined });
  present("problem", () => ({
    sentence: sentence(now.language, kind),
    isAlarm: kind.startsWith("other-") || ALARMS.includes(kind),
    isUnsure: now.isUnsure && !isRefused,
    isUnsent: !now.isUnsure && !isRefused,
    isKept: isBegun() && !now.keep.isShared,
    isEarlier: kind === "paper-taken" && now.keep.hasOther(),
    canRetry: !FINAL.includes(kind),
  }));
}

/** @param {any} account @param {boolean} isLate whether answers were on their way and did not arrive */
async function showClosed(account, isLate) {
  const { keep, isUnsure } = now;
  const result = await check(account, keep.entry, isUnsure);
  if (keep.entry.closes) keep.save({ sheet: undefined, pending: isUnsure ? {} : undefined, isClosed: true });
  present("closed", () => ({
    ...screens.closed(account, result, now.language),
    isLate,
    isUnsure,
    isHeld: keep.entry.nonce && !keep.isShared,
  }));
}

/** What the server says of the wave, if it is the wave of the link. */
async function fetchAccount() {
  const account = JSON.parse(new TextDecoder().decode(await get(now.link.wave, "account.json")));
  if (account.wave !== now.link.wave || markOf(String(account.fingerprint)) !== now.link.mark) throw new Trouble("other-rules");
  return account;
}

async function fetchResults() {
  const { wave, crowd, readKey } = now.link;
  const reply = await post("/results", { wave, crowd, read_key: readKey }).catch(() => null);
  now.results = reply?.status === 200 && reply.body;
  showResults();
}

/** Results are an extra; what cannot be read is left out. */
function showResults() {
  if (now.results) attempt(() => insert(now.language, "results", screens.lastResults(now.results, now.language)));
}

async function load() {
  await checkBrowser();
  now.keep = await Keep.of(now.link.code);
  const { entry } = now.keep;
  now.isUnsure = Boolean(entry.pending && entry.token);
  const account = await fetchAccount();
  if (account.status !== "open") return showClosed(account, Boolean(entry.pending) && !now.isUnsure);
  const [manifest, questionnaire] = await Promise.all([
    get(now.link.wave, "manifest.json"), get(now.link.wave, "questionnaire.json"),
  ]);
  const list = byId("words").content.textContent.trim().split(" ");
  now.offer = await checkOffer(now.link, manifest, questionnaire, script, list);
  const { rules } = now.offer;
  const offered = LANGUAGES.filter((each) => rules.languages.includes(each));
  if (!offered.includes(now.language)) now.language = offered[0] ?? now.language;
  Object.assign(entry, { wave: rules.wave, closes: rules.closes_at, days: screens.daysOf(rules) });
  now.sheet = { ...blank(), ...(entry.pending ?? entry.sheet) };
  fetchResults();
  if (entry.pending) return deliver();
  stand();
}

/** @param {string} text the fragment of a link */
async function open(text) {
  if (isBareCode(text)) return postCode(text);
  Object.assign(now, { text, keep: undefined, offer: undefined, results: undefined, isSent: false, isSending: false, isUnsure: false, sheet: blank() });
  try {
    now.link = parse(text);
    if (LANGUAGES.includes(now.link.language)) now.language = now.link.language;
    keepLink(text);
    present("wait");
    await load();
  } catch (error) {
    if (!(error instanceof Trouble && error.kind === "unreachable" && now.keep?.entry.pending)) return stop(error);
    present("sending");
    tell("waiting");
    await pause();
    if (now.text === text) await open(text);
  }
}

/** A card or a link of promise mode: the code goes on to the pages without scripts. @param {string} code */
function postCode(code) {
  const form = byId("open");
  form.elements.namedItem("code").value = code;
  form.submit();
}

/** @type {Record<string, () => unknown>} */
const deeds = {
  next,
  back,
  send: deliver,
  now: () => dispatchEvent(new Event("barograph-now")),
  change: () => {
    now.isSent = false;
    keepLink(now.text);
    settle({ at: reviewAt(), depth: 0 });
    stand();
  },
  wipe: () => {
    wipe();
    if (now.isSent) stand();
    else location.assign(location.pathname);
  },
  retry: () => (now.offer ? stand() : open(now.text)),
};

document.addEventListener("click", (event) => {
  const spot = event.target instanceof Element ? event.target.closest("button, a") : null;
  if (spot instanceof HTMLAnchorElement && spot.hash && spot.pathname === location.pathname) {
    event.preventDefault();
    byId(spot.hash.slice(1))?.focus();
  } else if (spot instanceof HTMLButtonElement) {
    const { go: deed, item, language } = spot.dataset;
    if (language) {
      if (place().at > 0) note();
      now.language = language;
      now.draw();
    } else if (item) go(Number(item), true);
    else if (deed) deeds[deed]();
  }
});

document.addEventListener("input", (event) => {
  if (event.target === byId("shared")) {
    if (byId("shared").checked) now.keep.wipe();
    else {
      now.keep.isShared = false;
      now.keep.save();
      keepLink(now.text);
    }
  } else {
    note();
    remark();
  }
});

document.addEventListener("submit", (event) => {
  if (event.target === byId("open")) {
    const typed = fragment(byId("code").value);
    if (isBareCode(typed)) return;
    event.preventDefault();
    settle(null);
    open(typed);
  } else {
    event.preventDefault();
    next();
  }
});

// Another tab with the same link sent, began, or removed something.
addEventListener("storage", ({ key, newValue }) => {
  const { keep } = now;
  if (key !== keep?.place || keep.isShared) return;
  if (newValue) keep.entry = JSON.parse(newValue);
  else keep.isShared = true;
  if (place().at === 0) stand();
});
addEventListener("popstate", () => stand());
addEventListener("hashchange", start);

function start() {
  sweep(Date.now());
  const text = fragment(location.hash);
  if (text && text !== "main") {
    settle(null);
    open(text);
  } else if (keptLink() && !now.offer) open(keptLink());
  else byId("open")?.classList.add("ready");
}

start();
