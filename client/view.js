// Fills the templates of the page with values; everything is text, nothing is read as markup.
//
// {name} in a text or attribute is the value of that name. data-if="name" keeps an element where the value holds,
// data-if="!name" where it does not, data-one and data-many by whether it is 1; data-each="names" repeats an element;
// data-check="name" checks a box where the value holds.

/** @typedef {Record<string, any>} Values */

/** @param {ParentNode} root @param {Values} values */
export function fill(root, values) {
  for (let spot; (spot = /** @type {HTMLElement | null} */ (root.querySelector("[data-each]"))); ) {
    const { each } = spot.dataset;
    spot.removeAttribute("data-each");
    for (const value of values[each ?? ""]) {
      const copy = spot.ownerDocument.createDocumentFragment(); // a picture is not drawn before its places are known
      copy.append(spot.cloneNode(true));
      fill(copy, { ...values, ...value });
      spot.before(copy);
    }
    spot.remove();
  }
  choose(root, values);
  write(root, values);
}

/** @param {ParentNode} root @param {Values} values */
function choose(root, values) {
  for (const spot of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-if],[data-one],[data-many],[data-check]"))) {
    const { if: wish, one, many, check } = spot.dataset;
    if (check) /** @type {HTMLInputElement} */ (spot).checked = values[check];
    const holds = wish ? (wish[0] === "!" ? !values[wish.slice(1)] : values[wish]) : one ? values[one] === 1 : values[many ?? ""] !== 1;
    if (!holds) spot.remove();
    for (const name of ["if", "one", "many", "check"]) delete spot.dataset[name];
  }
}

/** @param {Node} root @param {Values} values */
function write(root, values) {
  /** @param {string} text */
  const written = (text) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
  for (let node; (node = walker.nextNode()); ) {
    if (node instanceof Text) {
      if (node.data.includes("{")) node.data = written(node.data);
    } else if (node instanceof Element) {
      for (const each of node.attributes) {
        if (each.value.includes("{")) each.value = written(each.value);
      }
    }
  }
}

/** @param {string} language */
export function words(language) {
  const locale = { en: "en-GB", es: "es-ES" }[language] ?? language;
  const number = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const list = new Intl.ListFormat(locale);
  /** @type {Intl.DateTimeFormatOptions} */
  const day = { day: "numeric", month: "short", year: "numeric" };
  return {
    /** @param {number} value */
    number: (value) => number.format(value).replace("-", "\u2212"),
    /** @param {string[]} parts */
    join: (parts) => list.format(parts),
    /** @param {string} value ISO @param {string} timeZone */
    date: (value, timeZone) => new Intl.DateTimeFormat(locale, { ...day, timeZone }).format(new Date(value)),
    /** @param {string} value ISO @param {string} timeZone */
    moment: (value, timeZone) =>
      new Intl.DateTimeFormat(locale, { ...day, hour: "2-digit", minute: "2-digit", timeZone }).format(new Date(value)),
  };
}
