// How does the log of a conversation look, in the order of its numbers?

import { element, shownPart, shownSources } from "./parts.js";
import { Scrolling } from "./scrolling.js";
import { say } from "./texts.js";

// Screen readers look at the log a little later than it changes.
const SETTLE_MS = 250;

/**
 * @typedef {{ press: (label: string, action: string) => void, retry: (client_id: string) => void,
 *   change: (client_id: string) => void }} Deeds
 */

/** Numbered entries first, then the reader's messages that have no number yet. */
export class Conversation {
  /** @type {Map<string, HTMLElement>} */
  #numbered = new Map();
  /** @type {Map<string, HTMLElement>} */
  #pending = new Map();
  /** @type {HTMLElement | null} */
  #withChoices = null;
  /** @type {number | undefined} */
  #settled;

  /** @param {string} language @param {Deeds} deeds */
  constructor(language, deeds) {
    this.log = /** @type {HTMLElement} */ (document.getElementById("log"));
    this.list = /** @type {HTMLElement} */ (document.getElementById("entries"));
    this.scrolling = new Scrolling(this.log);
    this.deeds = deeds;
    const locale = language === "zh" ? "zh-CN" : "en-GB";
    this.time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
    this.day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
    this.near = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  }

  /** While earlier events arrive, nothing is read aloud. @param {boolean} busy */
  replaying(busy) {
    clearTimeout(this.#settled);
    if (busy) this.log.setAttribute("aria-busy", "true");
    else this.#settled = setTimeout(() => this.log.removeAttribute("aria-busy"), SETTLE_MS);
  }

  /** Show an event of the log, once. @param {Record<string, any>} event */
  show(event) {
    const key = `${event.consultation}:${event.seq}`;
    if (this.#numbered.has(key)) return;
    const entry = this.#entry(event);
    this.#place(entry, event.seq, event.consultation);
    this.#numbered.set(key, entry);
    this.#keepChoicesQuiet(entry);
    this.scrolling.follow(entry, event.from === "reader" ? "own" : "theirs");
  }

  /** Show something that happens on this page only. @param {string} text */
  notice(text) {
    const entry = element("li", "entry notice");
    entry.append(element("p", "text", text));
    this.#insert(entry, this.#firstPending());
    this.scrolling.follow(entry, "theirs");
  }

  /** Show a message that is on its way. @param {import("./outgoing.js").Message} message */
  showPending(message) {
    const known = this.#pending.get(message.client_id);
    const entry = known ?? this.#readerEntry([{ type: "text", text: message.text }], message.at);
    entry.querySelector(".meta")?.replaceWith(this.#pendingMeta(message));
    if (known) return;
    this.#pending.set(message.client_id, entry);
    this.#insert(entry, null);
    this.scrolling.follow(entry, "own");
  }

  /** Give a message on its way its number. @param {Record<string, any>} frame */
  settle({ client_id, consultation, seq }) {
    const entry = this.#pending.get(client_id);
    if (!entry) return;
    this.#pending.delete(client_id);
    const key = `${consultation}:${seq}`;
    if (this.#numbered.has(key)) {
      entry.remove();
      return;
    }
    this.#numbered.set(key, entry);
    entry.querySelector(".meta")?.replaceWith(this.#readerMeta(Date.now()));
    this.#place(entry, seq, consultation);
  }

  /** Take a message on its way off the page. @param {string} client_id */
  remove(client_id) {
    this.#pending.get(client_id)?.remove();
    this.#pending.delete(client_id);
  }

  /** @param {Record<string, any>} event */
  #entry(event) {
    const at = event.at * 1000;
    if (event.from === "reader") return this.#readerEntry(event.parts, at);
    if (event.from === "system") {
      const entry = element("li", "entry notice");
      entry.append(...this.#shown(event.parts));
      return this.#dated(entry, at);
    }
    const entry = element("li", `entry ${event.from === "librarian" ? "librarian" : "bot"}`);
    const from = element("p", "from");
    const name = event.from === "librarian" ? event.name || say("librarian") : say("automatic");
    from.append(element("bdi", "badge", name));
    const bubble = element("div", "bubble");
    bubble.append(...this.#shown(event.parts));
    if (event.sources?.length) {
      const last = [...bubble.children].findLast((child) => !child.matches(".choice"));
      if (last) last.after(shownSources(event.sources));
      else bubble.prepend(shownSources(event.sources));
    }
    const meta = element("p", "meta");
    meta.append(this.#clock(at));
    entry.append(from, bubble, meta);
    return this.#dated(entry, at);
  }

  /** @param {Record<string, any>[]} parts @param {number} at */
  #readerEntry(parts, at) {
    const entry = element("li", "entry reader");
    const bubble = element("div", "bubble");
    bubble.append(...this.#shown(parts));
    entry.append(element("p", "unseen", say("you")), bubble, this.#readerMeta(at));
    return this.#dated(entry, at);
  }

  /** @param {number} at */
  #readerMeta(at) {
    const meta = element("p", "meta");
    const mark = element("span", "mark", "✓");
    mark.setAttribute("aria-hidden", "true");
    meta.append(this.#clock(at), " ", mark, element("span", "unseen", say("accepted")));
    return meta;
  }

  /** @param {import("./outgoing.js").Message} message */
  #pendingMeta(message) {
    const { client_id, condition, problem, seconds } = message;
    const meta = element("p", `meta ${condition}`);
    if (condition === "failed") {
      meta.append(element("span", "", `${say("failed")} ${say(problem)}`), " ");
      meta.append(this.#deed("try_again", () => this.deeds.retry(client_id)));
      meta.append(this.#deed("change", () => this.deeds.change(client_id)));
    } else {
      const name = condition === "waiting" ? problem : condition;
      meta.append(say(name, { seconds }));
    }
    return meta;
  }

  /** @param {string} name @param {() => void} deed */
  #deed(name, deed) {
    const button = /** @type {HTMLButtonElement} */ (element("button", "deed", say(name)));
    button.type = "button";
    button.addEventListener("click", deed);
    return button;
  }

  /** @param {Record<string, any>[]} parts */
  #shown(parts) {
    return parts.flatMap((part) => shownPart(part, this.deeds.press));
  }

  /** @param {number} at */
  #clock(at) {
    const made = /** @type {HTMLTimeElement} */ (element("time", "", this.time.format(at)));
    made.dateTime = new Date(at).toISOString();
    return made;
  }

  /** @param {HTMLElement} entry @param {number} at */
  #dated(entry, at) {
    entry.dataset.day = String(new Date(at).setHours(0, 0, 0, 0));
    return entry;
  }

  /**
   * Put an entry where its number belongs.
   * @param {HTMLElement} entry @param {number} seq @param {string} consultation
   */
  #place(entry, seq, consultation) {
    entry.dataset.seq = String(seq);
    entry.dataset.consultation = consultation;
    const later = [...this.list.children].find(
      (other) =>
        other !== entry &&
        other instanceof HTMLElement &&
        other.dataset.consultation === consultation &&
        Number(other.dataset.seq) > seq,
    );
    const before = later ?? this.#firstPending();
    // Moving an entry that stands there already would make a screen reader say it again.
    if (!entry.isConnected || entry.nextElementSibling !== before) this.#insert(entry, before);
  }

  #firstPending() {
    const pending = new Set(this.#pending.values());
    return [...this.list.children].find((child) => pending.has(/** @type {any} */ (child))) ?? null;
  }

  /** @param {HTMLElement} entry @param {Element | null} before */
  #insert(entry, before) {
    this.list.insertBefore(entry, before);
    const day = entry.dataset.day;
    const earlier = [...this.list.querySelectorAll("[data-day]")];
    const previous = /** @type {HTMLElement | undefined} */ (earlier[earlier.indexOf(entry) - 1]);
    const today = String(new Date().setHours(0, 0, 0, 0));
    if (day && day !== (previous?.dataset.day ?? today)) entry.before(this.#separator(Number(day)));
  }

  /** @param {number} day */
  #separator(day) {
    const days = Math.round((day - new Date().setHours(0, 0, 0, 0)) / 86_400_000);
    const text = days > -2 ? this.near.format(days, "day") : this.day.format(day);
    const made = element("li", "day", text);
    made.dataset.day = String(day);
    return made;
  }

  /** Buttons of earlier answers stay usable but step back. @param {HTMLElement} entry */
  #keepChoicesQuiet(entry) {
    if (!entry.querySelector(".choice")) return;
    this.#withChoices?.classList.add("earlier");
    this.#withChoices = entry;
  }
}
