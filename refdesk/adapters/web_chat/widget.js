// A button that opens the library's chat on another site. <script src=".../widget.js" defer></script>
(() => {
  const script = document.currentScript;
  const base = script.src.replace(/widget\.js(\?.*)?$/, "");
  const wish = script.dataset.language || document.documentElement.lang;
  const language = /^zh/i.test(wish) ? "zh" : "en";
  const texts = { TEXTS: 0 }[language];
  const address = `${base}chat?language=${language}`;
  const origin = new URL(base).origin;
  const PATIENCE_MS = 8000;

  // Constructed sheets are allowed where a site's policy forbids inline styles.
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial; position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483000; }
    .open { display: inline-block; box-sizing: border-box; min-height: 3rem; padding: .8rem 1.25rem;
      border: 2px solid #fff; border-radius: 2rem; background: #1c5d66; color: #fff;
      font: 600 1rem/1.2 -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif; text-decoration: none; cursor: pointer;
      box-shadow: 0 2px 12px rgb(0 0 0 / 30%); }
    .open:hover { background: #134850; }
    :focus-visible { outline: 3px solid #1c5d66; outline-offset: 3px; }
    iframe { position: fixed; inset: auto 1rem 5rem auto; width: min(25rem, 100vw - 2rem);
      height: min(40rem, 100vh - 6rem); border: 1px solid #827e73; border-radius: .75rem;
      background: Canvas; box-shadow: 0 8px 40px rgb(0 0 0 / 30%); color-scheme: light dark; }
    @media (max-width: 30rem), (max-height: 30rem) {
      iframe { inset: 0; width: 100%; height: 100%; border: 0; border-radius: 0; } }
    [hidden] { display: none; }`);

  const host = document.createElement("refdesk-chat");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [style];
  const button = document.createElement("button");
  button.type = "button";
  button.className = "open";
  button.textContent = texts.open;
  button.setAttribute("aria-expanded", "false");
  root.append(button);
  document.body.append(host);

  let frame, timer;
  button.addEventListener("click", () => show(!frame || frame.hidden));
  host.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin) return;
    if (event.data?.refdesk === "ready") {
      timer = clearTimeout(timer);
      frame.contentWindow.postMessage({ refdesk: "opened" }, origin);
    } else if (event.data?.refdesk === "close") show(false);
  });
  document.addEventListener("securitypolicyviolation", (event) => {
    if (timer && /^(frame|child|default)-src/.test(event.effectiveDirective) &&
      [origin, address].some((one) => event.blockedURI.startsWith(one))) giveUp();
  });

  function show(open) {
    if (!frame && open) load();
    if (!frame) return;
    frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) return button.focus();
    frame.focus();
    frame.contentWindow.postMessage({ refdesk: "opened" }, origin);
  }

  function load() {
    frame = document.createElement("iframe");
    frame.title = texts.title;
    frame.src = `${address}&embed=1`;
    root.prepend(frame);
    timer = setTimeout(giveUp, PATIENCE_MS);
  }

  // The site or the browser keeps the frame out: a plain link always works.
  function giveUp() {
    timer = clearTimeout(timer);
    frame.remove();
    frame = null;
    const link = document.createElement("a");
    link.className = "open";
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = texts.link;
    button.replaceWith(link);
    link.focus();
  }
})();
