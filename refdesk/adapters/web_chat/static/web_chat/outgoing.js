// Which messages has the server not confirmed yet, and what becomes of them?

const CONFIRMATION_WAIT_MS = 8_000;

/**
 * @typedef {"held" | "sending" | "waiting" | "failed"} Condition
 * @typedef {{ client_id: string, text: string, action: string, at: number, condition: Condition,
 *   problem: string, seconds: number, timer?: number }} Message
 * @typedef {{ send: (frame: Record<string, any>) => "sent" | "held", show: (message: Message) => void,
 *   doubt: () => void }} Surroundings
 */

/** Messages stay here, also over a reload, until they are accepted or withdrawn. */
export class Outgoing {
  /** @type {Map<string, Message>} */
  #messages = new Map();

  /** @param {import("./storage.js").Store} storage @param {Surroundings} surroundings */
  constructor(storage, surroundings) {
    this.storage = storage;
    this.surroundings = surroundings;
  }

  /** Take up what an earlier page could not send. */
  restore() {
    const kept = this.storage.keys("outgoing:").map((key) => [key, this.storage.read(key)]);
    const messages = kept.flatMap(([key, text]) => readMessage(key ?? "", text));
    for (const message of messages.sort((one, other) => one.at - other.at)) {
      this.#messages.set(message.client_id, message);
      this.surroundings.show(message);
    }
  }

  /** @param {string} text @param {string} [action] what a pressed button stands for */
  add(text, action = "") {
    const client_id = newId();
    const at = Date.now();
    /** @type {Message} */
    const message = { client_id, text, action, at, condition: "held", problem: "", seconds: 0 };
    this.#messages.set(client_id, message);
    this.storage.keep(`outgoing:${client_id}`, JSON.stringify({ client_id, text, action, at }));
    this.#send(message);
  }

  /** The line is open: send what waits, with its old ids, so that nothing counts twice. */
  sendHeld() {
    for (const message of this.#messages.values()) {
      if (message.condition === "held") this.#send(message);
    }
  }

  /** What was not confirmed on the old line goes out again on the next one. */
  lineLost() {
    for (const message of this.#messages.values()) {
      const unconfirmed = message.condition === "sending" || message.problem === "no_answer";
      if (unconfirmed) this.#become(message, "held");
    }
  }

  /** @param {string} client_id */
  accepted(client_id) {
    this.#remove(client_id);
  }

  /** @param {string} client_id @param {string} problem @param {number} [retryAfter] seconds */
  refused(client_id, problem, retryAfter) {
    const message = this.#messages.get(client_id);
    if (!message) return;
    if (retryAfter === undefined) {
      this.#become(message, "failed", problem);
    } else {
      message.seconds = Math.ceil(retryAfter);
      this.#become(message, "waiting", problem);
      message.timer = setTimeout(() => this.#send(message), retryAfter * 1000);
    }
  }

  /** @param {string} client_id */
  retry(client_id) {
    const message = this.#messages.get(client_id);
    if (message) this.#send(message);
  }

  /** Take a message back; returns its text. @param {string} client_id */
  withdraw(client_id) {
    const text = this.#messages.get(client_id)?.text ?? "";
    this.#remove(client_id);
    return text;
  }

  /** The first unconfirmed message with this text. @param {string} text */
  withText(text) {
    return [...this.#messages.values()].find((message) => message.text.trim() === text);
  }

  /** @param {Message} message */
  #send(message) {
    const { client_id, text, action } = message;
    const frame = { type: "message", client_id, text, ...(action ? { action } : {}) };
    if (this.surroundings.send(frame) === "held") {
      this.#become(message, "held");
      return;
    }
    this.#become(message, "sending");
    message.timer = setTimeout(() => {
      this.#become(message, "failed", "no_answer");
      this.surroundings.doubt();
    }, CONFIRMATION_WAIT_MS);
  }

  /** @param {Message} message @param {Condition} condition @param {string} [problem] */
  #become(message, condition, problem = "") {
    clearTimeout(message.timer);
    message.condition = condition;
    message.problem = problem;
    this.surroundings.show(message);
  }

  /** @param {string} client_id */
  #remove(client_id) {
    clearTimeout(this.#messages.get(client_id)?.timer);
    this.#messages.delete(client_id);
    this.storage.forget(`outgoing:${client_id}`);
  }
}

/** @param {string} key @param {string | null | undefined} stored @returns {Message[]} */
function readMessage(key, stored) {
  try {
    const { client_id, text, action, at } = JSON.parse(stored ?? "");
    if (key !== `outgoing:${client_id}` || typeof text !== "string") return [];
    return [{ client_id, text, action, at, condition: "held", problem: "", seconds: 0 }];
  } catch {
    return [];
  }
}

/** A random id; `crypto.randomUUID` exists on secure pages only, a test server has none. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
