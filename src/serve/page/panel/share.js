// The link that holds the piece: into the clipboard, or shown where the browser does not allow that.

import { linkOf } from "../model/link.js";
import { element, iconButton } from "./element.js";

export function connectShare(app, session, button, dialog) {
  const text = element("textarea", { readonly: "", "aria-label": "Link" });
  const close = iconButton("i-close", "Close");
  close.addEventListener("click", () => dialog.close());
  dialog.append(
    element("div", { class: "dialog-head" }, [element("h2", { id: "link-title" }, ["A link to this piece"]), close]),
    element("p", {}, ["The whole piece is in the link itself. Copy it:"]),
    text,
  );
  button.addEventListener("click", async () => {
    const link = await linkOf(app, (id) => session.songBytes(id));
    try {
      await navigator.clipboard.writeText(link);
      app.say(`The link is copied: ${Math.ceil(link.length / 1000)} thousand characters that hold the whole piece.`);
    } catch {
      text.value = link;
      dialog.showModal();
      text.select();
    }
  });
}
