// Select notes by clicking or by a rectangle; move and stretch them. A double click draws or removes one.

import { addNotes, removeNotes } from "../model/piece.js";
import { NoteDrag } from "./drag-notes.js";
import { noteAt, notesIn } from "./hit.js";

export class SelectTool {
  #drag = null;
  #from = null;
  #cell = null;
  #before = [];

  constructor(app, view) {
    this.app = app;
    this.view = view;
  }

  cursor(at) {
    const hit = noteAt(this.app.piece.value, this.view, at);
    return !hit ? "default" : hit.part === "middle" ? "move" : "ew-resize";
  }

  down(at, event) {
    const { app } = this;
    const hit = noteAt(app.piece.value, this.view, at);
    if (event.detail === 2) return this.#twice(hit, at);
    if (hit && event.shiftKey) {
      const keys = new Set(app.selection.value);
      if (!keys.delete(hit.note.key)) keys.add(hit.note.key);
      app.select([...keys]);
    } else if (hit) this.#drag = new NoteDrag(app, hit, at);
    else {
      this.#from = at;
      this.#before = event.shiftKey ? [...app.selection.value] : [];
    }
  }

  #twice(hit, at) {
    const { app } = this;
    if (hit) return app.edit(removeNotes(app.piece.value, [hit.note.key]), []);
    const note = { pitch: at.pitch, start: Math.max(0, Math.floor(at.step)), duration: 2, velocity: 84 };
    app.touch?.(note.pitch, note.velocity);
    app.edit(...addNotes(app.piece.value, [note]));
  }

  move(at) {
    if (this.#drag) return this.#drag.move(at);
    const from = this.#from;
    if (!from) return;
    const [start, end] = [Math.min(from.step, at.step), Math.max(from.step, at.step)];
    this.#cell = [Math.min(from.pitch, at.pitch), Math.max(from.pitch, at.pitch), start, end];
    this.app.select([...this.#before, ...notesIn(this.app.piece.value, this.#cell).map((note) => note.key)]);
  }

  up(at) {
    if (this.#drag) this.#drag.up();
    else if (this.#from && !this.#cell) {
      if (this.#before.length === 0) this.app.select([]);
      this.app.seek?.(Math.floor(at.step));
    }
    this.cancel();
  }

  cancel() {
    this.#drag = null;
    this.#from = null;
    this.#cell = null;
  }

  get shown() {
    return this.#drag ? this.#drag.shown : { marquee: this.#cell };
  }
}
