// Who waits, who is mine, what is to be wrapped up? (The lists on the left.)

import { element, isolated } from "./parts.js";
import { say } from "./texts.js";
import { inWords, momentInWords, secondsSince } from "./times.js";

// Readers lose patience: from here on the waiting time stands out.
const LONG_SECONDS = 5 * 60;
const SHORT_SECONDS = 60;
// Readers read and try things out: before this they are not called quiet.
const QUIET_SECONDS = 10 * 60;
const REFRESH_MS = 10_000;
// What is late or quiet becomes so without a word from the server.
const REDRAW_MS = 60_000;

/** @typedef {Record<string, any>} Item */

export class Lists {
  /** @type {{ waiting: Item[], with_librarian: Item[], closed: Item[] }} */
  shown = { waiting: [], with_librarian: [], closed: [] };
  opened = "";

  /** @param {(item: Item) => boolean} isUnread */
  constructor(isUnread) {
    this.isUnread = isUnread;
    for (const list of document.querySelectorAll("#lists ul")) {
      list.addEventListener("keydown", (event) => {
        this.#walk(/** @type {KeyboardEvent} */ (event));
      });
    }
    setInterval(() => this.#refreshTimes(), REFRESH_MS);
    setInterval(() => this.draw(), REDRAW_MS);
  }

  /** @param {Record<string, any>} frame */
  show(frame) {
    this.shown = {
      waiting: frame.waiting,
      with_librarian: frame.with_librarian,
      closed: frame.closed,
    };
    this.draw();
  }

  draw() {
    this.#fill("waiting", this.shown.waiting);
    this.#fill("mine", this.shown.with_librarian);
    this.#fill("closed", this.shown.closed);
    const closed = /** @type {HTMLElement} */ (document.getElementById("closed-section"));
    closed.hidden = this.shown.closed.length === 0;
  }

  /** @returns {Item[]} */
  all() {
    return [...this.shown.waiting, ...this.shown.with_librarian, ...this.shown.closed];
  }

  /** @param {string} id @returns {Item | undefined} */
  find(id) {
    return this.all().find((item) => item.id === id);
  }

  /** @param {string} name @param {Item[]} items */
  #fill(name, items) {
    const list = /** @type {HTMLElement} */ (document.getElementById(name));
    const focused = document.activeElement?.closest("a")?.dataset.id;
    list.replaceChildren(...items.map((item) => this.#entry(item)));
    // Entries are made anew: whoever stood on one stays there.
    if (focused) {
      const again = list.querySelector(`a[data-id="${CSS.escape(focused)}"]`);
      /** @type {HTMLElement | null} */ (again)?.focus({ preventScroll: true });
    }
    const count = /** @type {HTMLElement} */ (document.getElementById(`${name}-count`));
    count.textContent = items.length ? String(items.length) : "";
    const empty = document.getElementById(`${name}-empty`);
    if (empty) empty.hidden = items.length > 0;
  }

  /** @param {Item} item */
  #entry(item) {
    const link = document.createElement("a");
    link.href = `#/${item.id}`;
    link.dataset.id = item.id;
    link.dataset.since = String(item.since);
    link.dataset.state = item.state;
    if (item.id === this.opened) link.setAttribute("aria-current", "true");
    const words = element("span", "words", isolated(item.question || say("no_words")));
    const time = element("span", "time", waitingTime(item));
    if (isLong(item)) time.classList.add("long");
    const unread = this.isUnread(item);
    if (unread) link.classList.add("unread");
    link.append(
      words,
      element("span", "about", time, ...facts(item).flatMap((fact) => [" · ", fact])),
      ...(unread ? [element("span", "badge", say("unread"))] : []),
    );
    return element("li", "", link);
  }

  #refreshTimes() {
    for (const item of this.all()) {
      const time = document.querySelector(`a[data-id="${CSS.escape(item.id)}"] .time`);
      if (!time) continue;
      time.textContent = waitingTime(item);
      time.classList.toggle("long", isLong(item));
    }
  }

  /** Arrow keys go from entry to entry. @param {KeyboardEvent} event */
  #walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const links = [...document.querySelectorAll("#lists a")];
    const next = links[links.indexOf(/** @type {Element} */ (document.activeElement)) + step];
    if (next) {
      event.preventDefault();
      /** @type {HTMLElement} */ (next).focus();
    }
  }
}

/** Return what else there is to know of a consultation. @param {Item} item @returns {string[]} */
export function facts(item) {
  const named = `account_${item.account}`;
  const account = say(named) === named ? item.account : say(named);
  const owner = item.owner && !item.mine ? [say("with", { name: item.owner })] : [];
  const reason = item.handoff_reason && item.state !== "closed" ? [say(item.handoff_reason)] : [];
  return [
    ...(item.follow_ups ? [say("follow_up")] : []),
    say(`language_${item.language}`),
    account,
    ...owner,
    ...reason,
    ...promised(item),
    ...quiet(item),
    ...(item.merged_into ? [say("merged")] : []),
  ];
}

/** @param {Item} item */
function promised(item) {
  if (item.state !== "asynchronous") return [];
  if (!item.due_at) return [say("answer_later")];
  const late = secondsSince(item.due_at) > 0;
  return [say(late ? "overdue" : "due", { time: momentInWords(item.due_at) })];
}

/** @param {Item} item */
function quiet(item) {
  const seconds = item.quiet_since ? secondsSince(item.quiet_since) : 0;
  return seconds < QUIET_SECONDS ? [] : [say("quiet", { time: inWords(seconds) })];
}

/** @param {Item} item */
function waitingTime(item) {
  const seconds = secondsSince(item.since);
  if (seconds < SHORT_SECONDS) return say("just_now");
  const time = inWords(seconds);
  return waits(item) ? say("waits", { time }) : say("since", { time });
}

/** @param {Item} item */
function isLong(item) {
  return waits(item) && secondsSince(item.since) >= LONG_SECONDS;
}

/** @param {Item} item */
function waits(item) {
  return item.state === "waiting" || item.state === "asynchronous";
}
