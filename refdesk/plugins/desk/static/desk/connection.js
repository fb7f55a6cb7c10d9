// How does the page keep hearing from the server over a line that breaks?

const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const SIGNED_OUT = 4401;

/**
 * @typedef {Record<string, any>} Frame
 * @typedef {object} Listener
 * @property {(frame: Frame) => void} hear
 * @property {() => void} opened what has to be asked for again
 * @property {(condition: "connecting" | "open" | "reconnecting") => void} line
 * @property {() => void} refused
 * @property {() => void} signedOut
 */

/** One socket after another. */
export class Connection {
  /** @type {WebSocket | null} */
  #socket = null;
  #wait = SHORTEST_WAIT_MS;
  /** @type {number | undefined} */
  #timer;

  /** @param {string} address @param {Listener} listener */
  constructor(address, listener) {
    this.address = address;
    this.listener = listener;
    window.addEventListener("online", () => this.#again(0));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && !this.#socket) this.#again(0);
    });
  }

  open() {
    const socket = new WebSocket(this.address);
    let opened = false;
    this.#socket = socket;
    socket.addEventListener("open", () => {
      opened = true;
      this.#wait = SHORTEST_WAIT_MS;
      this.listener.line("open");
      this.listener.opened();
    });
    socket.addEventListener("message", (event) => this.listener.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (event.code === SIGNED_OUT) return this.listener.signedOut();
      this.listener.line("reconnecting");
      // Why it did not open a browser does not tell: the session may have ended.
      if (!opened) this.listener.refused();
      // A restart of the server sends all pages away at once: they come back one by one.
      this.#again(this.#wait * (0.5 + Math.random()));
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    });
  }

  /** @param {Frame} frame */
  send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** @param {number} wait */
  #again(wait) {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket || this.open(), wait);
  }
}
