// Sends a ballot: takes the paper, checks it, seals the answers, posts them, and repeats until somebody answers.

import { ballot } from "./ballot.js";
import { draw, finish } from "./paper.js";
import { insist } from "./server.js";
import { Trouble } from "./trouble.js";

const PAPER_REFUSALS = ["unknown-code", "not-open", "paper-taken"];

/**
 * @param {import("./offer.js").Offer} offer @param {string} code of the link @param {import("./keep.js").Keep} keep
 * @param {import("./screens.js").Sheet} sheet @param {(kind: "waiting" | "busy") => void} tell
 */
export async function send(offer, code, keep, sheet, tell) {
  keep.save({ sheet, pending: sheet });
  await alone(keep.place, () => takePaper(offer, code, keep, tell));
  const paper = /** @type {{nonce: string, token: string}} */ (keep.entry);
  const reply = await insist("/ballots", await ballot(offer, paper, sheet), tell);
  if (reply.status !== 200 || !reply.body.accepted) throw new Trouble("refused");
  keep.save({ sheet: undefined, pending: undefined, isSent: true });
}

/**
 * What is drawn is kept before it is sent, so that a lost reply is asked for again with the same element.
 * @param {import("./offer.js").Offer} offer @param {string} code @param {import("./keep.js").Keep} keep
 * @param {(kind: "waiting" | "busy") => void} tell
 */
async function takePaper(offer, code, keep, tell) {
  keep.save(); // another tab may have been here
  if (!keep.entry.nonce) keep.save(draw(offer));
  if (keep.entry.token) return;
  const draft = /** @type {import("./paper.js").Draft} */ (keep.entry);
  const { status, body } = await insist("/papers", { wave: offer.rules.wave, code, blinded: draft.blinded }, tell);
  if (status !== 200) throw new Trouble(PAPER_REFUSALS.includes(body?.refused) ? body.refused : "malformed");
  keep.save({ token: finish(offer, draft, body.element, body.proof), blind: undefined, blinded: undefined });
}

/** One tab at a time, where the browser has locks to give. @param {string} name @param {() => Promise<void>} deed */
async function alone(name, deed) {
  let isBegun = false;
  try {
    await navigator.locks.request(name, () => {
      isBegun = true;
      return deed();
    });
  } catch (error) {
    if (isBegun) throw error;
    await deed();
  }
}
