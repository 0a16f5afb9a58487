// Mouse, pen and fingers on the roll. One pointer uses the tool; two fingers scroll and zoom; the wheel does too.

import { barAt } from "../model/piece.js";
import { regionOfBars } from "../model/region.js";
import { RULER } from "./view.js";

export class Gestures {
  #pointers = new Map();
  #hand = null;
  #pinch = null;

  /** `tools` by name; `changed` is called when what the tool shows has changed. */
  constructor(canvas, app, view, tools, changed) {
    Object.assign(this, { canvas, app, view, tools, changed });
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#up(event, true));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** What the gesture under way shows: parts of `drawOverlay`, and `hidden` keys. */
  get shown() {
    return this.#hand?.shown ?? {};
  }

  get isBusy() {
    return this.#hand !== null || this.#pinch !== null;
  }

  cancel() {
    this.#hand?.cancel?.();
    this.#hand = null;
    this.changed();
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return { x, y, step: this.view.step(x), pitch: this.view.pitch(y) };
  }

  #handAt({ x, y }) {
    if (x < this.view.gutter) return new KeyHand(this.app, this.view);
    if (y < RULER) return new RulerHand(this.app, this.view);
    return this.tools[this.app.tool.value];
  }

  #down(event) {
    if (event.button > 1) return;
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, event);
    if (this.#pointers.size === 2) {
      this.cancel();
      this.#pinch = spread(this.#pointers);
    } else if (this.#pointers.size === 1) {
      this.app.cursor.value = { ...this.app.cursor.value, seen: false };
      const at = this.#at(event);
      this.#hand = event.button === 1 ? new PanHand(this.view) : this.#handAt(at);
      if (event.button === 1) event.preventDefault();
      this.#hand.down(at, event);
      this.changed();
    }
  }

  #move(event) {
    const at = this.#at(event);
    if (!this.#pointers.has(event.pointerId)) {
      const inside = at.x >= this.view.gutter && at.y >= RULER;
      this.canvas.style.cursor = inside ? this.tools[this.app.tool.value].cursor(at) : at.x < this.view.gutter ? "pointer" : "col-resize";
      this.hovered?.(inside ? at : null);
      return;
    }
    this.#pointers.set(event.pointerId, event);
    if (this.#pinch) this.#zoom();
    else if (this.#hand) {
      if (!(this.#hand instanceof PanHand)) this.#scrollAtEdge(at);
      this.#hand.move(at, event);
      this.changed();
    }
  }

  #up(event, cancelled = false) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (this.#pinch) {
      if (this.#pointers.size === 0) this.#pinch = null;
      return;
    }
    if (!this.#hand) return;
    if (cancelled) return this.cancel();
    this.#hand.up(this.#at(event), event);
    this.#hand = null;
    this.changed();
  }

  #scrollAtEdge({ x, y }) {
    const { view } = this;
    if (x > view.width - 12) view.scroll(8 / view.stepWidth, 0);
    else if (x < view.gutter + 4 && x > 0) view.scroll(-8 / view.stepWidth, 0);
    if (y > view.height - 8) view.scroll(0, -0.5);
    else if (y < RULER + 4 && y > RULER - 20) view.scroll(0, 0.5);
  }

  #zoom() {
    const now = spread(this.#pointers);
    const before = this.#pinch;
    const box = this.canvas.getBoundingClientRect();
    const { view } = this;
    view.scroll((before.x - now.x) / view.stepWidth, (now.y - before.y) / view.rowHeight, true);
    const factor = (to, from) => (from > 60 && to > 60 ? to / from : 1);
    view.zoom(factor(now.width, before.width), factor(now.height, before.height), now.x - box.left, now.y - box.top, true);
    this.#pinch = now;
  }

  #wheel(event) {
    event.preventDefault();
    const { view } = this;
    const { x, y } = this.#at(event);
    const unit = event.deltaMode === 1 ? 18 : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.ctrlKey || event.metaKey) view.zoom(Math.exp(-dy * 0.004), 1, x, y);
    else if (event.altKey) view.zoom(1, Math.exp(-dy * 0.004), x, y);
    else if (event.shiftKey || x < 0) view.scroll((dx || dy) / view.stepWidth, 0);
    else if (y < RULER) view.scroll((dx + dy) / view.stepWidth, 0);
    else view.scroll(dx / view.stepWidth, -dy / view.rowHeight);
  }
}

/** The middle of two pointers and their distances. */
function spread(pointers) {
  const [a, b] = [...pointers.values()];
  return {
    x: (a.clientX + b.clientX) / 2,
    y: (a.clientY + b.clientY) / 2,
    width: Math.abs(a.clientX - b.clientX),
    height: Math.abs(a.clientY - b.clientY),
  };
}

/** On the keyboard: keys sound; a drag plays along. */
class KeyHand {
  constructor(app, view) {
    Object.assign(this, { app, view, pitch: null });
  }

  down(at) {
    this.move(at);
  }

  move(at) {
    if (at.pitch === this.pitch) return;
    this.pitch = at.pitch;
    this.app.touch?.(at.pitch);
    this.app.lit?.(at.pitch);
  }

  up() {}
}

/** The middle button drags the roll. */
class PanHand {
  constructor(view) {
    this.view = view;
  }

  down({ x, y }) {
    this.last = { x, y };
  }

  move({ x, y }) {
    this.view.scroll((this.last.x - x) / this.view.stepWidth, (y - this.last.y) / this.view.rowHeight, true);
    this.last = { x, y };
  }

  up() {}
}

/** On the ruler: a click moves the playhead, a drag marks whole bars. */
class RulerHand {
  constructor(app, view) {
    Object.assign(this, { app, view, from: null, bars: null });
  }

  down(at) {
    this.from = at;
  }

  move(at) {
    if (Math.abs(at.x - this.from.x) < 5 && !this.bars) return;
    const piece = this.app.piece.value;
    const [a, b] = [barAt(piece, Math.max(0, this.from.step)), barAt(piece, Math.max(0, at.step))];
    this.bars = [Math.min(a, b), Math.max(a, b)];
    this.app.region.value = regionOfBars(piece, ...this.bars);
  }

  up(at) {
    if (!this.bars) this.app.seek?.(Math.max(0, Math.floor(at.step)));
  }
}
