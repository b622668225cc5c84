// Turns answers, topics and a comment into a sealed ballot of fixed length (HPKE, RFC 9180, base mode).

import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";

import { canonical, context, encode64, fromHex, joined } from "./bytes.js";
import { Trouble } from "./trouble.js";

const LENGTH = 2048;

/** @param {object} part of a ballot @returns {Uint8Array} JSON with sorted names, filled with blanks */
function pad(part) {
  const text = canonical({ ...part, v: 2 });
  if (text.length > LENGTH) throw new Trouble("too-long");
  const padded = new Uint8Array(LENGTH).fill(32);
  padded.set(text);
  return padded;
}

/**
 * The body of /ballots: first to the second lock where there is one, then to the key of the wave. A comment is sealed
 * apart from the answers, an empty one too.
 * @param {import("./offer.js").Offer} offer @param {{nonce: string, token: string}} paper
 * @param {import("./screens.js").Sheet} sheet
 */
export async function ballot({ rules, crowd, fingerprint }, { nonce, token }, { answers, topics, comment }) {
  /** @param {string} key hexadecimal @param {string} purpose @param {Uint8Array} plaintext */
  const lock = (key, purpose, plaintext) =>
    seal(key, context(`barograph/${purpose}/1`, fingerprint, crowd.label), plaintext);
  let sealed = pad({ answers, topics: topics.sort() });
  if (rules.second_lock) sealed = await lock(rules.second_lock, "second", sealed);
  sealed = await lock(rules.wave_key, "ballot", sealed);
  if (rules.comments) {
    const plain = comment.replace(/(?!\n)[\p{Cc}\p{Cs}]/gu, " "); // JSON would write them six times as long
    sealed = joined(sealed, await lock(rules.wave_key, "comment", pad({ comment: plain })));
  }
  return { wave: rules.wave, crowd: crowd.label, nonce, token, sealed: encode64(sealed) };
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
