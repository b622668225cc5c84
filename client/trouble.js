// A reason to stop, named so that the page can say it in a plain sentence of the reader's language.

export class Trouble extends Error {
  /** @param {string} kind the name of the sentence, see the template "say" of the page */
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}
