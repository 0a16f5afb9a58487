// Tools, zoom, history, and the name of the piece.

import { describePiece, clockOf } from "../roll/describe.js";
import { pitchName } from "../model/music.js";

export function connectTools(app, roll, { tools, zoomIn, zoomOut, fit, spot }) {
  const buttons = [...tools.querySelectorAll("button")];
  for (const button of buttons) button.addEventListener("click", () => (app.tool.value = button.dataset.tool));
  tools.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = buttons[(buttons.indexOf(document.activeElement) + by + buttons.length) % buttons.length];
    next.click();
    next.focus();
  });
  app.tool.watch((tool) => {
    for (const button of buttons) {
      const chosen = button.dataset.tool === tool;
      button.setAttribute("aria-checked", String(chosen));
      button.setAttribute("aria-label", button.textContent.trim());
      button.tabIndex = chosen ? 0 : -1;
    }
  }, { now: true });
  zoomIn.addEventListener("click", () => roll.zoom(1.4));
  zoomOut.addEventListener("click", () => roll.zoom(1 / 1.4));
  fit.addEventListener("click", () => roll.fit({ all: true }));
  roll.gestures.hovered = (at) => {
    spot.textContent = at && at.step >= 0 ? `${pitchName(at.pitch)} · ${clockOf(app.shown, at.step)}` : "";
  };
}

export function connectHistory(app, { undo, redo, name }) {
  undo.addEventListener("click", () => app.history.undo());
  redo.addEventListener("click", () => app.history.redo());
  app.piece.watch((piece) => {
    undo.disabled = app.history.past.length === 0;
    redo.disabled = app.history.future.length === 0;
    name.textContent = piece.name;
    name.title = describePiece(piece);
    document.title = piece.name ? `${piece.name} – flocoder` : "flocoder";
  }, { now: true });
}
