// Sentences: passing ones, one that stays while the server is away, and those for screen readers.

import { element } from "./element.js";

/** Milliseconds that a sentence stays, and more for each of its characters. */
const STAYS = 2500;
const PER_CHARACTER = 45;

export function connectMessages(app, { toasts, notice, live }) {
  app.message.watch(({ text }) => {
    const toast = element("p", { class: "toast" }, [text]);
    toasts.replaceChildren(toast);
    setTimeout(() => toast.remove(), STAYS + PER_CHARACTER * text.length);
  });
  app.spoken.watch((text) => (live.textContent = text));

  let wasLost = false;
  app.engine.connected.watch((connected) => {
    const lost = connected === false;
    notice.hidden = !lost;
    notice.textContent = lost ? "The server does not answer. Start flocoder serve again: this page connects by itself and keeps your piece." : "";
    if (wasLost && connected) app.say("Connected again.");
    wasLost = lost;
  }, { now: true });
}
