// Draw notes: press where one begins, drag to where it ends. On a note, it is moved or stretched.

import { addNotes } from "../model/piece.js";
import { NoteDrag } from "./drag-notes.js";
import { noteAt } from "./hit.js";

const VELOCITY = 84;

export class DrawTool {
  #note = null;
  #from = null;
  #drag = null;
  #length = 2;

  constructor(app, view) {
    this.app = app;
    this.view = view;
  }

  cursor(at) {
    const hit = noteAt(this.app.piece.value, this.view, at);
    return !hit ? "crosshair" : hit.part === "middle" ? "move" : "ew-resize";
  }

  down(at) {
    const hit = noteAt(this.app.piece.value, this.view, at);
    if (hit) {
      this.#drag = new NoteDrag(this.app, hit, at);
      this.#length = hit.note.duration;
      return;
    }
    this.#from = at;
    this.#note = { pitch: at.pitch, start: Math.max(0, Math.floor(at.step)), duration: this.#length, velocity: VELOCITY, fresh: false };
    this.app.touch?.(at.pitch, VELOCITY);
  }

  move(at) {
    if (this.#drag) return this.#drag.move(at);
    if (Math.abs(at.x - this.#from.x) > 5) this.#note = { ...this.#note, duration: Math.max(1, Math.ceil(at.step) - this.#note.start) };
  }

  up() {
    if (this.#drag) this.#drag.up();
    else if (this.#note) {
      this.#length = this.#note.duration;
      this.app.edit(...addNotes(this.app.piece.value, [this.#note]));
    }
    this.cancel();
  }

  cancel() {
    this.#note = null;
    this.#drag = null;
  }

  get shown() {
    return this.#drag ? this.#drag.shown : { moved: this.#note ? [this.#note] : null };
  }
}
