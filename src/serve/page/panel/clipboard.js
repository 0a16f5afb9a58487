// Copying, cutting and pasting notes within the page.

import { addNotes, notesOf, removeNotes } from "../model/piece.js";

export class Clipboard {
  #notes = [];

  /** `place()` is the step at which notes are pasted. */
  constructor(app, place) {
    Object.assign(this, { app, place });
  }

  copy() {
    const { piece, selection } = this.app;
    const notes = notesOf(piece.value).filter((note) => selection.value.has(note.key));
    if (notes.length === 0) return this.app.say("Select notes first: S, then drag over them.");
    const first = Math.floor(notes[0].start / 4) * 4;
    this.#notes = notes.map((note) => ({ ...note, start: note.start - first }));
    this.app.say(`${notes.length} ${notes.length === 1 ? "note" : "notes"} copied. Ctrl+V puts them at the playhead.`);
  }

  cut() {
    this.copy();
    this.app.edit(removeNotes(this.app.piece.value, this.app.selection.value), []);
  }

  paste() {
    if (this.#notes.length === 0) return;
    const start = Math.floor(this.place() / 4) * 4;
    const notes = this.#notes.map((note) => ({ ...note, start: note.start + start }));
    this.app.edit(...addNotes(this.app.piece.value, notes));
    this.app.speak(`${notes.length} notes pasted`);
  }
}
