// Undo and redo without end.

import { Signal } from "./signal.js";

export class History {
  constructor(piece) {
    this.past = [];
    this.future = [];
    /** The piece as it is. Watch it; change it by `push`. */
    this.piece = new Signal(piece);
  }

  push(piece) {
    if (piece === this.piece.value) return;
    this.past.push(this.piece.value);
    this.future = [];
    this.piece.value = piece;
  }

  undo() {
    return this.#step(this.past, this.future);
  }

  redo() {
    return this.#step(this.future, this.past);
  }

  #step(from, to) {
    if (from.length === 0) return false;
    to.push(this.piece.value);
    this.piece.value = from.pop();
    return true;
  }

  restore({ past, piece, future }) {
    this.past = past;
    this.future = future;
    this.piece.value = piece;
  }
}
