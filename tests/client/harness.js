// Runs the modules of the answer page outside a browser: reads one JSON request, writes one JSON reply.

import { ristretto255_oprf } from "@noble/curves/ed25519.js";

import { ballot } from "../../client/ballot.js";
import { decode64, fromHex, hex, utf8 } from "../../client/bytes.js";
import { fragment, parse } from "../../client/link.js";
import { checkOffer, words } from "../../client/offer.js";
import { draw, finish } from "../../client/paper.js";

const offerOf = ({ link, manifest, questionnaire, script, list }) =>
  checkOffer(link, utf8(manifest), utf8(questionnaire), script, list);

/** Gives the blind of a vector to a function that asks for random bytes: little-endian, and it adds one. */
const fixed = (scalar) => (length) => {
  const number = BigInt(`0x${hex(fromHex(scalar).reverse())}`) - 1n;
  return fromHex(number.toString(16).padStart(2 * length, "0")).reverse();
};

const deeds = {
  words: ({ fingerprints, list }) => Promise.all(fingerprints.map((each) => words(each, list))),
  link: ({ text }) => parse(fragment(text)),
  bytes: ({ texts }) =>
    texts.map((text) => {
      try {
        return hex(decode64(text));
      } catch {
        return null;
      }
    }),
  offer: async (asked) => {
    const { fingerprint, words, lockWords } = await offerOf(asked);
    return { fingerprint, words, lockWords };
  },
  draw: async (asked) => draw(await offerOf(asked)),
  finish: async (asked) => finish(await offerOf(asked), asked.draft, asked.element, asked.proof),
  ballots: async (asked) => {
    const offer = await offerOf(asked);
    return Promise.all(asked.sheets.map((sheet) => ballot(offer, asked.paper, sheet)));
  },
  like: ({ like, flags, texts }) => texts.map((text) => new RegExp(like, flags).test(text)),
  vector: ({ mode, info, input, blind, evaluated, proof, key }) => {
    const suite = mode === 2 ? ristretto255_oprf.poprf(fromHex(info)) : ristretto255_oprf[["oprf", "voprf"][mode]];
    const given = input.map(fromHex);
    const drawn = given.map((each, place) =>
      mode === 2 ? suite.blind(each, fromHex(key), fixed(blind[place])) : suite.blind(each, fixed(blind[place])),
    );
    const items = given.map((each, place) => ({
      input: each, blind: drawn[place].blind, blinded: drawn[place].blinded, evaluated: fromHex(evaluated[place]),
    }));
    const outputs =
      mode === 0
        ? items.map((each) => suite.finalize(each.input, each.blind, each.evaluated))
        : mode === 1
          ? suite.finalizeBatch(items, fromHex(key), fromHex(proof))
          : suite.finalizeBatch(items, fromHex(proof), drawn[0].tweakedKey);
    return { blinded: drawn.map((each) => hex(each.blinded)), outputs: outputs.map(hex) };
  },
};

let text = "";
for await (const part of process.stdin) text += part;
const asked = JSON.parse(text);
try {
  console.log(JSON.stringify({ value: await deeds[asked.deed](asked) }));
} catch (error) {
  console.log(JSON.stringify({ trouble: error.kind ?? String(error) }));
}
