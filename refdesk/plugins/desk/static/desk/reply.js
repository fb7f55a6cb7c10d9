// How does a librarian write? (Enter sends; a draft for each consultation; nothing goes twice.)

import { post, succeeded } from "./api.js";
import { say } from "./texts.js";

const LONGEST_CHARACTERS = 8_000;
// Repeated by itself, with the same id: the server stores it once.
const TRIES = 3;
const PAUSE_MS = 1_500;

export class Reply {
  #consultation = "";
  /** @type {Map<string, string>} texts of the open consultation that did not go out, by client id */
  #failed = new Map();
  #form = /** @type {HTMLFormElement} */ (document.getElementById("composer"));
  #field = /** @type {HTMLTextAreaElement} */ (document.getElementById("reply"));

  /**
   * @param {string} base
   * @param {import("./memory.js").Memory} memory
   * @param {import("./conversation.js").Conversation} conversation
   * @param {(words: string) => void} tell
   */
  constructor(base, memory, conversation, tell) {
    this.base = base;
    this.memory = memory;
    this.conversation = conversation;
    this.tell = tell;
    this.#field.addEventListener("input", () => {
      this.memory.set(`draft:${this.#consultation}`, this.#field.value);
    });
    this.#field.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses characters (229: browsers that say it so).
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key !== "Enter" || event.shiftKey || composing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** @param {string} consultation @param {boolean} may whether one may write now */
  open(consultation, may) {
    this.#form.hidden = !may;
    if (consultation === this.#consultation) return;
    for (const text of this.#failed.values()) this.#keep(this.#consultation, text);
    this.#failed.clear();
    this.#consultation = consultation;
    this.#field.value = this.memory.get(`draft:${consultation}`);
  }

  focus() {
    this.#field.focus();
  }

  /** Whether leaving the page now would lose something typed. */
  get hasUnsent() {
    return this.#failed.size > 0 || this.conversation.hasPending;
  }

  #submit() {
    const text = this.#field.value.trim();
    if ([...text].length > LONGEST_CHARACTERS) {
      this.tell(say("too_long", { most: LONGEST_CHARACTERS }));
    } else if (text) {
      this.tell("");
      this.#field.value = "";
      this.memory.set(`draft:${this.#consultation}`, "");
      this.#send(this.#consultation, crypto.randomUUID(), text);
    }
  }

  /** @param {string} consultation @param {string} clientId @param {string} text */
  async #send(consultation, clientId, text) {
    this.conversation.send(clientId, text);
    await this.#deliver(consultation, clientId, text);
  }

  /** @param {string} consultation @param {string} clientId @param {string} text */
  async #deliver(consultation, clientId, text) {
    const address = `${this.base}/api/v1/consultations/${encodeURIComponent(consultation)}/messages`;
    for (let tries = 1; ; tries += 1) {
      const answer = await post(address, { text, client_id: clientId });
      if (succeeded(answer)) return this.conversation.sent(clientId);
      if ((answer.status > 0 && answer.status < 500) || tries === TRIES) {
        return this.#fail(consultation, clientId, text, answer.body.message ?? "");
      }
      await new Promise((later) => setTimeout(later, PAUSE_MS * tries));
    }
  }

  /** @param {string} consultation @param {string} clientId @param {string} text @param {string} why */
  #fail(consultation, clientId, text, why) {
    if (!this.conversation.isPending(clientId)) {
      // Another consultation is open by now, or the log shows that it went out after all.
      if (consultation !== this.#consultation) this.#keep(consultation, text);
      return;
    }
    this.#failed.set(clientId, text);
    this.conversation.failed(clientId, why, {
      again: () => {
        this.#failed.delete(clientId);
        this.#deliver(consultation, clientId, text);
      },
      change: () => {
        this.#failed.delete(clientId);
        this.#keep(consultation, text);
        this.#field.value = this.memory.get(`draft:${consultation}`);
        this.focus();
      },
    });
  }

  /** Put a text before the draft, so that nothing typed is lost. @param {string} consultation @param {string} text */
  #keep(consultation, text) {
    const draft = this.memory.get(`draft:${consultation}`);
    this.memory.set(`draft:${consultation}`, [text, draft].filter(Boolean).join("\n"));
  }
}
