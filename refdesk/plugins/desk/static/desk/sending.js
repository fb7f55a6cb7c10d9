// What could not be sent, how far are messages, and which channels are in trouble?

import { post, succeeded } from "./api.js";
import { element, isolated } from "./parts.js";
import { say } from "./texts.js";
import { inWords, secondsSince } from "./times.js";

/** @typedef {Record<string, any>} Item */
const section = /** @type {HTMLElement} */ (document.getElementById("unsent-section"));
const list = /** @type {HTMLElement} */ (document.getElementById("unsent"));
const banner = /** @type {HTMLElement} */ (document.getElementById("channels"));

/** The list of what needs somebody. */
export class Unsent {
  /** @param {string} base @param {(words: string, tone: "fine" | "problem") => void} tell */
  constructor(base, tell) {
    this.base = base;
    this.tell = tell;
  }

  /** @param {Item} frame */
  show(frame) {
    section.hidden = frame.items.length === 0;
    const count = /** @type {HTMLElement} */ (document.getElementById("unsent-count"));
    count.textContent = frame.items.length ? String(frame.items.length) : "";
    const focused = document.activeElement?.closest("[data-unsent]");
    const id = focused instanceof HTMLElement ? focused.dataset.unsent : "";
    list.replaceChildren(...frame.items.map((/** @type {Item} */ item) => this.#entry(item)));
    if (id) {
      const again = list.querySelector(`[data-unsent="${CSS.escape(id)}"] button`);
      /** @type {HTMLElement | null} */ (again)?.focus({ preventScroll: true });
    }
    showChannels(frame.channels);
  }

  /** @param {Item} item */
  #entry(item) {
    const words = isolated(item.text || say("of_a_reader"));
    const what = item.consultation ? document.createElement("a") : document.createElement("span");
    if (what instanceof HTMLAnchorElement) what.href = `#/${item.consultation}`;
    what.append(element("span", "words", words));
    const seconds = secondsSince(item.since);
    const age = seconds < 60 ? say("just_now") : inWords(seconds);
    const facts = [named(item.account), age].join(" · ");
    const entry = element(
      "li",
      "unsent",
      what,
      element("p", "about", `${stateOf(item)} · ${facts}`),
      element("p", "ways", this.#way(item, "resend"), " ", this.#way(item, "discard")),
    );
    entry.dataset.unsent = item.id;
    return entry;
  }

  /** @param {Item} item @param {"resend" | "discard"} verb */
  #way(item, verb) {
    const button = /** @type {HTMLButtonElement} */ (element("button", "ghost", say(verb)));
    button.type = "button";
    button.addEventListener("click", async () => {
      button.disabled = true;
      const address = `${this.base}/api/v1/attention/${encodeURIComponent(item.id)}/${verb}`;
      const answer = await post(address);
      button.disabled = false;
      if (succeeded(answer)) this.tell(say(verb === "resend" ? "resent" : "discarded"), "fine");
      else this.tell(answer.body.message ?? "", "problem");
    });
    return button;
  }
}

/** Mark the messages in the log with how far they have come. @param {Record<string, Item>} marks */
export function showMarks(marks) {
  for (const [seq, mark] of Object.entries(marks)) {
    const entry = document.querySelector(`#entries [data-seq="${CSS.escape(seq)}"]`);
    if (!entry) continue;
    let line = entry.querySelector(".delivery");
    if (!line) {
      line = element("p", "delivery");
      entry.append(line);
    }
    const words = mark.discarded ? say("delivery_discarded") : stateOf(mark);
    if (line.textContent !== words) line.textContent = words;
    entry.classList.toggle("undelivered", !mark.discarded && isTrouble(mark));
  }
}

/** @param {Item[]} channels */
function showChannels(channels) {
  const lines = channels.map((one) => {
    const words = say(`trouble_${one.trouble}`, { channel: named(one.account) });
    const time = inWords(Math.max(secondsSince(one.since), 60));
    const more = [say("trouble_since", { time }), one.reason].filter(Boolean).join(" ");
    return element("p", "", `${words} `, element("span", "quiet", more));
  });
  const before = banner.textContent;
  banner.hidden = lines.length === 0;
  const now = element("div", "", ...lines);
  if (now.textContent !== before) banner.replaceChildren(...lines);
}

/** @param {Item} item */
function stateOf(item) {
  const state = say(`delivery_${item.state}`);
  return item.reason ? say("why", { state, reason: say(item.reason) }) : state;
}

/** @param {Item} item */
function isTrouble(item) {
  return item.state === "failed" || item.state === "unknown";
}

/** @param {string} account */
function named(account) {
  const name = say(`account_${account}`);
  return name === `account_${account}` ? account : name;
}
