// How does a reader write? (A field that grows, Enter, a draft that survives a reload.)

import { Suggestions } from "./suggestions.js";
import { say } from "./texts.js";

const LONGEST_CHARACTERS = 8_000;

export class Composer {
  /**
   * @param {import("./storage.js").Store} storage
   * @param {{ suggest: string, language: string }} page
   * @param {(text: string, action?: string) => void} send
   */
  constructor(storage, page, send) {
    this.storage = storage;
    this.send = send;
    this.field = /** @type {HTMLTextAreaElement} */ (document.getElementById("question"));
    this.hint = /** @type {HTMLElement} */ (document.getElementById("hint"));
    const form = /** @type {HTMLFormElement} */ (document.getElementById("composer"));
    this.suggestions = new Suggestions(this.field, page.suggest, page.language, (title, action) => {
      this.#empty();
      send(title, action);
    });
    this.field.addEventListener("input", () => this.#typed());
    // What was typed before this script ran counts more than the draft.
    if (this.field.value) this.#typed();
    else this.field.value = storage.read("draft") ?? "";
    this.#grow();
    this.field.addEventListener("keydown", (event) => this.#key(event));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  focus() {
    this.field.focus();
  }

  /** Put a text back into the field, before what is there. @param {string} text */
  takeBack(text) {
    this.field.value = [text, this.field.value].filter(Boolean).join("\n");
    this.#typed();
    this.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // While an input method composes, Enter chooses characters (229: browsers that say it so).
    if (event.isComposing || event.keyCode === 229) return;
    if (this.suggestions.handleKey(event) === "handled") {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    }
  }

  #typed() {
    this.storage.keep("draft", this.field.value);
    this.hint.textContent = "";
    this.field.removeAttribute("aria-invalid");
    this.#grow();
    this.suggestions.typed();
  }

  #submit() {
    const text = this.field.value.trim();
    const over = [...text].length - LONGEST_CHARACTERS;
    if (over > 0) {
      this.field.setAttribute("aria-invalid", "true");
      this.hint.textContent = say("characters_over", { count: over });
    } else if (text) {
      this.#empty();
      this.send(text);
    }
    this.focus();
  }

  #empty() {
    this.field.value = "";
    this.storage.forget("draft");
    this.suggestions.close();
    this.#grow();
  }

  #grow() {
    this.field.style.setProperty("block-size", "auto");
    const { scrollHeight, offsetHeight, clientHeight } = this.field;
    const border = offsetHeight - clientHeight;
    this.field.style.setProperty("block-size", `${scrollHeight + border}px`);
  }
}
