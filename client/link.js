// Turns the fragment of a personal link into its parts.

import { decode64 } from "./bytes.js";
import { attempt } from "./keep.js";
import { Trouble } from "./trouble.js";

/** The alphabet of codes; the last sign carries three bits. */
const CODE = /^[2-9A-HJ-NP-Z]{25}[26AEJNSW]$/;

/**
 * @typedef {object} Link
 * @property {string} wave
 * @property {string} crowd
 * @property {string} language
 * @property {string} readKey
 * @property {string} code
 * @property {string} mark
 */

/** @param {string} text a whole address or its fragment @returns {string} the fragment, as the message had it */
export function fragment(text) {
  const found = text.trim().replace(/^[^#]*#/, "");
  return isBareCode(found) ? (attempt(() => decodeURIComponent(found)) ?? found) : found;
}

/** @param {string} text a fragment @returns {boolean} whether it is a single code, as on a card */
export const isBareCode = (text) => !text.includes("/");

/** @param {string} text a fragment @returns {Link} */
export function parse(text) {
  try {
    const [wave, crowd, language, readKey, mark, typed, ...more] = text.split("/").map(decodeURIComponent);
    const code = typed.toUpperCase().replace(/[\s-]/g, "");
    const isWhole = [readKey, mark].every((each) => decode64(each).length === 16);
    if (wave && crowd && isWhole && CODE.test(code) && !more.length) return { wave, crowd, language, readKey, code, mark };
  } catch {
    // said below
  }
  throw new Trouble("bad-link");
}
