// Turns bytes into the texts that travel and back: UTF-8, hexadecimal, base64url without padding, SHA-256.

/** @param {string} text @returns {Uint8Array} UTF-8 in a buffer of its own */
export const utf8 = (text) => new TextEncoder().encode(text).slice();

/** @param {Uint8Array} bytes @returns {string} lower-case hexadecimal */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {string} text @returns {Uint8Array} the bytes of hexadecimal text */
export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {Uint8Array} bytes @returns {string} base64url without padding */
export const encode64 = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/**
 * Strict: no padding, no other signs, one spelling only.
 * @param {unknown} text @returns {Uint8Array}
 */
export function decode64(text) {
  const raw = atob(String(text).replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = Uint8Array.from(raw, (sign) => sign.charCodeAt(0));
  if (encode64(bytes) !== text) throw new Error("not base64url");
  return bytes;
}

/** @param {string[]} parts @returns {Uint8Array} parts of a context with the unit separator between them */
export const context = (...parts) => utf8(parts.join("\x1f"));

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array>} */
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** The one spelling that a document may have: sorted names, no blanks. @param {any} document @returns {Uint8Array} */
export const canonical = (document) =>
  utf8(
    JSON.stringify(document, (_, value) =>
      value && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    ),
  );

/** @param {Uint8Array[]} parts @returns {Uint8Array} one after the other */
export const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
