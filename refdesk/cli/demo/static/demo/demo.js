// What do the demo's forms do without leaving the page?

const PATIENCE_MS = 30_000;
const PAUSE_MS = 150;

/** Put values into a text such as "Added {added}". @param {string} text @param {Record<string, unknown>} values */
function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** @param {string} id */
function parts(id) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById(id));
  return { form, output: /** @type {HTMLOutputElement} */ (form.querySelector("output")) };
}

function prepareImport() {
  const { form, output } = parts("import");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.value = form.dataset.working ?? "";
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      const result = await answer.json();
      output.value = answer.ok
        ? filled(form.dataset.done ?? "", result)
        : `${form.dataset.failed} ${result.message}`;
    } catch (problem) {
      output.value = `${form.dataset.failed} ${problem instanceof Error ? problem.message : ""}`;
    }
  });
}

/** Ask for the server's state; null while nobody answers. @param {string} address */
async function stateAt(address) {
  try {
    const answer = await fetch(address, { cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Wait until another process answers. @param {string} address @param {number} process */
async function successor(address, process) {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const state = await stateAt(address);
    if (state && state.process !== process) return state;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return null;
}

function prepareKill() {
  const { form, output } = parts("kill");
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  const progress = /** @type {HTMLProgressElement} */ (form.querySelector("progress"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    progress.hidden = false;
    const address = form.dataset.state ?? "";
    const before = await stateAt(address);
    await fetch(form.action, { method: "POST" }).catch(() => null);
    const began = performance.now();
    output.value = filled(form.dataset.killed ?? "", before ?? {});
    const state = before && (await successor(address, before.process));
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const values = { ...state, before: before?.events, seconds };
    const words = !state ? "failed" : state.events >= before.events ? "back" : "lost";
    output.value = filled(form.dataset[words] ?? "", values);
    progress.hidden = true;
    button.disabled = false;
  });
}

prepareImport();
prepareKill();
