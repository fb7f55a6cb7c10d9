// Who speaks with the reader now, and does the line work? (The strip at the top.)

import { say } from "./texts.js";

const speaker = /** @type {HTMLElement} */ (document.getElementById("speaker"));
const line = /** @type {HTMLElement} */ (document.getElementById("line"));
const ask = /** @type {HTMLElement} */ (document.getElementById("ask-librarian"));
/** @type {number | undefined} */
let typing;

/** @param {string} state @param {string} [name] of the librarian */
export function showState(state, name = "") {
  const shown = state === "wrapped_up" ? "closed" : state;
  speaker.dataset.state = shown;
  setText(speaker, say(shown, { name: name || say("librarian") }));
  ask.hidden = shown === "with_librarian";
}

/** @param {import("./connection.js").Line} condition */
export function showLine(condition) {
  line.dataset.line = condition;
  setText(line, condition === "open" ? "" : say(condition));
}

/** Somebody types; forgotten after a while. */
export function showTyping() {
  clearTimeout(typing);
  setText(line, say("typing"));
  typing = setTimeout(() => line.dataset.line === "open" && setText(line, ""), 5_000);
}

/** Saying the same again would be read aloud again. @param {HTMLElement} place @param {string} text */
function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
