// Turns what the server published about a wave into an offer that this browser has checked itself.

import { canonical, context, encode64, fromHex, hex, joined, sha256, utf8 } from "./bytes.js";
import { Trouble } from "./trouble.js";

const PROTOCOL = "barograph-ballot-3";
const LEAST = 5;
/** What may be asked about oneself, once each and with few options: anything else could single out one person. */
const SEGMENTS = ["role_family", "site", "tenure_band"];
const MOST_OPTIONS = 12;
const KEY = /^[0-9a-f]{64}$/;
/** Signs that nobody sees, and words of two alphabets whose letters look alike. */
const DECEPTIVE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}]|(?=\S*\p{sc=Latin})\S*[\p{sc=Cyrillic}\p{sc=Greek}]|(?=\S*\p{sc=Greek})\S*\p{sc=Cyrillic}/u;

/**
 * @typedef {object} Offer
 * @property {any} rules the manifest
 * @property {any} questions the questionnaire, the segments among its items
 * @property {any} crowd the reader's crowd as the manifest has it
 * @property {string} fingerprint 64 hexadecimal digits
 * @property {Uint8Array} paperInfo public metadata of the ballot paper, computed from what is shown
 * @property {string} words of the fingerprint
 * @property {any} [prepared] what every paper of it needs, see paper.js
 * @property {string} lockWords of the key of the second lock, empty without one
 */

/**
 * Everything that is checked hangs on the mark of the link, which came by another way than the rules.
 * @param {import("./link.js").Link} link
 * @param {Uint8Array} manifest the bytes as served
 * @param {Uint8Array} questionnaire the bytes as served
 * @param {string} script SHA-256 of the script this page runs, as its address says
 * @param {string[]} list 512 words
 * @returns {Promise<Offer>}
 */
export async function checkOffer(link, manifest, questionnaire, script, list) {
  const fingerprint = hex(await sha256(manifest));
  const rules = read(manifest);
  if (markOf(fingerprint) !== link.mark || hex(canonical(rules)) !== hex(manifest)) throw new Trouble("other-rules");
  if (rules.protocol !== PROTOCOL || rules.wave !== link.wave) throw new Trouble("other-protocol");
  if (rules.mode !== "sealed") throw new Trouble("other-mode");
  if (rules.script_sha256 !== script) throw new Trouble("other-script");
  const lock = rules.second_lock;
  if (![rules.installation, rules.wave_key, lock ?? rules.wave_key].every((key) => KEY.test(key)) || lock === undefined) {
    throw new Trouble("other-protocol");
  }
  const crowd = ownCrowd(rules, link.crowd);
  const questions = read(questionnaire);
  const { segments = [], comment } = questions;
  const listed = segments.map((/** @type {any} */ { code, choices }) => ({
    code, options: choices.map((/** @type {any} */ { label }) => label[rules.languages[0]]),
  }));
  if (
    hex(await sha256(questionnaire)) !== rules.instrument.sha256 ||
    JSON.stringify([rules.comments, rules.segments]) !== JSON.stringify([!!comment, listed]) ||
    !listed.every(isSound) ||
    (comment && lock)
  ) {
    throw new Trouble("other-questions");
  }
  questions.items.push(...segments);
  return {
    rules,
    questions,
    crowd,
    fingerprint,
    paperInfo: context("barograph/paper/1", fingerprint, crowd.label),
    words: await words(fingerprint, list),
    lockWords: lock && (await words(hex(await sha256(joined(utf8("barograph/trustee/1"), fromHex(lock)))), list)),
  };
}

/** @param {any} segment @param {number} at its place @param {any[]} all in the order of their codes */
const isSound = ({ code, options }, at, all) =>
  SEGMENTS.includes(code) && !(code <= all[at - 1]?.code) &&
  options.length > 1 && options.length <= MOST_OPTIONS && new Set(options).size === options.length;

/** @param {string} fingerprint @returns {string} what a link carries of it */
export const markOf = (fingerprint) => encode64(fromHex(fingerprint).slice(0, 16));

/**
 * The reader's crowd. Every crowd must be large enough, and no name may stand there twice, nor look as if it did: a
 * single person could be marked that way.
 * @param {any} rules @param {string} label
 */
function ownCrowd({ crowds, k }, label) {
  const [crowd, ...more] = crowds.filter((/** @type {any} */ each) => each.label === label);
  const names = crowds.flatMap((/** @type {any} */ each) => each.units);
  const plain = names.map((/** @type {any} */ name) => {
    const seen = typeof name === "string" ? name.normalize("NFKC") : "";
    if (DECEPTIVE.test(seen)) return "";
    return seen.replace(/[\p{DI}\u2800]/gu, "").replace(/\s+/g, " ").trim().toUpperCase().toLowerCase();
  });
  const isSound = (/** @type {any} */ { invited, units, is_whole_company: isWhole }) =>
    Number.isInteger(invited) && invited >= k && Array.isArray(units) && units.length && !(isWhole && crowds.length > 1);
  const isUnique = new Set(plain).size === names.length && !plain.includes("");
  if (!crowd || more.length || !(Number.isInteger(k) && k >= LEAST && isUnique && crowds.every(isSound))) {
    throw new Trouble("small-crowd");
  }
  return crowd;
}

/**
 * Eight words of nine bits each, made slow, so that nobody tries keys until the words agree.
 * @param {string} fingerprint @param {string[]} list 512 words
 */
export async function words(fingerprint, list) {
  const key = await crypto.subtle.importKey("raw", fromHex(fingerprint), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: utf8("barograph/words/1"), iterations: 65_536 };
  const bits = BigInt(`0x${hex(new Uint8Array(await crypto.subtle.deriveBits(how, key, 72)))}`);
  return [1, 2, 3, 4, 5, 6, 7, 8].map((place) => list[Number((bits >> BigInt(72 - 9 * place)) & 511n)]).join(" ");
}

/** @param {Uint8Array} bytes */
function read(bytes) {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new Trouble("other-protocol");
  }
}
