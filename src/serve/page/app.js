// The state that the parts of the page share. Parts watch its signals and change them; they do not know each other.

import { History } from "./model/history.js";
import { Signal } from "./model/signal.js";
import { examplePiece } from "./model/example.js";
import { regionOfBars } from "./model/region.js";
import { NO_WISHES } from "./model/request.js";

const NONE = new Set();

export class App {
  constructor(engine) {
    this.engine = engine;
    this.history = new History(examplePiece());
    /** The piece as it is; changed by `edit`. */
    this.piece = this.history.piece;
    /** A piece that is shown and heard in its place, while a variant is tried. */
    this.tried = new Signal(null);
    /** Rectangles to be written anew, or null. */
    this.region = new Signal(regionOfBars(this.piece.value, 2, 3));
    /** Keys of the selected notes. */
    this.selection = new Signal(NONE);
    this.tool = new Signal("area");
    /** The keyboard's cursor, `{ step, pitch, length, seen }`. */
    this.cursor = new Signal({ step: 0, pitch: 60, length: 2, seen: false });
    this.wishes = new Signal(NO_WISHES);
    this.loop = new Signal(false);
    this.heard = new Signal({ given: true, fresh: true });
    this.volume = new Signal(80);
    /** What is being written, `{ task, ahead, step, steps }`, or null. */
    this.job = new Signal(null);
    /** The last answer, `{ id, task, base, variants, chords, key, area, span, takes }` (model/batch.js), or null. */
    this.batch = new Signal(null);
    /** Variants that are kept: `{ id, number, variant }` with what their batch has. */
    this.kept = new Signal([]);
    this.about = new Signal(null);
    /** A passing sentence, `{ text }`, and one for screen readers alone. */
    this.message = new Signal(null);
    this.spoken = new Signal("");
    this.singleKeys = new Signal(true);

    this.piece.watch(() => {
      this.tried.value = null;
      this.#forgetLostNotes();
    });
  }

  /** The piece that is seen and heard. */
  get shown() {
    return this.tried.value ?? this.piece.value;
  }

  edit(piece, selection) {
    this.history.push(piece);
    if (selection) this.selection.value = new Set(selection);
  }

  select(keys) {
    this.selection.value = keys.length === 0 ? NONE : new Set(keys);
  }

  say(text) {
    this.message.value = { text };
  }

  speak(text) {
    this.spoken.value = text;
  }

  wish(change) {
    this.wishes.value = { ...this.wishes.value, ...change };
  }

  #forgetLostNotes() {
    const { added, removed } = this.piece.value;
    if (this.selection.value.size === 0) return;
    const gone = new Set(removed.map((index) => `s${index}`));
    const present = new Set(added.map((note) => `a${note.id}`));
    const left = [...this.selection.value].filter((key) => (key.startsWith("s") ? !gone.has(key) : present.has(key)));
    if (left.length < this.selection.value.size) this.select(left);
  }
}
