// The whole piece below the roll: drag to scroll.

import { lengthOf, notesOf } from "../model/piece.js";
import { spanOf } from "../model/region.js";
import { onPalette, palette } from "./palette.js";
import { onceAFrame, sized } from "./surface.js";

export class Overview {
  constructor(app, roll, canvas) {
    Object.assign(this, { app, roll, canvas });
    this.draw = onceAFrame(() => this.#draw());
    for (const signal of [app.piece, app.tried, app.region]) signal.watch(this.draw);
    roll.viewed.push(this.draw);
    onPalette(this.draw);
    new ResizeObserver(this.draw).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && this.#go(event));
  }

  get #length() {
    return Math.max(1, lengthOf(this.app.shown));
  }

  #go(event) {
    const box = this.canvas.getBoundingClientRect();
    const step = ((event.clientX - box.left) / box.width) * this.#length;
    const { view } = this.roll;
    view.scroll(step - view.steps / 2 - view.left, 0, true);
  }

  #draw() {
    const { context, width, height } = sized(this.canvas);
    const { app, roll } = this;
    const colours = palette();
    const scale = width / this.#length;
    context.fillStyle = colours["white-key"];
    context.fillRect(0, 0, width, height);
    if (app.region.value) {
      const [start, end] = spanOf(app.region.value);
      context.fillStyle = colours.area;
      context.globalAlpha = 0.2;
      context.fillRect(start * scale, 0, (end - start) * scale, height);
      context.globalAlpha = 1;
    }
    const notes = notesOf(app.shown);
    const low = notes.reduce((least, note) => Math.min(least, note.pitch), 60) - 3;
    const high = notes.reduce((most, note) => Math.max(most, note.pitch), 60) + 3;
    const row = height / (high - low + 1);
    for (const note of notes) {
      context.fillStyle = note.fresh ? colours.fresh : colours.given;
      context.fillRect(note.start * scale, (high - note.pitch) * row, Math.max(1, note.duration * scale - 0.5), Math.max(1.5, row));
    }
    const { view } = roll;
    const [from, to] = [view.left * scale, Math.min(width, (view.left + view.steps) * scale)];
    context.fillStyle = colours.ink;
    context.globalAlpha = 0.12;
    context.fillRect(0, 0, from, height);
    context.fillRect(to, 0, width - to, height);
    context.globalAlpha = 0.6;
    context.strokeStyle = colours["quiet"];
    context.strokeRect(from + 0.5, 0.5, Math.max(2, to - from - 1), height - 1);
    context.globalAlpha = 1;
  }
}
