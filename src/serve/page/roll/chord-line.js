// The line of chords above the bars: a field for each bar in view. Recognised chords are grey, typed ones ink.

import { foundIn, withChords } from "../model/chords.js";
import { isChords } from "../model/music.js";
import { barAt, barsOf } from "../model/piece.js";
import { onceAFrame } from "./surface.js";

/** Narrower bars have no field, except every second, fourth, … */
const NARROWEST = 44;

export class ChordLine {
  #fields = new Map();

  constructor(app, roll, box) {
    Object.assign(this, { app, roll, box });
    this.layout = onceAFrame(() => this.#layout());
    roll.viewed.push(this.layout);
    app.piece.watch(this.layout);
    app.tried.watch(this.layout);
    this.layout();
  }

  #layout() {
    const { view } = this.roll;
    const piece = this.app.piece.value;
    const bars = barsOf(piece);
    this.box.classList.toggle("narrow", view.gutter < 50);
    const seen = new Set();
    const last = view.step(view.width);
    for (let index = barAt(piece, view.left); index < bars.length && bars[index].start < last; index++) {
      const { start, steps } = bars[index];
      const width = steps * view.stepWidth;
      if (width < NARROWEST) continue;
      seen.add(index);
      const field = this.#field(index);
      const style = field.style;
      style.transform = `translateX(${Math.round(view.x(start)) + 1}px)`;
      style.width = `${Math.floor(width) - 2}px`;
      this.#fillIn(field, piece, index);
    }
    for (const [index, field] of this.#fields) {
      if (seen.has(index) || field === document.activeElement) continue;
      field.remove();
      this.#fields.delete(index);
    }
  }

  #fillIn(field, piece, index) {
    const found = foundIn(this.app.shown, index) || "";
    const text = piece.chords[index] ?? "";
    field.placeholder = found || "·";
    if (field !== document.activeElement && field.value !== text) field.value = text;
    field.setAttribute("aria-label", `Chords of bar ${index + 1}${found ? `, recognised: ${found}` : ""}`);
  }

  #field(index) {
    let field = this.#fields.get(index);
    if (field) return field;
    field = document.createElement("input");
    Object.assign(field, { type: "text", autocomplete: "off", spellcheck: false, title: "Chords of this bar, such as Am, or Am F; empty: free" });
    field.dataset.bar = index;
    field.addEventListener("input", () => field.classList.toggle("wrong", !isChords(field.value)));
    field.addEventListener("change", () => this.#changed(field, index));
    field.addEventListener("focus", () => this.roll.view.reveal(barsOf(this.app.piece.value)[index]?.start ?? 0));
    field.addEventListener("keydown", (event) => this.#key(event, field, index));
    const after = [...this.#fields.keys()].filter((other) => other > index).sort((a, b) => a - b)[0];
    this.box.insertBefore(field, this.#fields.get(after) ?? null);
    this.#fields.set(index, field);
    return field;
  }

  #changed(field, index) {
    const piece = this.app.piece.value;
    if (!isChords(field.value)) {
      this.app.say(`“${field.value}” is not a chord. Write chords such as Am, F, C/E or Gsus4.`);
      return;
    }
    if ((piece.chords[index] ?? "") !== field.value.trim()) this.app.edit(withChords(piece, index, field.value));
  }

  #key(event, field, index) {
    if (event.key === "Enter") {
      this.#changed(field, index);
      this.#fields.get(index + 1)?.focus();
    } else if (event.key === "Escape") {
      field.value = this.app.piece.value.chords[index] ?? "";
      field.classList.remove("wrong");
      field.blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
