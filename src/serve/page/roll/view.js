// Which part of the piece is seen: from steps and pitches to pixels and back, with smooth scrolling and zooming.

import { prefersStillness } from "./motion.js";

const NARROWEST = 0.5;
const WIDEST = 80;
const LOWEST_ROW = 5;
const HIGHEST_ROW = 34;
export const RULER = 24;

export class View {
  /** Size in CSS pixels, and the width of the keyboard. */
  width = 0;
  height = 0;
  gutter = 56;
  /** Length of the piece in steps. */
  length = 128;
  /** When the user last scrolled. */
  touched = -Infinity;
  /** The left step, the upper edge of the highest pitch seen, pixels per step and per pitch. */
  #now = { left: 0, top: 97, step: 6, row: 10 };
  #aim = { ...this.#now };

  constructor(changed) {
    this.changed = changed;
  }

  get left() { return this.#now.left; }
  get top() { return this.#now.top; }
  get stepWidth() { return this.#now.step; }
  get rowHeight() { return this.#now.row; }

  x(step) {
    return this.gutter + (step - this.#now.left) * this.#now.step;
  }

  /** The upper edge of a pitch. */
  y(pitch) {
    return RULER + (this.#now.top - pitch - 1) * this.#now.row;
  }

  step(x) {
    return this.#now.left + (x - this.gutter) / this.#now.step;
  }

  pitch(y) {
    return Math.min(127, Math.max(0, Math.ceil(this.#now.top - (y - RULER) / this.#now.row) - 1));
  }

  /** Steps and pitches in view. */
  get steps() {
    return Math.max(1, this.width - this.gutter) / this.#now.step;
  }

  get rows() {
    return Math.max(1, this.height - RULER) / this.#now.row;
  }

  resize(width, height, gutter) {
    Object.assign(this, { width, height, gutter });
    this.#go({}, true);
  }

  scroll(steps, pitches, atOnce = false) {
    this.touched = performance.now();
    this.#go({ left: this.#aim.left + steps, top: this.#aim.top + pitches }, atOnce);
  }

  /** Scrolls along with the playhead. */
  follow(step) {
    const ahead = step - this.#aim.left;
    if (ahead > this.steps * 0.92 || ahead < 0) this.#go({ left: step - this.steps * 0.06 });
  }

  /** Zooms about a point in pixels. */
  zoom(factorX, factorY, x, y, atOnce = false) {
    const aim = this.#aim;
    const step = Math.min(WIDEST, Math.max(this.#least(), aim.step * factorX));
    const row = Math.min(HIGHEST_ROW, Math.max(LOWEST_ROW, aim.row * factorY));
    const dx = Math.max(0, x - this.gutter);
    const dy = Math.max(0, y - RULER);
    this.#go({ step, row, left: aim.left + dx / aim.step - dx / step, top: aim.top - dy / aim.row + dy / row }, atOnce);
  }

  /** Shows steps `from` to `to`, and pitches `low` to `high` if they are given. */
  show(from, to, low, high, atOnce = false) {
    const step = Math.min(WIDEST, Math.max(NARROWEST, (this.width - this.gutter) / Math.max(4, to - from)));
    const aim = { step, left: from };
    if (low !== undefined) {
      aim.row = Math.min(18, Math.max(LOWEST_ROW, (this.height - RULER) / (high - low + 11)));
      aim.top = (low + high + 1) / 2 + (this.height - RULER) / aim.row / 2;
    }
    this.#go(aim, atOnce);
  }

  /** Scrolls as little as needed to see a cell. */
  reveal(step, pitch) {
    const aim = this.#aim;
    const margin = Math.min(8, this.steps / 4);
    let { left, top } = aim;
    if (step < left + 0.01) left = step - margin;
    else if (step > left + this.steps - margin) left = step - this.steps + 2 * margin;
    if (pitch !== undefined) {
      if (pitch > top - 2) top = pitch + 3;
      else if (pitch < top - this.rows + 1) top = pitch + this.rows - 2;
    }
    this.#go({ left, top });
  }

  #least() {
    return Math.min(6, Math.max(NARROWEST, (this.width - this.gutter) / (this.length + 16)));
  }

  #go(change, atOnce = false) {
    const aim = Object.assign(this.#aim, change);
    const steps = Math.max(1, this.width - this.gutter) / aim.step;
    const rows = Math.max(1, this.height - RULER) / aim.row;
    aim.left = Math.max(0, Math.min(aim.left, Math.max(0, this.length + 8 - steps)));
    aim.top = Math.min(128, Math.max(aim.top, Math.min(128, rows)));
    if (atOnce || prefersStillness()) {
      Object.assign(this.#now, aim);
      this.changed();
    } else if (!this.moving) {
      this.moving = true;
      requestAnimationFrame(() => this.#approach());
    }
  }

  #approach() {
    let rest = 0;
    for (const name of Object.keys(this.#aim)) {
      const distance = this.#aim[name] - this.#now[name];
      this.#now[name] += distance * 0.35;
      rest = Math.max(rest, Math.abs(distance) / (name === "left" ? 1 : 0.5));
    }
    this.moving = rest > 0.02;
    if (this.moving) requestAnimationFrame(() => this.#approach());
    else Object.assign(this.#now, this.#aim);
    this.changed();
  }
}
