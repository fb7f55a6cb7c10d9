// What does a librarian need to know before answering? (The card beside the conversation.)

import { facts } from "./lists.js";
import { element, isolated, shownSources } from "./parts.js";
import { say } from "./texts.js";

const MOST_ANSWERS = 3;
const LONGEST_WORDS = 160;
const card = /** @type {HTMLElement} */ (document.getElementById("context"));
const words = /** @type {HTMLElement} */ (document.getElementById("context-words"));
// Beside the conversation it stands open; above it, it waits to be asked for.
const beside = matchMedia("(min-width: 78rem)");
const fold = () => document.getElementById("context-card")?.toggleAttribute("open", beside.matches);
beside.addEventListener("change", fold);
fold();

export function hideContext() {
  card.hidden = true;
}

/**
 * Show the question, why a person is needed, and what the assistant has answered.
 * @param {Record<string, any>} item
 * @param {Record<string, any>[]} events
 */
export function showContext(item, events) {
  card.hidden = false;
  const answers = events.filter((event) => event.from === "bot").slice(-MOST_ANSWERS);
  const list = element("ul", "answers", ...answers.map(answer));
  words.replaceChildren(
    ...block("question", element("p", "words", isolated(item.question || say("no_words")))),
    ...(item.handoff_reason ? block("reason", element("p", "", say(item.handoff_reason))) : []),
    ...block("said_before", answers.length ? list : element("p", "quiet", say("nothing_said"))),
    ...block("facts", element("p", "", facts({ ...item, handoff_reason: null }).join(" · "))),
  );
}

/** @param {string} name @param {HTMLElement} content */
function block(name, content) {
  return [element("h3", "", say(name)), content];
}

/** @param {Record<string, any>} event */
function answer(event) {
  const texts = event.parts.map((/** @type {any} */ part) => part.text ?? part.prompt ?? "");
  const whole = texts.filter(Boolean).join(" ");
  const beginning = [...whole].slice(0, LONGEST_WORDS).join("");
  const shown = beginning.length < whole.length ? `${beginning}…` : whole;
  return element("li", "", element("p", "", isolated(shown)), ...(event.sources.length ? [shownSources(event.sources)] : []));
}
