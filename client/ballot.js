// Turns answers into a sealed ballot of fixed length (HPKE, RFC 9180, base mode).

import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";

import { context, encode64, fromHex, joined, utf8 } from "./bytes.js";
import { Trouble } from "./trouble.js";

const LENGTH = 2048;

/** @param {Record<string, number | null>} answers @returns {Uint8Array} JSON with sorted keys, filled with blanks */
export function pad(answers) {
  const sorted = Object.fromEntries(Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = utf8(JSON.stringify({ answers: sorted, v: 1 }));
  if (text.length > LENGTH) throw new Trouble("too-long");
  const padded = new Uint8Array(LENGTH).fill(32);
  padded.set(text);
  return padded;
}

/**
 * The body of /ballots: first to the second lock where there is one, then to the key of the wave.
 * @param {import("./offer.js").Offer} offer @param {{nonce: string, token: string}} paper
 * @param {Record<string, number | null>} answers
 */
export async function ballot(offer, paper, answers) {
  const { rules, crowd, fingerprint } = offer;
  let sealed = pad(answers);
  if (rules.second_lock) {
    sealed = await seal(rules.second_lock, context("barograph/second/1", fingerprint, crowd.label), sealed);
  }
  sealed = await seal(rules.wave_key, context("barograph/ballot/1", fingerprint, crowd.label), sealed);
  return { wave: rules.wave, crowd: crowd.label, nonce: paper.nonce, token: paper.token, sealed: encode64(sealed) };
}

/** @param {string} key hexadecimal @param {Uint8Array} info @param {Uint8Array} plaintext */
async function seal(key, info, plaintext) {
  const suite = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm(),
  });
  const recipientPublicKey = await suite.kem.deserializePublicKey(fromHex(key).buffer);
  const { enc, ct } = await suite.seal({ recipientPublicKey, info: info.buffer }, plaintext.buffer);
  return joined(new Uint8Array(enc), new Uint8Array(ct));
}

/** Says why this browser cannot seal, if it cannot; there is no fallback. */
export async function checkBrowser() {
  if (!crypto.subtle) throw new Trouble("no-https");
  try {
    await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  } catch {
    throw new Trouble("old-browser");
  }
}
