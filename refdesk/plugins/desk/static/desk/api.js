// How does the page ask the server to do something?

import { say } from "./texts.js";

const WAIT_MS = 15_000;

/** @typedef {{ status: number, body: Record<string, any> }} Answer */

/**
 * Send a deed; `status` 0 means that nobody answered, and whether it was done is not known.
 * @param {string} address
 * @param {Record<string, any>} [body]
 * @returns {Promise<Answer>}
 */
export async function post(address, body = {}) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(WAIT_MS),
    });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return { status: 0, body: { error: "offline", message: say("offline") } };
  }
}

/**
 * Read something; `status` 0 means that nobody answered.
 * @param {string} address
 * @returns {Promise<Answer>}
 */
export async function get(address) {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(WAIT_MS) });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return { status: 0, body: {} };
  }
}

/** Say whether the session has ended; a server that does not answer has not said so.
 * @param {string} base */
export async function isSignedOut(base) {
  try {
    const answer = await fetch(`${base}/api/v1/consultations`, {
      signal: AbortSignal.timeout(WAIT_MS),
    });
    return answer.status === 401;
  } catch {
    return false;
  }
}

/** @param {Answer} answer */
export function succeeded(answer) {
  return answer.status >= 200 && answer.status < 300;
}
