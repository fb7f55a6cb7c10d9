// What may be done with the consultation that is open? (Heading, buttons and forms of the pane.)

import { facts } from "./lists.js";
import { say } from "./texts.js";

/** @param {string} id @returns {HTMLElement} */
const by = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Show a consultation's heading and what its state allows. @param {Record<string, any>} item */
export function showPane(item) {
  by("nothing").hidden = true;
  by("news").textContent = "";
  by("opened").hidden = false;
  by("topic").textContent = item.question || say("no_words");
  by("facts").textContent = facts(item).join(" · ");
  const waits = item.state === "waiting" || item.state === "asynchronous";
  const mine = item.mine && item.state === "with_librarian";
  by("claim").hidden = !waits;
  by("return").hidden = !mine;
  by("close").hidden = !mine;
  by("preview").hidden = !waits;
  const overseen = item.state === "with_librarian" && !item.mine;
  by("overseen").hidden = !overseen;
  by("overseen").textContent = overseen ? say("answers", { name: item.owner ?? "" }) : "";
  return { mayReply: mine, mayWrapUp: item.to_wrap_up };
}

/** Show no consultation, and say why.
 * @param {string} title @param {string} more @param {"welcome" | "news"} kind */
export function showNothing(title, more, kind) {
  by("opened").hidden = true;
  by("nothing").hidden = false;
  by("nothing-title").textContent = title;
  // On a phone the lists take the place of these words.
  by("news").textContent = kind === "news" ? title : "";
  by("nothing-more").textContent = more;
}

/** Say how the last deed went. @param {string} words @param {"fine" | "problem"} [tone] */
export function tell(words, tone = "fine") {
  const told = by("told");
  told.textContent = words;
  told.dataset.tone = tone;
}

/** Let a button do something once at a time. @param {string} id @param {() => Promise<void>} deed */
export function onPress(id, deed) {
  const button = /** @type {HTMLButtonElement} */ (by(id));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await deed();
    } finally {
      button.disabled = false;
    }
  });
}
