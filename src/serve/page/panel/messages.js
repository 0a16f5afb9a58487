// Sentences: passing ones, one of the engine that stays, and those for screen readers.

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

  app.engine.notice.watch((sentence) => {
    const { text, link } = typeof sentence === "object" && sentence !== null ? sentence : { text: sentence ?? "", link: null };
    notice.hidden = sentence === null;
    notice.replaceChildren(text, ...(link ? [" ", element("a", { href: link.address }, [link.text])] : []));
  }, { now: true });

  let wasLost = false;
  app.engine.connected.watch((connected) => {
    if (wasLost && connected) app.say("Connected again.");
    wasLost = connected === false;
  });
}
