// Turns what is known of a survey into the values of each screen.

import { words } from "./view.js";

/** @typedef {Record<string, number | null>} Answers null is the explicit no answer; an absent item is not done */
/** @typedef {{answers: Answers, topics: string[], comment: string}} Sheet what the reader has in hand */

/** What every screen may name: all of the rules, and what is made of them. @param {import("./offer.js").Offer} offer @param {string} language */
export function common(offer, language) {
  const { rules, crowd, questions, fingerprint } = offer;
  const say = words(language);
  return {
    ...rules,
    ...crowd,
    units: say.join(crowd.units),
    moment: say.moment(rules.closes_at, rules.timezone),
    zone: rules.timezone,
    total: questions.items.length,
    segments: rules.segments.length,
    title: questions.title[language],
    words: inTwo(offer.words),
    lockWords: inTwo(offer.lockWords ?? ""),
    digits: fingerprint.match(/.{8}/g)?.join(" "),
    minutes: Math.ceil(rules.seconds[language] / 60),
    scales: say.join(questions.scales.map((/** @type {any} */ scale) => scale.name[language])),
    ...rule(rules.k, crowd.invited),
    days: daysOf(rules),
    isSnapshotRisk: !rules.keys_apart && !rules.second_lock,
    hasCheck: rules.crowds.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + each.invited, 0) >= 50,
    host: location.host,
  };
}

/** With a second lock the count waits for somebody. @param {any} rules */
export const daysOf = (rules) => (rules.second_lock ? 35 : 7);

/** Eight words in two lines. @param {string} text */
const inTwo = (text) => text.replace(/^((\S+ ){4})/, "$1\n");

/** The places of the picture of the rule: hatched below k answers, clear from k on. @param {number} k @param {number} invited */
function rule(k, invited) {
  const places = Math.max(k + 2, Math.min(invited, Math.max(11, k + 6)));
  const step = 324 / places;
  const wide = Math.round((k - 1) * step);
  const marks = Array.from({ length: places }, (_, index) => ({
    x: 1 + (index + 0.5) * step,
    style: index + 1 < k ? "c-t-ax" : "c-t-axb",
    label: index + 1 + (index + 1 === places && invited > places ? "+" : ""),
  }));
  return { wide, edge: wide + 1, rest: 324 - wide, marks };
}

/** @param {any} questions @param {any} item @param {Answers} answers @param {string} language */
function choices(questions, item, answers, language) {
  const set = item.choices ? item : questions.options.find((/** @type {any} */ each) => each.code === item.options);
  return set.choices.map((/** @type {any} */ { code, label }, /** @type {number} */ index) => ({
    place: index + 1, value: code, label: label[language], isChosen: code === answers[item.code],
  }));
}

/** @param {any} questions @param {Answers} answers @param {number} number @param {string} language */
export function item(questions, answers, number, language) {
  const { items } = questions;
  const asked = items[number - 1];
  const { code, recall, text } = asked;
  const offered = choices(questions, asked, answers, language);
  return {
    number,
    text: text[language],
    isSegment: !recall,
    hint: recall?.prompt[language],
    choices: offered,
    isNone: answers[code] === null,
    many: (recall ? "" : " loose") + (offered.length > 6 ? " seven" : ""),
    places: items.map((/** @type {any} */ _, /** @type {number} */ index) => ({
      style: index + 1 < number ? "done" : index + 1 === number ? "now" : "",
    })),
    isNext: number < items.length,
  };
}

/** @param {any} questions @param {Sheet} sheet @param {string} language */
export function talk({ comment, items, topics = [] }, sheet, language) {
  return {
    places: items,
    prompt: comment?.prompt[language],
    hint: comment?.hint[language],
    topics: topics.map((/** @type {any} */ { code, label }) => ({
      code, label: label[language], isTicked: sheet.topics.includes(code),
    })),
    comment: sheet.comment,
  };
}

/** @param {any} questions @param {Sheet} sheet @param {string} language */
export function review(questions, sheet, language) {
  const { answers } = sheet;
  const said = talk(questions, sheet, language);
  const all = questions.items.map((/** @type {any} */ asked, /** @type {number} */ index) => {
    const given = answers[asked.code];
    const chosen = choices(questions, asked, answers, language).find((/** @type {any} */ each) => each.isChosen);
    return {
      number: index + 1,
      text: asked.text[language],
      isDone: given !== undefined,
      isNone: given === null,
      label: chosen?.label,
      style: given === undefined ? "todo" : "",
    };
  });
  const ticked = said.topics.filter((/** @type {any} */ { isTicked }) => isTicked);
  return {
    ...said,
    questions: all,
    missing: all.filter((/** @type {any} */ each) => !each.isDone),
    ticked: words(language).join(ticked.map((/** @type {any} */ { label }) => label)),
    talkAt: all.length + 1,
  };
}

/** @param {number} value on the scale from 1 to 5 */
const at = (value) => 8 + 77.5 * (value - 1);

/** @param {any} results of the reader's crowd @param {string} language */
export function lastResults(results, language) {
  const say = words(language);
  return {
    units: results.units.map((/** @type {any} */ unit) => ({
      names: say.join(unit.names),
      day: say.date(results.released_on, "UTC"),
      rows: unit.rows.map((/** @type {any} */ row) => ({
        name: row.scale[language],
        isShown: !row.withheld,
        reason: row.withheld?.[language],
        meanAt: at(row.mean),
        lowAt: at(row.low),
        highAt: at(row.high),
        value: row.text?.[language] ?? "",
        low: row.withheld ? "" : say.number(row.low),
        high: row.withheld ? "" : say.number(row.high),
      })),
    })),
  };
}

/** @param {any} account what the server says of a closed wave @param {string} check @param {string} language */
export function closed(account, check, language) {
  const { status, key_destroyed_at: destroyed, is_within_papers: within } = account;
  const isCounted = status === "counted" || status === "released";
  return {
    isCounting: status === "closed",
    isLocked: account.is_waiting,
    isWithdrawn: status === "withdrawn",
    isCounted,
    isNone: account.is_none,
    destroyed: destroyed ? words(language).date(destroyed, "UTC") : "",
    isWithin: within === true,
    isBeyond: within === false,
    [`is_${isCounted || check === "unsent" ? check : "waiting"}`]: true,
  };
}
