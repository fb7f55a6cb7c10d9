// How does what was said look? (Text from outside is only ever set as text.)

import { say } from "./texts.js";
import { timeOfDay } from "./times.js";

const ADDRESS = /https?:\/\/[^\s<>"'`，。；！？、（）《》]+[^\s<>"'`，。；！？、（）《》.,;:!?)\]]/gu;

/**
 * @param {string} tag
 * @param {string} [name] of the class
 * @param {...(Node | string)} content
 */
export function element(tag, name = "", ...content) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...content);
  return made;
}

/** Return text whose direction cannot turn its surroundings around. @param {string} text */
export function isolated(text) {
  const made = element("bdi", "", text);
  if (/\p{Script=Han}/u.test(text)) made.lang = "zh-Hans";
  return made;
}

/** Return the list entry of an event. @param {Record<string, any>} event */
export function shownEvent(event) {
  const side = event.from === "reader" ? "theirs" : event.from === "system" ? "between" : "ours";
  const entry = element("li", `entry ${side} ${event.from}`);
  entry.dataset.seq = String(event.seq);
  if (event.audience === "staff") entry.classList.add("note");
  const who = event.from === "system" && event.audience !== "staff" ? [] : [speaker(event), " "];
  const head = element("p", "speaker", ...who, timeOfDay(event.at));
  head.append(" ");
  const said = element("div", "said", ...event.parts.flatMap(shownPart));
  if (event.sources.length) said.append(shownSources(event.sources));
  entry.append(head, said);
  return entry;
}

/** @param {Record<string, any>} event */
function speaker(event) {
  if (event.audience === "staff") return isolated(say("note"));
  if (event.from === "reader") return isolated(say("reader"));
  if (event.from === "bot") return isolated(say("automatic"));
  return isolated(event.name ?? (event.from === "librarian" ? say("librarian") : ""));
}

/** @param {Record<string, any>} part @returns {HTMLElement[]} */
function shownPart(part) {
  switch (part.type) {
    case "text":
      return [paragraph(part.text)];
    case "quote":
      return [element("blockquote", "", paragraph(part.text))];
    case "link":
      return [element("p", "", linkTo(part.url, part.label || part.url))];
    case "image":
      return [element("p", "", linkTo(part.url, part.description || part.url))];
    case "file":
      return [element("p", "", linkTo(part.url, part.name))];
    case "choice":
      return [choice(part)];
    default:
      return [];
  }
}

/** @param {Record<string, any>} part what the reader could press; here it is only told */
function choice(part) {
  const made = element("div", "choice");
  if (part.prompt) made.append(paragraph(part.prompt));
  const options = element("p", "options", element("span", "unseen", say("offered")));
  for (const option of part.options) options.append(" ", chip(option.label));
  made.append(options);
  return made;
}

/** @param {string} label */
function chip(label) {
  const made = isolated(label);
  made.className = "chip";
  return made;
}

/** @param {string} text */
function paragraph(text) {
  const made = element("p");
  made.dir = "auto";
  if (/\p{Script=Han}/u.test(text)) made.lang = "zh-Hans";
  let end = 0;
  for (const found of text.matchAll(ADDRESS)) {
    made.append(text.slice(end, found.index), linkTo(found[0], found[0]));
    end = found.index + found[0].length;
  }
  made.append(text.slice(end));
  return made;
}

/** Return the sources of an answer. @param {Record<string, string>[]} sources */
export function shownSources(sources) {
  const list = element("p", "sources", say(sources.length === 1 ? "source" : "sources"));
  sources.forEach((source, index) => {
    const title = source.title || source.url || source.entry || "";
    list.append(index ? " · " : " ", source.url ? linkTo(source.url, title) : isolated(title));
  });
  return list;
}

/** Only web addresses and those of our own pages lead anywhere.
 * @param {string} address @param {string} label */
function linkTo(address, label) {
  if (!/^(https?:\/\/|\/(?!\/))/.test(address)) return isolated(label);
  const link = document.createElement("a");
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.append(isolated(label), element("span", "unseen", ` (${say("new_window")})`));
  return link;
}
