// How does the script speak the librarian's language? (The server has put all texts into the page.)

/** @type {Map<string, string>} */
const texts = new Map();
const template = /** @type {HTMLTemplateElement} */ (document.getElementById("texts"));
for (const text of template.content.querySelectorAll("[data-name]")) {
  texts.set(text.getAttribute("data-name") ?? "", text.textContent ?? "");
}

/**
 * Return the text of this name, with `{placeholders}` replaced; an unknown name is returned itself.
 * @param {string} name
 * @param {Record<string, string | number>} [values]
 */
export function say(name, values = {}) {
  const text = texts.get(name) ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole));
}
