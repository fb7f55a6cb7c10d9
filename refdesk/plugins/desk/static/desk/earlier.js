// What else has this reader asked? (Under the card: links, and a button where two are one question.)

import { get, succeeded } from "./api.js";
import { element, isolated } from "./parts.js";
import { say } from "./texts.js";
import { timeOfDay } from "./times.js";

/** @typedef {Record<string, any>} Item */

export class Earlier {
  #place = /** @type {HTMLElement} */ (document.getElementById("earlier"));
  #of = "";

  /** @param {string} base @param {(away: string) => Promise<void>} merge */
  constructor(base, merge) {
    this.base = base;
    this.merge = merge;
  }

  /** Show the list beside a consultation; each is asked for once. @param {Item | null} item */
  async show(item) {
    const id = item?.id ?? "";
    const key = item ? `${id}:${item.state}:${item.merged_into}` : "";
    if (key === this.#of) return;
    if (!this.#of.startsWith(`${id}:`)) this.#draw([]);
    this.#of = key;
    if (!item) return;
    const answer = await get(`${this.base}/api/v1/consultations/${encodeURIComponent(id)}/earlier`);
    if (key === this.#of && succeeded(answer)) this.#draw(answer.body.items);
  }

  /** Ask again at the next `show`. */
  forget() {
    this.#of = "";
  }

  /** @param {Item[]} items */
  #draw(items) {
    const list = element("ul", "earlier", ...items.map((item) => this.#entry(item)));
    const title = element("h3", "", say("earlier"));
    this.#place.replaceChildren(...(items.length ? [title, list] : []));
  }

  /** @param {Item} item */
  #entry(item) {
    const link = document.createElement("a");
    link.href = `#/${item.id}`;
    link.append(isolated(item.question || say("no_words")));
    const state = item.merged_into ? "merged" : `state_${item.state}`;
    const about = element("p", "quiet", timeOfDay(item.opened_at), " · ", say(state));
    return element("li", "", link, about, ...(item.mergeable ? [this.#button(item)] : []));
  }

  /** @param {Item} item */
  #button(item) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = say("merge");
    button.addEventListener("click", async () => {
      button.disabled = true;
      await this.merge(item.id);
      button.disabled = false;
    });
    return button;
  }
}
