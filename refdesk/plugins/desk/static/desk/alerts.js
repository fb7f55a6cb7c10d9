// How does a librarian notice something who looks elsewhere? (Title, badge; sound on request.)

import { say } from "./texts.js";

const TITLE = document.title;
const announcer = /** @type {HTMLElement} */ (document.getElementById("announcer"));
const toggle = /** @type {HTMLButtonElement} */ (document.getElementById("alerts"));
/** @type {AudioContext | null} */
let audio = null;

/** @param {import("./memory.js").Memory} memory */
export function offerAlerts(memory) {
  const show = () => toggle.setAttribute("aria-pressed", String(memory.get("alerts") === "on"));
  toggle.addEventListener("click", () => {
    memory.set("alerts", memory.get("alerts") === "on" ? "" : "on");
    show();
    if (memory.get("alerts") === "on") {
      chime(660);
      if ("Notification" in window) Notification.requestPermission();
    }
  });
  show();
}

/** Say how much there is to do. @param {number} count */
export function showCount(count) {
  document.title = count ? `(${count}) ${TITLE}` : TITLE;
  if (count) navigator.setAppBadge?.(count).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}

/**
 * Tell of something new: aloud to screen readers, with sound and notice for those who want it.
 * @param {"new_question" | "new_message"} kind
 * @param {string} question
 */
export function announce(kind, question) {
  const words = say(kind, { question });
  announcer.textContent = words;
  if (toggle.getAttribute("aria-pressed") !== "true") return;
  chime(kind === "new_question" ? 660 : 520);
  const granted = "Notification" in window && Notification.permission === "granted";
  // The notice lies on a screen that others may see: it says that, not what.
  if (granted && document.hidden) new Notification(TITLE, { body: say(`${kind}_notice`), tag: kind });
}

/** A soft tone. @param {number} pitch in hertz */
function chime(pitch) {
  audio ??= new AudioContext();
  const tone = audio.createOscillator();
  const loudness = audio.createGain();
  const now = audio.currentTime;
  tone.frequency.value = pitch;
  loudness.gain.setValueAtTime(0.0001, now);
  loudness.gain.exponentialRampToValueAtTime(0.12, now + 0.03);
  loudness.gain.exponentialRampToValueAtTime(0.0001, now + 0.5);
  tone.connect(loudness).connect(audio.destination);
  tone.start(now);
  tone.stop(now + 0.55);
}
