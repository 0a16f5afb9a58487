// The roll by keyboard alone: a cursor that draws, removes, selects, moves and marks.

import { addNotes, barAt, barsOf, lengthOf, notesOf, removeNotes, replaceNotes } from "../model/piece.js";
import { changed } from "../tools/drag-notes.js";
import { describeCell, describeRegion, noteUnder } from "./describe.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class RollKeys {
  /** Where marking began; the next move without Shift ends it. */
  #anchor = null;

  constructor(canvas, app, view) {
    Object.assign(this, { app, view });
    canvas.addEventListener("keydown", (event) => this.#down(event));
    canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && this.#go(app.cursor.value));
    canvas.addEventListener("blur", () => (app.cursor.value = { ...app.cursor.value, seen: false }));
  }

  #down(event) {
    const arrow = ARROWS[event.key];
    const done = arrow ? this.#arrow(arrow, event) : this.#key(event);
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  #arrow([x, y], { shiftKey, altKey, ctrlKey, metaKey }) {
    const far = ctrlKey || metaKey;
    if (altKey) return this.#change(x, y * (far ? 12 : 1), shiftKey);
    const { app } = this;
    const cursor = app.cursor.value;
    this.#anchor = shiftKey ? this.#anchor ?? cursor : null;
    const step = far && x !== 0 ? this.#bar(cursor.step, x) : cursor.step + x;
    this.#go({ ...cursor, step, pitch: cursor.pitch + y * (far ? 12 : 1) }, shiftKey);
    return true;
  }

  /** The start of the next bar or of this one or the one before. */
  #bar(step, direction) {
    const piece = this.app.piece.value;
    const bars = barsOf(piece);
    const bar = barAt(piece, step);
    if (direction > 0) return bars[bar + 1]?.start ?? lengthOf(piece) - 1;
    return bars[bar].start < step ? bars[bar].start : bars[Math.max(0, bar - 1)].start;
  }

  #go({ step, pitch, length }, marks = false) {
    const { app } = this;
    const piece = app.piece.value;
    const cursor = { step: Math.min(Math.max(0, step), lengthOf(piece) + 15), pitch: Math.min(127, Math.max(0, pitch)), length, seen: true };
    app.cursor.value = cursor;
    this.view.reveal(cursor.step, cursor.pitch);
    if (marks) {
      const from = this.#anchor;
      app.region.value = [[Math.min(from.pitch, cursor.pitch), Math.max(from.pitch, cursor.pitch), Math.min(from.step, cursor.step), Math.max(from.step, cursor.step) + 1]];
      app.speak(describeRegion(piece, app.region.value));
    } else app.speak(describeCell(piece, app.region.value, cursor));
  }

  /** Moves the selected notes, or stretches them. */
  #change(x, y, stretches) {
    const { app } = this;
    const piece = app.piece.value;
    const cursor = app.cursor.value;
    if (app.selection.value.size === 0) {
      const note = noteUnder(piece, cursor);
      if (!note) return false;
      app.select([note.key]);
    }
    const notes = notesOf(piece).filter((note) => app.selection.value.has(note.key));
    if (stretches && y !== 0) return this.#louder(notes, y);
    const moved = changed(notes, stretches ? "end" : "middle", x, y);
    app.edit(...replaceNotes(piece, moved));
    if (!stretches) {
      if (y !== 0) app.touch?.(moved[0].pitch, moved[0].velocity);
      this.#go({ ...cursor, step: cursor.step + moved[0].start - notes[0].start, pitch: cursor.pitch + moved[0].pitch - notes[0].pitch });
    } else this.#go(cursor);
    return true;
  }

  #louder(notes, direction) {
    const louder = notes.map((note) => ({ ...note, velocity: Math.min(127, Math.max(1, note.velocity + 8 * direction)) }));
    this.app.edit(...replaceNotes(this.app.piece.value, louder));
    this.app.touch?.(louder[0].pitch, louder[0].velocity);
    this.#go(this.app.cursor.value);
    return true;
  }

  #key({ key, ctrlKey, metaKey, shiftKey }) {
    const { app } = this;
    const piece = app.piece.value;
    const cursor = app.cursor.value;
    if (ctrlKey || metaKey) return false;
    if (key === "Enter") return this.#toggle(piece, cursor);
    if (key === "Delete" || key === "Backspace") return this.#remove(piece, cursor);
    if (key === "Tab" || key === " ") return false;
    if (key === "x" && !shiftKey) return this.#pick(piece, cursor);
    if (key === "," || key === ".") {
      this.#go({ ...cursor, length: Math.max(1, cursor.length + (key === "." ? 1 : -1)) });
      app.speak(`New notes last ${app.cursor.value.length} sixteenths`);
      return true;
    }
    if (key === "PageUp" || key === "PageDown") {
      this.#go({ ...cursor, step: this.#bar(cursor.step, key === "PageUp" ? -1 : 1) });
      return true;
    }
    return false;
  }

  #toggle(piece, cursor) {
    const { app } = this;
    const note = noteUnder(piece, cursor);
    if (note) app.edit(removeNotes(piece, [note.key]));
    else {
      app.touch?.(cursor.pitch);
      app.edit(...addNotes(piece, [{ pitch: cursor.pitch, start: cursor.step, duration: cursor.length, velocity: 84 }]));
    }
    this.#go(cursor);
    return true;
  }

  #remove(piece, cursor) {
    const { app } = this;
    const under = noteUnder(piece, cursor);
    const keys = app.selection.value.size > 0 ? [...app.selection.value] : under && cursor.seen ? [under.key] : [];
    if (keys.length === 0) return false;
    app.edit(removeNotes(piece, keys), []);
    app.speak(`${keys.length} ${keys.length === 1 ? "note" : "notes"} removed`);
    return true;
  }

  #pick(piece, cursor) {
    const note = noteUnder(piece, cursor);
    if (!note) return false;
    const keys = new Set(this.app.selection.value);
    const picked = !keys.delete(note.key) && keys.add(note.key);
    this.app.select([...keys]);
    this.app.speak(picked ? `selected, ${keys.size} in all` : "no longer selected");
    return true;
  }
}
