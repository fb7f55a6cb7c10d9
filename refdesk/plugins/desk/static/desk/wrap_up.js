// How did it end? (Outcome, kind of question, effort: ten seconds, by keyboard alone.)

const form = /** @type {HTMLFormElement} */ (document.getElementById("wrap-up"));

/** @param {boolean} wanted */
export function showWrapUp(wanted) {
  if (wanted && form.hidden) {
    form.reset();
    form.hidden = false;
    /** @type {HTMLElement} */ (document.getElementById("outcome")).focus();
  }
  form.hidden = !wanted;
}

/** Call `save` with the notes when they are sent. @param {(notes: Record<string, any>) => void} save */
export function onWrapUp(save) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = new FormData(form);
    const effort = fields.get("read_effort");
    save({
      outcome: fields.get("outcome"),
      question_type: fields.get("question_type") || null,
      read_effort: effort ? Number(effort) : null,
    });
  });
}
