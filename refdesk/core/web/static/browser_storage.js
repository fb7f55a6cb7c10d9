// Where can a page remember something, and what when the browser blocks storage?

/**
 * Return the browser's lasting storage, or one in memory that is gone with the page.
 * @returns {{ area: Storage | MemoryArea, lasting: boolean }}
 */
export function lastingArea() {
  try {
    const area = window.localStorage;
    const probe = "refdesk:probe";
    area.setItem(probe, "1");
    area.removeItem(probe);
    return { area, lasting: true };
  } catch {
    return { area: new MemoryArea(), lasting: false };
  }
}

/**
 * Return the keys of an area that begin so.
 * @param {Storage | MemoryArea} area @param {string} beginning
 */
export function keysBeginning(area, beginning) {
  const keys = Array.from({ length: area.length }, (_, index) => area.key(index) ?? "");
  return keys.filter((key) => key.startsWith(beginning));
}

class MemoryArea {
  /** @type {Map<string, string>} */
  #values = new Map();

  get length() {
    return this.#values.size;
  }

  /** @param {number} index */
  key(index) {
    return [...this.#values.keys()][index] ?? null;
  }

  /** @param {string} key */
  getItem(key) {
    return this.#values.get(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.#values.set(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.#values.delete(key);
  }
}
