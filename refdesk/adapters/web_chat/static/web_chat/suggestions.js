// Which entries fit what the reader is typing? (A list below the fingers, never in the way.)

import { say } from "./texts.js";

const PAUSE_MS = 180;
const SHORTEST = 2;
const LONGEST = 200;

/** A listbox for the field; keys go to `handleKey` first. */
export class Suggestions {
  #active = -1;
  /** @type {{ title: string, action: string }[]} */
  #items = [];
  /** @type {number | undefined} */
  #pause;
  /** @type {AbortController | null} */
  #request = null;
  wanted = true;

  /**
   * @param {HTMLTextAreaElement} field @param {string} address @param {string} language
   * @param {(title: string, action: string) => void} pick
   */
  constructor(field, address, language, pick) {
    this.field = field;
    this.address = address;
    this.language = language;
    this.pick = pick;
    this.list = /** @type {HTMLElement} */ (document.getElementById("suggestions"));
    this.found = /** @type {HTMLElement} */ (document.getElementById("suggestions-found"));
    field.addEventListener("blur", () => this.close());
  }

  /** Look again after a pause in typing. */
  typed() {
    clearTimeout(this.#pause);
    this.#request?.abort();
    const text = this.field.value.trim();
    if (!this.wanted || text.length < SHORTEST || text.length > LONGEST || text.includes("\n")) {
      this.close();
      return;
    }
    this.#pause = setTimeout(() => this.#ask(text), PAUSE_MS);
  }

  /** Return "handled" when a key belonged to the open list. @param {KeyboardEvent} event */
  handleKey(event) {
    if (this.list.hidden) return "";
    switch (event.key) {
      case "ArrowDown":
        this.#move(1);
        return "handled";
      case "ArrowUp":
        this.#move(-1);
        return "handled";
      case "Escape":
        this.close();
        return "handled";
      case "Enter":
        if (this.#active < 0 || event.shiftKey) return "";
        this.#choose(this.#active);
        return "handled";
      default:
        return "";
    }
  }

  close() {
    clearTimeout(this.#pause);
    this.#request?.abort();
    if (!this.list.hidden) this.found.textContent = "";
    this.list.hidden = true;
    this.#active = -1;
    this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {string} text */
  async #ask(text) {
    const request = new AbortController();
    this.#request = request;
    const language = /\p{Script=Han}/u.test(text) ? "zh" : this.language;
    try {
      const query = new URLSearchParams({ q: text, language });
      const answer = await fetch(`${this.address}?${query}`, { signal: request.signal });
      const { items } = answer.ok ? await answer.json() : { items: [] };
      if (!request.signal.aborted && document.activeElement === this.field) this.#show(items);
    } catch {
      // Without suggestions everything still works.
      if (!request.signal.aborted) this.close();
    }
  }

  /** @param {{ title: string, action: string }[]} items */
  #show(items) {
    this.close();
    this.#items = items;
    this.list.replaceChildren(...items.map((item, index) => this.#option(item.title, index)));
    this.list.hidden = items.length === 0;
    this.found.textContent = items.length ? say("suggestions_found", { count: items.length }) : "";
  }

  /** @param {string} title @param {number} index */
  #option(title, index) {
    const option = document.createElement("li");
    option.id = `suggestion-${index}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dir = "auto";
    option.textContent = title;
    // Before the field loses the focus and closes the list.
    option.addEventListener("pointerdown", (event) => event.preventDefault());
    option.addEventListener("click", () => this.#choose(index));
    return option;
  }

  /** @param {number} step */
  #move(step) {
    const places = this.#items.length + 1; // one place is the field itself
    this.#active = ((this.#active + 1 + step + places) % places) - 1;
    [...this.list.children].forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === this.#active));
    });
    if (this.#active < 0) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `suggestion-${this.#active}`);
    this.list.children[this.#active]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {number} index */
  #choose(index) {
    const { title, action } = this.#items[index];
    this.close();
    this.pick(title, action);
  }
}
