// When does the log follow new messages, and when does it stay where the reader reads?

const NEAR_PX = 96;

/** Follows while the end is in sight; otherwise a button says that there is something new. */
export class Scrolling {
  #follows = true;
  // Where the log was put last: above it, the reader has scrolled, be it announced already or not.
  #placed = 0;

  /** @param {HTMLElement} log */
  constructor(log) {
    this.log = log;
    this.newer = /** @type {HTMLButtonElement} */ (document.getElementById("newer"));
    this.newer.addEventListener("click", () => {
      this.toEnd();
      log.focus();
    });
    log.addEventListener("scroll", () => {
      this.#follows = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;
      if (this.#follows) this.newer.hidden = true;
    });
    // A keyboard that opens makes the log smaller: keep its end in sight.
    new ResizeObserver(() => this.#follows && this.toEnd()).observe(log);
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.#placed = this.log.scrollTop;
    this.#follows = true;
    this.newer.hidden = true;
  }

  /** @param {HTMLElement} entry @param {"own" | "theirs"} whose */
  follow(entry, whose) {
    const left = !this.#follows || this.log.scrollTop < this.#placed - NEAR_PX;
    if (whose === "theirs" && left) {
      this.newer.hidden = false;
      return;
    }
    this.toEnd();
    // Of a long answer the beginning is read first.
    if (entry.offsetHeight > this.log.clientHeight) {
      this.log.scrollTop = entry.offsetTop - this.log.offsetTop - 8;
      this.#placed = this.log.scrollTop;
    }
  }
}
