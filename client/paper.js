// Draws a ballot paper: a blinded nonce goes out, an evaluation with its proof comes back, a token is left.
// RFC 9497, partially oblivious mode, ristretto255-SHA512.

import { ristretto255_oprf } from "@noble/curves/ed25519.js";

import { decode64, encode64, fromHex } from "./bytes.js";
import { Trouble } from "./trouble.js";

/** @typedef {{nonce: string, blind: string, blinded: string}} Draft all base64url, fit to be kept */

/**
 * What every paper of an offer needs; made once, while the reader looks at the answers, because it takes a phone long.
 * @param {import("./offer.js").Offer} offer
 */
export function prepare(offer) {
  if (!offer.prepared) {
    const suite = ristretto255_oprf.poprf(offer.paperInfo);
    const key = fromHex(offer.rules.installation);
    const { tweakedKey } = suite.blind(key, key);
    offer.prepared = { suite, key, tweakedKey };
  }
  return offer.prepared;
}

/** @param {import("./offer.js").Offer} offer @returns {Draft} */
export function draw(offer) {
  const { suite, key } = prepare(offer);
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const { blind, blinded } = suite.blind(nonce, key);
  return { nonce: encode64(nonce), blind: encode64(blind), blinded: encode64(blinded) };
}

/**
 * Checks the proof against the installation key of the rules and the metadata computed here, then unblinds.
 * @param {import("./offer.js").Offer} offer @param {Draft} draft
 * @param {unknown} element @param {unknown} proof @returns {string} the token, base64url
 */
export function finish(offer, draft, element, proof) {
  const { suite, tweakedKey } = prepare(offer);
  try {
    const [nonce, blind, evaluated, blinded, shown] = [draft.nonce, draft.blind, element, draft.blinded, proof].map(decode64);
    return encode64(suite.finalize(nonce, blind, evaluated, blinded, shown, tweakedKey));
  } catch {
    throw new Trouble("bad-proof");
  }
}
