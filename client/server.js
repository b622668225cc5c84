// Talks to the server: without cookie, without referrer, without any header of our own but the type of the body.

import { Trouble } from "./trouble.js";

const PLAIN = /** @type {RequestInit} */ ({
  cache: "no-store", credentials: "omit", mode: "same-origin", redirect: "error", referrerPolicy: "no-referrer",
});
const PATIENCE = 20_000;
const PAUSES = [1, 2, 4, 8, 15];
const PAUSE_WHEN_BUSY = 30;
const BUSY = 5;

/** @typedef {{status: number, body: any}} Reply */

/**
 * A page of somebody else on the way, such as that of a hotel, is no reply.
 * @param {string} wave @param {string} name @returns {Promise<Uint8Array>}
 */
export async function get(wave, name) {
  const reply = await ask(`/waves/${encodeURIComponent(wave)}/${name}`, {});
  const bytes = new Uint8Array(await reply.arrayBuffer().catch(() => new ArrayBuffer(0)));
  if (reply.status === 404) throw new Trouble("unknown-survey");
  if (reply.status !== 200 || (name.endsWith("json") && bytes[0] !== 123)) throw new Trouble("unreachable");
  return bytes;
}

/** @param {string} path @param {object} body @returns {Promise<Reply>} body is null where the reply was no JSON */
export async function post(path, body) {
  const reply = await ask(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  return { status: reply.status, body: await reply.json().catch(() => null) };
}

/**
 * Posts until somebody who understands answers; between two tries it says that it waits.
 * @param {string} path @param {object} body
 * @param {(kind: "waiting" | "busy") => void} tell @returns {Promise<Reply>}
 */
export async function insist(path, body, tell) {
  for (let attempt = 0, refused = 0; ; attempt += 1) {
    const reply = await post(path, body).catch(() => null);
    if (reply?.body && reply.status < 500 && reply.status !== 429) return reply;
    const isBusy = reply?.status === 429;
    if (isBusy && (refused += 1) > BUSY) throw new Trouble("too-many");
    tell(isBusy ? "busy" : "waiting");
    await pause(isBusy ? undefined : PAUSES[attempt]);
  }
}

/** @param {string} path @param {RequestInit} how */
async function ask(path, how) {
  try {
    return await fetch(path, { ...PLAIN, ...how, signal: AbortSignal.timeout(PATIENCE) });
  } catch {
    throw new Trouble("unreachable");
  }
}

/** Ends early when the network is back or the reader presses the button. @param {number} [seconds] */
export function pause(seconds = PAUSE_WHEN_BUSY) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      removeEventListener("barograph-now", end);
      resolve(undefined);
    };
    const timer = setTimeout(end, seconds * 1000);
    addEventListener("online", end);
    addEventListener("barograph-now", end);
  });
}
