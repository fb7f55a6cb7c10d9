// Which addresses in a text may become links?

// Only characters of plain addresses: Chinese text often follows one without a space.
const ADDRESS = /\bhttps?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi;

/**
 * Return the text as nodes, with web addresses as links.
 * @param {string} text
 * @returns {(string | HTMLAnchorElement)[]}
 */
export function withLinks(text) {
  /** @type {(string | HTMLAnchorElement)[]} */
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = withoutEnding(found[0]);
    const link = linkTo(address, address);
    if (!link) continue;
    nodes.push(text.slice(end, found.index), link);
    end = found.index + address.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

/**
 * Return a link to a web address; null when it is none (`javascript:` and others never are).
 * @param {string} url @param {string} label
 */
export function linkTo(url, label) {
  const address = URL.canParse(url, location.href) ? new URL(url, location.href) : null;
  if (address?.protocol !== "https:" && address?.protocol !== "http:") return null;
  const link = document.createElement("a");
  link.href = address.href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.dir = "auto";
  link.textContent = label;
  return link;
}

/** Leave out the punctuation of the sentence around an address. @param {string} address */
function withoutEnding(address) {
  let shorter = address.replace(/[.,;:!?']+$/, "");
  const opened = shorter.split("(").length;
  while (shorter.endsWith(")") && shorter.split(")").length > opened) {
    shorter = shorter.slice(0, -1).replace(/[.,;:!?']+$/, "");
  }
  return shorter;
}
