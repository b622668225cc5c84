// Shows one screen at a time: fills its template, gives it the focus and the title, and says sentences by name.

import { fill } from "./view.js";

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

const main = byId("main");
let isFirst = true;

/** @param {string} language @param {string} screen @returns {DocumentFragment} */
const template = (language, screen) => byId(`${language}-${screen}`).content.cloneNode(true);

/** @param {string} language @param {string} name @returns {string} a sentence that stands by itself */
export const sentence = (language, name) => template(language, "say").querySelector(`#${name}`)?.textContent ?? name;

/** @param {string} language @param {string} screen @param {import("./view.js").Values} values */
export function show(language, screen, values) {
  const made = prepared(language, screen, values);
  const heading = /** @type {HTMLElement} */ (made.querySelector("h1"));
  document.documentElement.lang = language;
  document.title = heading.dataset.title ?? "";
  heading.tabIndex = -1;
  heading.classList.toggle("quiet", isFirst);
  main.replaceChildren(made);
  scrollTo(0, 0);
  heading.focus({ preventScroll: true });
  isFirst = isFirst && screen === "wait";
}

/** Puts a part into the screen that is shown. @param {string} language @param {string} part @param {any} values */
export function insert(language, part, values) {
  main.querySelector(`[data-${part}]`)?.replaceChildren(prepared(language, part, values));
}

/** @param {string} language @param {string} screen @param {any} values */
function prepared(language, screen, values) {
  const made = template(language, screen);
  fill(made, values);
  return made;
}

/** Offers the other languages. @param {string} language @param {string[]} offered */
export function offerLanguages(language, offered) {
  const buttons = byId("languages-of-page").content.cloneNode(true);
  for (const button of buttons.querySelectorAll("button")) {
    const code = button.dataset.language;
    if (code === language || !offered.includes(code)) button.remove();
  }
  byId("languages").replaceChildren(buttons);
}
