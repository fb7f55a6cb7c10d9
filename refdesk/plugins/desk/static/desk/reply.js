// How does a librarian write? (Enter sends; a draft for each consultation; nothing goes twice.)

import { post, succeeded } from "./api.js";
import { say } from "./texts.js";

const LONGEST_CHARACTERS = 8_000;
// Repeated by itself, with the same id: the server stores it once.
const TRIES = 3;
const PAUSE_MS = 1_500;

export class Reply {
  #consultation = "";
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
    this.#consultation = consultation;
    this.#field.value = this.memory.get(`draft:${consultation}`);
  }

  focus() {
    this.#field.focus();
  }

  #submit() {
    const text = this.#field.value.trim();
    if ([...text].length > LONGEST_CHARACTERS) {
      this.tell(say("too_long", { most: LONGEST_CHARACTERS }));
    } else if (text) {
      this.tell("");
      this.#write("");
      this.#send(this.#consultation, crypto.randomUUID(), text);
    }
  }

  /** @param {string} text */
  #write(text) {
    this.#field.value = text;
    this.memory.set(`draft:${this.#consultation}`, text);
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
        return this.conversation.failed(clientId, answer.body.message ?? "", {
          again: () => this.#deliver(consultation, clientId, text),
          change: () => {
            this.#write([text, this.#field.value].filter(Boolean).join("\n"));
            this.focus();
          },
        });
      }
      await new Promise((later) => setTimeout(later, PAUSE_MS * tries));
    }
  }
}
