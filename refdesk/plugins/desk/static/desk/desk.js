// What happens on the librarians' page? (Here the parts meet.)

import { announce, offerAlerts, showCount } from "./alerts.js";
import { isSignedOut, post, succeeded } from "./api.js";
import { Connection } from "./connection.js";
import { hideContext, showContext } from "./context.js";
import { Conversation } from "./conversation.js";
import { Earlier } from "./earlier.js";
import { Lists } from "./lists.js";
import { Memory } from "./memory.js";
import { onPress, showNothing, showPane, tell } from "./pane.js";
import { Reply } from "./reply.js";
import { Unsent, showMarks } from "./sending.js";
import { say } from "./texts.js";
import { setClock } from "./times.js";
import { onWrapUp, showWrapUp } from "./wrap_up.js";

/** @typedef {Record<string, any>} Item */
const main = /** @type {HTMLElement} */ (document.getElementById("desk"));
const base = main.dataset.base ?? "";
const memory = new Memory(`${base}:${main.dataset.staff}`);
const conversation = new Conversation();
const lists = new Lists(isUnread);
const earlier = new Earlier(base, merge);
const reply = new Reply(base, memory, conversation, (words) => tell(words, "problem"));
const unsent = new Unsent(base, tell);
/** How far the messages of the open consultation have come. @type {Record<string, Item>} */
let marks = {};
/** @type {Item | null} */
let opened = null;
/** @type {Map<string, Item> | null} */
let known = null;
/** What this page itself is giving back: that it is gone then is no news. */
let returning = "";
/** Whether the empty pane says why the last consultation has gone. */
let explained = false;

const socket = new URL(`${base}/desk/ws`, location.href);
socket.protocol = socket.protocol.replace("http", "ws");
const connection = new Connection(socket.href, {
  hear,
  opened: watch,
  line: (condition) => {
    const line = /** @type {HTMLElement} */ (document.getElementById("line"));
    line.textContent = condition === "open" ? "" : say(condition);
  },
  refused: async () => (await isSignedOut(base)) && signIn(),
  signedOut: signIn,
});

start();

function start() {
  offerAlerts(memory);
  onPress("claim", claim);
  onPress("return", () => deed("return"));
  onPress("close", () => deed("close"));
  onWrapUp(wrapUp);
  window.addEventListener("hashchange", follow);
  document.getElementById("back")?.addEventListener("click", () => leave());
  document.getElementById("sign-out")?.addEventListener("submit", () => memory.forgetAll());
  document.addEventListener("visibilitychange", markRead);
  window.addEventListener("beforeunload", (event) => reply.hasUnsent && event.preventDefault());
  connection.open();
  follow();
}

/** Drafts stay: whoever signs in again goes on. */
function signIn() {
  location.assign(`${base}/desk/sign-in`);
}

/** Open what the address names: reload, back and links in the list work by themselves. */
function follow() {
  // Other anchors are places on this page, such as the lists for the skip link.
  if (location.hash && !location.hash.startsWith("#/")) return;
  const id = location.hash.slice(2);
  if (id === (opened?.id ?? "")) return;
  tell("");
  if (!id) return show(null);
  opened = { id };
  conversation.clear();
  watch();
}

/** @param {string} [title] @param {string} [more] */
function leave(title, more) {
  history.replaceState(null, "", location.pathname + location.search);
  show(null, title, more);
  /** @type {HTMLElement | null} */ (document.querySelector("#lists a"))?.focus();
}

function watch() {
  marks = {};
  if (opened) {
    connection.send({ type: "watch", consultation: opened.id, last_seen: conversation.lastSeen });
  } else {
    connection.send({ type: "unwatch" });
  }
}

/** @param {Record<string, any>} frame */
function hear(frame) {
  switch (frame.type) {
    case "list":
      return hearLists(frame);
    case "watching":
      conversation.missed(frame.seq);
      return hearWatching(frame.item);
    case "event":
      return hearEvent(frame);
    case "attention":
      setClock(frame.now);
      return unsent.show(frame);
    case "delivery":
      return hearMarks(frame);
    case "taken":
      return lose(frame.consultation, say("taken", { name: frame.by }));
    case "gone":
      return lose(frame.consultation, say("gone"));
  }
}

/** @param {Record<string, any>} frame */
function hearLists(frame) {
  setClock(frame.now);
  tellNews(frame);
  lists.show(frame);
  const now = opened && lists.find(opened.id);
  if (now) show(now);
  else if (!opened && !explained) welcome();
  memory.keepOnly("seen", new Set(lists.all().map((item) => item.id)));
  count();
}

/** Announce who has come and who has written since the last frame. @param {Record<string, any>} frame */
function tellNews(frame) {
  const before = known;
  /** @type {Item[]} */
  const items = [...frame.waiting, ...frame.with_librarian];
  known = new Map(items.map((item) => [item.id, item]));
  if (!before) return;
  const asked = frame.waiting.find((/** @type {Item} */ item) => !before.has(item.id));
  const written = items.find(
    (item) => isUnread(item) && item.reader_seq > (before.get(item.id)?.reader_seq ?? 0),
  );
  if (asked) announce("new_question", asked.question);
  else if (written) announce("new_message", written.question);
}

/** @param {Item} item */
function hearWatching(item) {
  if (item.id !== opened?.id) return;
  const first = !opened || !("state" in opened);
  show(item);
  if (first) document.getElementById("topic")?.focus({ preventScroll: true });
  if (first && item.mine && item.state === "with_librarian") reply.focus();
}

/** @param {Record<string, any>} event */
function hearEvent(event) {
  if (event.consultation !== opened?.id) return;
  conversation.show(event);
  if (marks[event.seq]) showMarks({ [event.seq]: marks[event.seq] });
  if (opened && "state" in opened) showContext(opened, conversation.events);
  markRead();
}

/** @param {Record<string, any>} frame */
function hearMarks(frame) {
  if (frame.consultation !== opened?.id) return;
  marks = frame.marks;
  showMarks(marks);
}

/** @param {string} id @param {string} why */
function lose(id, why) {
  if (id === opened?.id && id !== returning) leave(why, say("look_elsewhere"));
}

/** @param {Item | null} item @param {string} [title] @param {string} [more] */
function show(item, title, more) {
  const left = opened && !item;
  // What was told belongs to the state it was told in.
  if (item?.id === opened?.id && opened?.state && item?.state !== opened.state) tell("");
  opened = item;
  lists.opened = item?.id ?? "";
  main.dataset.view = item ? "conversation" : "lists";
  if (item) {
    const { mayReply, mayWrapUp } = showPane(item);
    reply.open(item.id, mayReply);
    showWrapUp(mayWrapUp);
    showContext(item, conversation.events);
    if ("state" in item) void earlier.show(item);
    markRead();
  } else {
    void earlier.show(null);
    if (left) watch();
    conversation.clear();
    hideContext();
    explained = Boolean(title);
    if (title) showNothing(title, more ?? "", "news");
    else welcome();
  }
  lists.draw();
}

function welcome() {
  const waiting = lists.shown.waiting.length > 0;
  if (waiting) showNothing(say("choose"), say("preview_first"), "welcome");
  else showNothing(say("nobody_waits"), say("new_questions"), "welcome");
}

async function claim() {
  const answer = await act("claim");
  if (!answer) return;
  tell(say("claimed"));
  reply.focus();
}

/** @param {"return" | "close"} name */
async function deed(name) {
  const id = opened?.id ?? "";
  if (name === "return") returning = id;
  const done = await act(name);
  returning = "";
  if (!done || opened?.id !== id) return;
  if (name === "return") leave(say("returned"), say("look_elsewhere"));
  else tell(say("closed"));
}

/** Let another consultation of this reader go on in the open one. @param {string} away */
async function merge(away) {
  if (!opened) return;
  const id = opened.id;
  const answer = await act("merge", { into: id }, away);
  if (!answer) return;
  earlier.forget();
  if (opened?.id === id) show(answer);
  tell(say("merged_now"));
}

/** @param {Record<string, any>} notes */
async function wrapUp(notes) {
  if (await act("wrap_up", notes)) leave(say("finished"), say("look_elsewhere"));
}

/** Do something with the open consultation, or another; return null and say why when it was not done.
 * @param {string} name @param {Record<string, any>} [body] @param {string} [other] */
async function act(name, body, other) {
  if (!opened) return null;
  const id = other ?? opened.id;
  const answer = await post(`${base}/api/v1/consultations/${encodeURIComponent(id)}/${name}`, body);
  if (answer.status === 401) signIn();
  if (!succeeded(answer)) {
    if (["taken", "not_found"].includes(answer.body.error)) lose(id, answer.body.message);
    else tell(answer.body.message ?? "", "problem");
    return null;
  }
  if (opened?.id === id && "question" in answer.body && name !== "wrap_up") show(answer.body);
  return answer.body;
}

/** @param {Item} item */
function isUnread(item) {
  return item.mine && item.state === "with_librarian" && item.reader_seq > seen(item.id);
}

/** @param {string} id */
function seen(id) {
  return Number(memory.get(`seen:${id}`) || 0);
}

function markRead() {
  if (!opened || document.hidden || conversation.lastSeen <= seen(opened.id)) return;
  memory.set(`seen:${opened.id}`, String(conversation.lastSeen));
  lists.draw();
  count();
}

function count() {
  const unread = lists.shown.with_librarian.filter(isUnread).length;
  showCount(lists.shown.waiting.length + unread);
}
