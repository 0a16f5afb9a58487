// Drag a rectangle over what shall be written anew. With Shift it is added to the one before.

import { disjoint } from "../model/region.js";

/** Steps that edges are rounded to, by what is wide enough to aim at. */
export function unitOf(view) {
  return view.stepWidth > 13 ? 1 : view.stepWidth > 5 ? 2 : 4;
}

export class AreaTool {
  cursor = () => "crosshair";
  #from = null;
  #cell = null;
  #adds = false;

  constructor(app, view) {
    this.app = app;
    this.view = view;
  }

  down(at, event) {
    this.#from = at;
    this.#adds = event.shiftKey;
  }

  move(at) {
    const far = Math.abs(at.x - this.#from.x) > 4 || Math.abs(at.y - this.#from.y) > 4;
    if (!far && !this.#cell) return;
    const unit = unitOf(this.view);
    const [first, last] = [Math.min(this.#from.step, at.step), Math.max(this.#from.step, at.step)];
    const start = Math.max(0, Math.floor(first / unit) * unit);
    const end = Math.max(start + unit, Math.ceil(last / unit) * unit);
    this.#cell = [Math.min(this.#from.pitch, at.pitch), Math.max(this.#from.pitch, at.pitch), start, end];
  }

  up(at) {
    const { app } = this;
    if (this.#cell) app.region.value = this.#adds && app.region.value ? disjoint([...app.region.value, this.#cell]) : [this.#cell];
    else {
      app.region.value = null;
      app.seek?.(Math.floor(at.step));
    }
    this.cancel();
  }

  cancel() {
    this.#from = null;
    this.#cell = null;
  }

  get shown() {
    return { stroke: this.#cell ? [this.#cell] : null };
  }
}
