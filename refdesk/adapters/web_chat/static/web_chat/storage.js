// What does the page remember over a reload, and what when the browser blocks storage?

/**
 * Return a small store of texts; `lasting` is false when it lives in memory only.
 * @param {string} space keeps two libraries on one site apart
 */
export function openStorage(space) {
  const prefix = `refdesk:${space}:`;
  const { area, lasting } = lastingArea();
  return {
    lasting,
    /** @param {string} key */
    read: (key) => area.getItem(prefix + key),
    /** @param {string} key @param {string} value */
    keep(key, value) {
      try {
        area.setItem(prefix + key, value);
      } catch {
        // The store is full: this page still knows the value, only a reload forgets it.
      }
    },
    /** @param {string} key */
    forget: (key) => area.removeItem(prefix + key),
    /** All keys that begin so. @param {string} beginning */
    keys: (beginning) =>
      Array.from({ length: area.length }, (_, index) => area.key(index) ?? "")
        .filter((key) => key.startsWith(prefix + beginning))
        .map((key) => key.slice(prefix.length)),
  };
}

/** @typedef {ReturnType<typeof openStorage>} Store */

/** @returns {{ area: Storage | MemoryArea, lasting: boolean }} */
function lastingArea() {
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
