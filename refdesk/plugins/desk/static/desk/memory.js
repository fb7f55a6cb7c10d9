// What does this browser remember for a librarian: drafts, what has been read, sound?

import { keysBeginning, lastingArea } from "../browser_storage.js";

/** Texts by name, apart for each colleague; gone with the page where storage is blocked. */
export class Memory {
  #prefix;
  #area = lastingArea().area;

  /** @param {string} owner */
  constructor(owner) {
    this.#prefix = `refdesk-desk:${owner}:`;
  }

  /** @param {string} name */
  get(name) {
    return this.#area.getItem(this.#prefix + name) ?? "";
  }

  /** An empty value is forgotten. @param {string} name @param {string} value */
  set(name, value) {
    try {
      if (value) this.#area.setItem(this.#prefix + name, value);
      else this.#area.removeItem(this.#prefix + name);
    } catch {
      // The store is full: a draft less is no reason to stop.
    }
  }

  /** Forget what begins so and is about none of these consultations.
   * @param {string} kind @param {Set<string>} kept */
  keepOnly(kind, kept) {
    const beginning = `${this.#prefix}${kind}:`;
    for (const key of this.#keys(beginning)) {
      if (!kept.has(key.slice(beginning.length))) this.#area.removeItem(key);
    }
  }

  /** On signing out nothing that was typed stays on a computer that others use. */
  forgetAll() {
    for (const key of this.#keys(this.#prefix)) this.#area.removeItem(key);
  }

  /** @param {string} beginning */
  #keys(beginning) {
    return keysBeginning(this.#area, beginning);
  }
}
