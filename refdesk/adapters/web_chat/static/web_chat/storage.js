// What does the page remember over a reload?

import { keysBeginning, lastingArea } from "../browser_storage.js";

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
      keysBeginning(area, prefix + beginning).map((key) => key.slice(prefix.length)),
  };
}

/** @typedef {ReturnType<typeof openStorage>} Store */
