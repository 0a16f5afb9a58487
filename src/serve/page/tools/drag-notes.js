// Moving and stretching the selected notes, for the tools that do so.

import { notesOf, replaceNotes } from "../model/piece.js";

/** Begins to drag `part` of a note and with it all selected notes. */
export class NoteDrag {
  constructor(app, { note, part }, at) {
    this.app = app;
    this.part = part;
    this.from = at;
    if (!app.selection.value.has(note.key)) app.select([note.key]);
    this.notes = notesOf(app.piece.value).filter((one) => app.selection.value.has(one.key));
    this.moved = this.notes;
    this.pitch = note.pitch;
    this.held = note;
    app.touch?.(note.pitch, note.velocity);
  }

  move(at) {
    const steps = Math.round(at.step - this.from.step);
    const pitches = at.pitch - this.from.pitch;
    this.moved = changed(this.notes, this.part, steps, pitches);
    const pitch = this.held.pitch + pitches;
    if (this.part === "middle" && pitch !== this.pitch && pitch >= 0 && pitch < 128) this.app.touch?.((this.pitch = pitch), this.held.velocity);
  }

  /** The notes that are shown in place of the dragged ones. */
  get shown() {
    return { moved: this.moved, hidden: new Set(this.notes.map((note) => note.key)) };
  }

  up() {
    const differs = this.moved.some((note, index) => note !== this.notes[index] && ["pitch", "start", "duration"].some((name) => note[name] !== this.notes[index][name]));
    if (differs) this.app.edit(...replaceNotes(this.app.piece.value, this.moved));
  }

  cancel() {}
}

/** Notes moved by steps and pitches, or with another start or end, all within the roll. */
export function changed(notes, part, steps, pitches) {
  if (part === "middle") {
    const earliest = Math.min(...notes.map((note) => note.start));
    const [low, high] = [Math.min(...notes.map((note) => note.pitch)), Math.max(...notes.map((note) => note.pitch))];
    const by = Math.max(-earliest, steps);
    const up = Math.min(127 - high, Math.max(-low, pitches));
    return notes.map((note) => ({ ...note, start: note.start + by, pitch: note.pitch + up }));
  }
  if (part === "end") return notes.map((note) => ({ ...note, duration: Math.max(1, note.duration + steps) }));
  return notes.map((note) => {
    const by = Math.max(-note.start, Math.min(note.duration - 1, steps));
    return { ...note, start: note.start + by, duration: note.duration - by };
  });
}
