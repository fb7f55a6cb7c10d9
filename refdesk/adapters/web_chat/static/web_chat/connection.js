// How does the page keep talking with the server over a line that breaks?

const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 20_000;
const ANSWER_WAIT_MS = 10_000;
const QUIET_MS = 120_000;

/**
 * @typedef {"connecting" | "open" | "reconnecting"} Line
 * @typedef {Record<string, any>} Frame
 * @typedef {{ hello: () => Frame, hear: (frame: Frame) => void, line: (line: Line) => void }} Listener
 */

/** One socket after another; each begins with a hello that says what the page has seen. */
export class Connection {
  /** @type {WebSocket | null} */
  #socket = null;
  #welcomed = false;
  #attempts = 0;
  /** @type {number | undefined} */
  #retry;
  /** @type {number | undefined} */
  #deadline;
  /** @type {number | undefined} */
  #quiet;

  /** @param {string} address @param {Listener} listener */
  constructor(address, listener) {
    this.address = address;
    this.listener = listener;
  }

  open() {
    clearTimeout(this.#retry);
    const socket = new WebSocket(this.address);
    this.#socket = socket;
    this.#expectAnswer();
    socket.onopen = () => this.#greet();
    socket.onmessage = (message) => {
      if (socket === this.#socket) this.#hear(JSON.parse(message.data));
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lose();
    };
  }

  /** Send a frame if the server has welcomed this page. @param {Frame} frame */
  send(frame) {
    if (!this.#welcomed || this.#socket?.readyState !== WebSocket.OPEN) return "held";
    this.#socket.send(JSON.stringify(frame));
    return "sent";
  }

  /** Find out whether the line still works: a second hello is answered like the first. */
  probe() {
    if (this.#welcomed) {
      this.#greet();
      this.#expectAnswer();
    } else if (!this.#socket) {
      this.open();
    }
  }

  /** The device says that it has no network. */
  lose() {
    this.#lose();
  }

  #greet() {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(this.listener.hello()));
    }
  }

  /** @param {Frame} frame */
  #hear(frame) {
    clearTimeout(this.#deadline);
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => document.visibilityState === "visible" && this.probe(), QUIET_MS);
    if (frame.type === "welcome") {
      this.#welcomed = true;
      this.#attempts = 0;
      this.listener.line("open");
    }
    this.listener.hear(frame);
  }

  #expectAnswer() {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#lose(), ANSWER_WAIT_MS);
  }

  #lose() {
    clearTimeout(this.#deadline);
    clearTimeout(this.#quiet);
    clearTimeout(this.#retry);
    const socket = this.#socket;
    this.#socket = null;
    this.#welcomed = false;
    socket?.close();
    this.listener.line("reconnecting");
    // Jitter, so that a restarted server does not meet all its readers in one moment.
    const longest = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#retry = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }
}
