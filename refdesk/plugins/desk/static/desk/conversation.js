// What was said, in order, and what of it is still on its way?

import { element, shownEvent } from "./parts.js";
import { say } from "./texts.js";

const NEAR_PX = 80;

/** The log of the consultation that is open. */
export class Conversation {
  lastSeen = 0;
  /** @type {Record<string, any>[]} */
  events = [];
  #log = /** @type {HTMLElement} */ (document.getElementById("log"));
  #entries = /** @type {HTMLElement} */ (document.getElementById("entries"));
  /** @type {Map<string, HTMLElement>} messages without a number yet, by client id */
  #pending = new Map();
  #missedUntil = 0;

  constructor() {
    let follows = true;
    this.#log.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#log;
      follows = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    });
    new ResizeObserver(() => follows && this.#toEnd()).observe(this.#log);
  }

  /** What comes up to this number has been said before: it is not read aloud. @param {number} newest */
  missed(newest) {
    this.#missedUntil = newest;
    this.#log.ariaBusy = String(this.lastSeen < newest);
  }

  clear() {
    this.lastSeen = 0;
    this.events = [];
    this.#pending.clear();
    this.#entries.replaceChildren();
  }

  /** @param {Record<string, any>} event */
  show(event) {
    if (event.seq <= this.lastSeen) return;
    this.lastSeen = event.seq;
    this.events.push(event);
    if (event.from === "librarian") this.#adopt(event.parts[0]?.text);
    const entry = shownEvent(event);
    const first = this.#pending.values().next().value;
    if (first) first.before(entry);
    else this.#entries.append(entry);
    if (event.seq >= this.#missedUntil) setTimeout(() => (this.#log.ariaBusy = "false"));
    this.#toEnd();
  }

  /** Show a message of one's own before the server has numbered it.
   * @param {string} clientId @param {string} text */
  send(clientId, text) {
    const words = element("p", "", text);
    words.dir = "auto";
    const state = element("p", "delivery", say("sending"));
    const entry = element("li", "entry ours librarian pending", element("div", "said", words), state);
    this.#pending.set(clientId, entry);
    this.#entries.append(entry);
    this.#toEnd();
  }

  get hasPending() {
    return this.#pending.size > 0;
  }

  /** @param {string} clientId */
  isPending(clientId) {
    return this.#pending.has(clientId);
  }

  /** It is in the log: its event stands there, or is about to come. @param {string} clientId */
  sent(clientId) {
    this.#pending.get(clientId)?.remove();
    this.#pending.delete(clientId);
  }

  /**
   * @param {string} clientId
   * @param {string} why
   * @param {{ again: () => void, change: () => void }} ways
   */
  failed(clientId, why, ways) {
    const entry = this.#pending.get(clientId);
    const state = entry?.querySelector(".delivery");
    if (!entry || !state) return;
    entry.classList.add("failed");
    const again = button(say("try_again"), () => {
      entry.classList.remove("failed");
      state.replaceChildren(say("sending"));
      ways.again();
    });
    const change = button(say("change"), () => {
      this.sent(clientId);
      ways.change();
    });
    state.replaceChildren(`${say("failed")} ${why} `, again, change);
    this.#toEnd();
  }

  /** The log shows a message whose confirmation is still on its way, or lost.
   * @param {string | undefined} text */
  #adopt(text) {
    for (const [clientId, entry] of this.#pending) {
      if (entry.querySelector(".said")?.textContent === text) return this.sent(clientId);
    }
  }

  #toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

/** @param {string} label @param {() => void} press */
function button(label, press) {
  const made = /** @type {HTMLButtonElement} */ (element("button", "ghost", label));
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}
