// Keeps what this browser needs of one link: the draft until it is accepted, then what a change and the check need.

import { encode64, sha256, utf8 } from "./bytes.js";

const PREFIX = "barograph/";
const LINK = "barograph-link";
const A_DAY = 86_400_000;
const MOST_DAYS = 60;

/**
 * @typedef {object} Entry
 * @property {string} [wave]
 * @property {string} [closes] when the wave closes, ISO
 * @property {number} [days] how long after the close this is of use
 * @property {boolean} [isClosed] the server said that the wave is closed
 * @property {import("./screens.js").Sheet} [sheet] the draft, gone when accepted
 * @property {import("./screens.js").Sheet} [pending] what the reader pressed Send for, until the server replies
 * @property {boolean} [isSent] the server accepted a ballot
 * @property {string} [nonce]
 * @property {string} [blind]
 * @property {string} [blinded]
 * @property {string} [token]
 */

/** The place of one link; two links in one browser do not meet, two tabs with one link do. */
export class Keep {
  /** @param {string} code of the link */
  static async of(code) {
    return new Keep(PREFIX + encode64((await sha256(utf8(`barograph/kept/1${code}`))).slice(0, 16)));
  }

  /** @param {string} place */
  constructor(place) {
    this.place = place;
    this.isShared = false;
    /** @type {Entry} */
    this.entry = read(place) ?? {};
  }

  /** Writes a change upon what another tab may have written, unless this is a shared computer. @param {Entry} [change] */
  save(change) {
    this.entry = { ...((!this.isShared && read(this.place)) || this.entry), ...change };
    if (!this.isShared) attempt(() => localStorage.setItem(this.place, JSON.stringify(this.entry)));
  }

  /** Forgets what a place of this browser holds; the entry stays in memory until the page goes. */
  wipe() {
    this.isShared = true;
    attempt(() => localStorage.removeItem(this.place));
    forgetLink();
  }

  /** Whether a paper of the same wave is kept under another link. */
  hasOther() {
    return places().some((place) => place !== this.place && read(place)?.nonce && read(place)?.wave === this.entry.wave);
  }
}

const places = () => (attempt(() => Object.keys(localStorage)) ?? []).filter((place) => place.startsWith(PREFIX));

/** Removes what is of no more use; a clock may be wrong, so the server has a say too. @param {number} now milliseconds */
export function sweep(now) {
  for (const place of places()) {
    const { closes = "", isClosed, days = 0 } = read(place) ?? {};
    if (!(Date.parse(closes) + (isClosed ? days : MOST_DAYS) * A_DAY > now)) localStorage.removeItem(place);
  }
}

// The link itself lives as long as this tab needs it, so that a reload works although the address bar no longer shows it.
/** @param {string} text */
export const keepLink = (text) => attempt(() => sessionStorage.setItem(LINK, text));
export const keptLink = () => attempt(() => sessionStorage.getItem(LINK)) ?? "";
export const forgetLink = () => attempt(() => sessionStorage.removeItem(LINK));

/** @param {string} place @returns {Entry | null} */
const read = (place) => attempt(() => JSON.parse(localStorage.getItem(place) ?? "null")) ?? null;

/**
 * A browser may refuse to keep anything; then the page works from memory.
 * @template T @param {() => T} deed @returns {T | undefined}
 */
export function attempt(deed) {
  try {
    return deed();
  } catch {
    return undefined;
  }
}
