// Hearing a variant before it is taken: it is seen and heard in place of the piece, and its bars are played in a loop.

import { Signal } from "../model/signal.js";

export class Audition {
  /** The id of what is tried now, or null. */
  hearing = new Signal(null);
  /** What is tried now, or null, and what was played before it. */
  #trying = null;

  constructor(app, player) {
    Object.assign(this, { app, player });
  }

  get span() {
    return this.#trying?.span ?? null;
  }

  start({ piece }, span, id) {
    if (this.#trying?.id === id) return;
    const before = this.#trying?.before ?? { playing: this.player.playing.value, position: this.player.now() ?? this.player.position.value };
    this.#trying = { id, span, before };
    this.app.tried.value = piece;
    const now = this.player.now();
    const inside = before.playing && now !== null && now >= span[0] && now < span[1];
    this.player.start(inside ? now : span[0]);
    this.hearing.value = id;
  }

  /** Ends it, or only the one of an id. */
  stop(id) {
    if (!this.#trying || (id && this.#trying.id !== id)) return;
    const { before } = this.#trying;
    this.#trying = null;
    this.app.tried.value = null;
    if (before.playing) this.player.start(this.player.now() ?? before.position);
    else {
      this.player.stop();
      this.player.position.value = before.position;
    }
    this.hearing.value = null;
  }

  toggle(tried, span, id) {
    if (this.#trying?.id === id) this.stop();
    else this.start(tried, span, id);
  }
}
