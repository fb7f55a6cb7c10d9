// How high is the part of the page that a phone's keyboard leaves free?

/** Keep `--seen` at that height, where the browser does not shrink the page itself. */
export function followKeyboard() {
  const seen = window.visualViewport;
  if (!seen) return;
  const fit = () => {
    // Zooming with two fingers makes it smaller too, and must not squeeze the page.
    document.body.style.setProperty("--seen", `${Math.round(seen.height * seen.scale)}px`);
  };
  seen.addEventListener("resize", fit);
  fit();
}
