// How long has somebody waited, and at what time was something said?

import { say } from "./texts.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
// Of the page's language, the kind that this browser prefers: en-GB has 24 hours, en-US has not.
const PAGE = document.documentElement.lang;
const LOCALE = navigator.languages.find((one) => one.slice(0, 2) === PAGE.slice(0, 2)) ?? PAGE;
let ahead = 0;

/** Note the server's clock, in seconds: this computer's may be wrong. @param {number} now */
export function setClock(now) {
  ahead = now - Date.now() / 1000;
}

/** Return the seconds since a moment of the server's clock. @param {number} moment */
export function secondsSince(moment) {
  return Math.max(0, Date.now() / 1000 + ahead - moment);
}

/** Return a span of at least a minute in words. @param {number} seconds */
export function inWords(seconds) {
  if (seconds < HOUR) return say("minutes", { minutes: Math.floor(seconds / MINUTE) });
  if (seconds < DAY) {
    const minutes = Math.floor((seconds % HOUR) / MINUTE);
    return say("hours", { hours: Math.floor(seconds / HOUR), minutes });
  }
  const hours = Math.floor((seconds % DAY) / HOUR);
  return say("days", { days: Math.floor(seconds / DAY), hours });
}

/** Return an element with the time of day, and the day when it was not today. @param {number} at */
export function timeOfDay(at) {
  const element = document.createElement("time");
  element.dateTime = new Date(at * 1000).toISOString();
  element.textContent = momentInWords(at);
  return element;
}

/** Return the time of day, and the day when it is not today. @param {number} at */
export function momentInWords(at) {
  const moment = new Date(at * 1000);
  const today = moment.toDateString() === new Date().toDateString();
  return moment.toLocaleString(LOCALE, {
    ...(today ? {} : { day: "numeric", month: "short" }),
    hour: "2-digit",
    minute: "2-digit",
  });
}
