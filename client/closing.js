// After the close: finds out, in this browser alone, whether its ballot was counted.

import { decode64, hex, joined, sha256, utf8 } from "./bytes.js";
import { get } from "./server.js";

const LIST = /^([0-9a-f]{64}\n)+$/;

/**
 * @param {any} account what the server says of the wave @param {import("./keep.js").Entry} entry
 * @param {boolean} isUnsure whether a ballot may have arrived without a reply
 * @returns {Promise<"yes" | "no" | "nothing" | "unsent" | "nolist">}
 */
export async function check(account, entry, isUnsure) {
  if (!entry.nonce) return "nothing";
  if (!entry.isSent && !isUnsure) return "unsent";
  const list = account.has_counted_list && (await get(account.wave, "counted.txt").catch(() => null));
  const text = new TextDecoder().decode(list || new Uint8Array());
  if (!LIST.test(text)) return "nolist";
  const mine = hex(await sha256(joined(utf8("barograph/nonce/1"), decode64(entry.nonce))));
  return text.includes(mine) ? "yes" : "no";
}
