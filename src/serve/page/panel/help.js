// The dialog under `?`.

import { element, iconButton } from "./element.js";
import { shortcutsOf } from "./shortcuts.js";

export function connectHelp(app, dialog, act, button) {
  const close = iconButton("i-close", "Close");
  close.addEventListener("click", () => dialog.close());
  const single = element("input", { type: "checkbox" });
  single.addEventListener("change", () => (app.singleKeys.value = single.checked));
  app.singleKeys.watch((on) => (single.checked = on), { now: true });
  const about = element("p", {}, []);
  app.about.watch((now) => {
    if (now) about.textContent = `flocoder ${now.version}, computing on ${now.adapter}. Nothing leaves this machine.`;
  }, { now: true });
  dialog.append(
    element("div", { class: "dialog-head" }, [element("h2", { id: "help-title" }, ["How to play with it"]), close]),
    element("p", {}, ["Mark bars and pitches, and Fill writes them anew so that they fit what is around them. Point at a variant to hear it, click to take it; Undo brings back what was there. Green notes are given, hatched ones are new. Drop a MIDI file anywhere on the page to work on your own song: all its other events are kept."]),
    element("div", { class: "columns" }, shortcutsOf(act).map(([title, rows]) => section(title, rows))),
    element("label", {}, [single, "Keys without Ctrl are shortcuts"]),
    about,
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  button.addEventListener("click", () => dialog.showModal());
}

function section(title, rows) {
  const list = element("dl", {}, rows.flatMap(([keys, what]) => [element("dt", {}, [element("kbd", {}, [keys])]), element("dd", {}, [what])]));
  return element("section", {}, [element("h3", {}, [title]), list]);
}
