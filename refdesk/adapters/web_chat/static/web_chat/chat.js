// What happens on the reader's page? (Here the parts meet.)

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { Outgoing } from "./outgoing.js";
import { showLine, showState, showTyping } from "./status.js";
import { openStorage } from "./storage.js";
import { say } from "./texts.js";
import { followKeyboard } from "./viewport.js";

const main = /** @type {HTMLElement} */ (document.getElementById("chat"));
const page = {
  language: main.dataset.language ?? "en",
  suggest: main.dataset.suggest ?? "",
  socket: new URL(main.dataset.socket ?? "", location.href),
  framed: window.parent !== window,
};
const storage = openStorage(main.dataset.space ?? "");
let token = storage.read("token");
let consultation = storage.read("consultation");
let lastSeen = 0;
let replayUntil = 0;

const conversation = new Conversation(page.language, {
  press: (label, action) => outgoing.add(label, action),
  retry: (id) => outgoing.retry(id),
  change: (id) => {
    composer.takeBack(outgoing.withdraw(id));
    conversation.remove(id);
  },
});
page.socket.protocol = page.socket.protocol.replace("http", "ws");
const connection = new Connection(page.socket.href, {
  hello: () => ({ type: "hello", token, consultation, last_seen: lastSeen, language: page.language }),
  hear,
  line: (condition) => {
    showLine(condition);
    if (condition === "reconnecting") outgoing.lineLost();
  },
});
const outgoing = new Outgoing(storage, {
  send: (frame) => connection.send(frame),
  show: (message) => conversation.showPending(message),
  doubt: () => connection.probe(),
});
const composer = new Composer(storage, page, (text, action) => outgoing.add(text, action));

start();

function start() {
  document.getElementById("fallback")?.remove();
  const warning = document.getElementById("storage-warning");
  if (warning) warning.hidden = storage.lasting;
  followKeyboard();
  showLine("connecting");
  outgoing.restore();
  connection.open();
  document.getElementById("ask-librarian")?.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.currentTarget);
    outgoing.add(button.textContent ?? "", button.dataset.action);
  });
  window.addEventListener("online", () => connection.probe());
  window.addEventListener("offline", () => connection.lose());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connection.probe();
  });
  if (page.framed) liveInFrame();
  else if (matchMedia("(hover: hover)").matches) composer.focus();
}

/** @param {Record<string, any>} frame */
function hear(frame) {
  switch (frame.type) {
    case "welcome":
      return welcome(frame);
    case "accepted":
      conversation.settle(frame);
      outgoing.accepted(frame.client_id);
      return follow(frame.consultation);
    case "event":
      return see(frame);
    case "typing":
      return showTyping();
    case "error":
      return explain(frame);
  }
}

/** @param {Record<string, any>} frame */
function welcome(frame) {
  token = frame.token;
  storage.keep("token", frame.token);
  follow(frame.consultation);
  replayUntil = frame.seq;
  conversation.replaying(lastSeen < replayUntil);
  if (lastSeen >= replayUntil) outgoing.sendHeld();
}

/** @param {string | null} id of the consultation that goes on now */
function follow(id) {
  if (id === consultation) return;
  consultation = id;
  lastSeen = 0;
  showState("self_service");
  if (id) storage.keep("consultation", id);
  else storage.forget("consultation");
  // Another page would begin without this conversation.
  const link = document.getElementById("other-language");
  if (link && !storage.lasting) link.hidden = id !== null;
}

/** @param {Record<string, any>} event */
function see(event) {
  follow(event.consultation);
  if (event.seq <= lastSeen) return;
  lastSeen = event.seq;
  adoptOwn(event);
  conversation.show(event);
  if (event.state) {
    showState(event.state, event.name);
    composer.suggestions.wanted = event.state !== "with_librarian";
  }
  if (replayUntil && lastSeen >= replayUntil) {
    replayUntil = 0;
    conversation.replaying(false);
    // Only now: what the log already shows has been recognised.
    outgoing.sendHeld();
  }
}

/** A message whose confirmation got lost is recognised in the log. @param {Record<string, any>} event */
function adoptOwn(event) {
  if (event.from !== "reader") return;
  const own = outgoing.withText(event.parts[0]?.text ?? "");
  if (own) conversation.settle({ ...event, client_id: own.client_id });
}

/** @param {Record<string, any>} problem */
function explain({ code, client_id, retry_after }) {
  if (code === "invalid_token") {
    conversation.notice(say("invalid_token"));
  } else if (client_id) {
    const known = retry_after || ["too_long", "empty_message"].includes(code);
    outgoing.refused(client_id, known ? code : "refused", retry_after);
  }
}

/** On another site: say that the page works, and let Escape close it. */
function liveInFrame() {
  /** @param {string} word */
  const tell = (word) => window.parent.postMessage({ refdesk: word }, "*");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) tell("close");
  });
  document.getElementById("close")?.addEventListener("click", () => tell("close"));
  window.addEventListener("message", (event) => {
    if (event.source === window.parent && event.data?.refdesk === "opened") composer.focus();
  });
  tell("ready");
}
