// How does a part of a message look? (Text from outside is only ever set as text.)

import { linkTo, withLinks } from "./links.js";
import { say } from "./texts.js";

const SHORT_LABELS = 16;
let groups = 0;

/**
 * Return the elements that show one part; unknown kinds show nothing.
 * @param {Record<string, any>} part
 * @param {(label: string, action: string) => void} press
 * @returns {HTMLElement[]}
 */
export function shownPart(part, press) {
  switch (part.type) {
    case "text":
      return [paragraph(part.text, "text")];
    case "quote":
      return [paragraph(part.text, "quote")];
    case "link":
      return [line(part.url, part.label)];
    case "image":
      return [line(part.url, part.description)];
    case "file":
      return [line(part.url, `${part.name} (${size(part.size)})`)];
    case "choice":
      return [choice(part, press)];
    default:
      return [];
  }
}

/** Return the list of an answer's sources. @param {Record<string, string>[]} sources */
export function shownSources(sources) {
  const list = element("p", "sources");
  list.append(say(sources.length === 1 ? "source" : "sources"), " ");
  sources.forEach((source, index) => {
    if (index) list.append(" · ");
    const name = document.createElement("bdi");
    const title = source.title || source.url || source.entry || "";
    name.append((source.url && linkTo(source.url, title)) || title);
    list.append(name);
  });
  return list;
}

/**
 * @param {string} tag
 * @param {string} [name]
 * @param {string} [text]
 */
export function element(tag, name = "", text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

/** @param {string} text @param {string} name */
function paragraph(text, name) {
  const made = element("p", name);
  made.dir = "auto";
  // Readers of English pages may get Chinese answers: voices and glyphs follow the language.
  if (/\p{Script=Han}/u.test(text)) made.lang = "zh-Hans";
  made.append(...withLinks(text));
  return made;
}

/** @param {string} url @param {string} label */
function line(url, label) {
  const made = element("p", "text");
  made.append(linkTo(url, label || url) ?? label ?? "");
  return made;
}

/** @param {Record<string, any>} part @param {(label: string, action: string) => void} press */
function choice(part, press) {
  const labels = part.options.map((/** @type {any} */ option) => option.label);
  const group = element("div", labels.join("").length <= SHORT_LABELS ? "choice compact" : "choice");
  group.setAttribute("role", "group");
  if (part.prompt) {
    const prompt = paragraph(part.prompt, "prompt");
    groups += 1;
    prompt.id = `prompt-${groups}`;
    group.setAttribute("aria-labelledby", prompt.id);
    group.append(prompt);
  }
  const buttons = element("div", "buttons");
  for (const { label, action } of part.options) {
    const button = /** @type {HTMLButtonElement} */ (element("button", "", label));
    button.type = "button";
    button.dir = "auto";
    button.addEventListener("click", () => press(label, action));
    buttons.append(button);
  }
  group.append(buttons);
  return group;
}

/** @param {number} bytes */
function size(bytes) {
  const kilobytes = Math.max(1, Math.round(bytes / 1024));
  return kilobytes < 1024 ? `${kilobytes} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}
