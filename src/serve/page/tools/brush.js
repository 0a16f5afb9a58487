// Paint freely over what shall be written anew. With Shift it is added to what is marked.

import { disjoint } from "../model/region.js";
import { unitOf } from "./area.js";

/** Half the height of the brush in pitches. */
const REACH = 2;

export class BrushTool {
  cursor = () => "crosshair";
  #cells = [];
  #last = null;

  constructor(app, view) {
    this.app = app;
    this.view = view;
  }

  down(at, event) {
    this.#cells = event.shiftKey && this.app.region.value ? [...this.app.region.value] : [];
    this.#last = null;
    this.move(at);
  }

  move(at) {
    const from = this.#last ?? at;
    const unit = unitOf(this.view);
    const distance = Math.max(Math.abs(at.step - from.step) / unit, Math.abs(at.pitch - from.pitch) / REACH, 1);
    for (let part = 0; part <= distance; part++) {
      const step = from.step + ((at.step - from.step) * part) / distance;
      const pitch = Math.round(from.pitch + ((at.pitch - from.pitch) * part) / distance);
      const start = Math.max(0, Math.floor(step / unit) * unit);
      this.#cells.push([Math.max(0, pitch - REACH), Math.min(127, pitch + REACH), start, start + unit]);
    }
    this.#cells = disjoint(this.#cells);
    this.#last = at;
  }

  up() {
    this.app.region.value = this.#cells;
    this.cancel();
  }

  cancel() {
    this.#cells = [];
    this.#last = null;
  }

  get shown() {
    return { stroke: this.#cells.length > 0 ? this.#cells : null };
  }
}
