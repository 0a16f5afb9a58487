// Erase the notes that the pointer crosses.

import { removeNotes } from "../model/piece.js";
import { noteAt } from "./hit.js";

export class EraseTool {
  cursor = () => "cell";
  #gone = new Set();

  constructor(app, view) {
    this.app = app;
    this.view = view;
  }

  down(at) {
    this.move(at);
  }

  move(at) {
    const hit = noteAt(this.app.piece.value, this.view, at);
    if (hit) this.#gone.add(hit.note.key);
  }

  up() {
    if (this.#gone.size > 0) this.app.edit(removeNotes(this.app.piece.value, this.#gone));
    this.cancel();
  }

  cancel() {
    this.#gone = new Set();
  }

  get shown() {
    return { hidden: this.#gone };
  }
}
