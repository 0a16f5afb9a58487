// Plays a piece: schedules the notes of the next moments on the clock of the audio context, sample by sample, again and again.

import { Signal } from "../model/signal.js";

/** Milliseconds between two looks at the clock, and seconds that are scheduled ahead, in a visible page and in a hidden one. */
const INTERVAL = 40;
const AHEAD = 0.18;
const AHEAD_HIDDEN = 1.6;
/** Seconds between the press of the button and the first note. */
const START = 0.06;

export class Player {
  playing = new Signal(false);
  /** The step from which the next start plays. */
  position = new Signal(0);
  /** Number of notes scheduled so far. */
  struck = 0;
  #timer = null;
  #sounding = new Set();
  #turn = 0;

  /**
   * `source()` returns `{ notes, tempo, loop, length }` as they are now: notes by start, times in steps; `loop` is `[start, end]`, or
   * null to stop at the end.
   */
  constructor(output, source) {
    this.output = output;
    this.source = source;
  }

  async start(from = this.position.value) {
    this.stop();
    const turn = ++this.#turn;
    this.playing.value = true;
    const { notes } = this.source();
    const soon = notes.filter((note) => note.start >= from);
    await this.output.ready(soon.slice(0, 48), 700);
    if (turn !== this.#turn) return;
    this.output.ready(notes);
    this.#tempo = this.source().tempo;
    this.#when = this.output.context.currentTime + START;
    this.#step = from;
    this.#scheduled = from;
    this.#laps = [];
    this.#heard = null;
    this.#timer = setInterval(() => this.#schedule(), INTERVAL);
    this.#schedule();
  }

  stop() {
    if (!this.playing.value) return;
    this.position.value = this.now() ?? this.position.value;
    this.#turn++;
    clearInterval(this.#timer);
    this.#timer = null;
    this.silence();
    this.playing.value = false;
  }

  silence() {
    for (const end of this.#sounding) end();
    this.#sounding.clear();
  }

  /** Plays from another step from now on. */
  seek(step) {
    this.position.value = step;
    if (this.playing.value) this.start(step);
  }

  /** The step that is heard now, or null if nothing is played. */
  now() {
    if (this.#timer === null) return null;
    const time = this.output.context.currentTime - (this.output.context.outputLatency || 0);
    while (this.#laps.length > 0 && this.#laps[0].when <= time) this.#heard = this.#laps.shift();
    const { when, step } = this.#heard ?? { when: this.#when, step: this.#step };
    return Math.max(step, step + (time - when) * this.#rate());
  }

  /** The scheduler's lap: `#step` sounds at `#when`; all before `#scheduled` is scheduled. */
  #when = 0;
  #step = 0;
  #scheduled = 0;
  #tempo = 120;
  /** Laps that are scheduled but not heard yet, and the one that is heard. */
  #laps = [];
  #heard = null;

  /** Steps per second. */
  #rate() {
    return (this.#tempo * 4) / 60;
  }

  #schedule() {
    const { notes, tempo, loop, length } = this.source();
    const context = this.output.context;
    if (tempo !== this.#tempo) this.#retime(tempo);
    if (!loop && this.now() >= length) return this.#finish();
    const until = context.currentTime + (document.hidden ? AHEAD_HIDDEN : AHEAD);
    for (let laps = 0; laps < 64; laps++) {
      // Past the end of the loop the piece is played to its own end.
      const end = loop && this.#scheduled < loop[1] ? loop[1] : Math.max(length, this.#scheduled);
      const horizon = Math.min(end, this.#step + (until - this.#when) * this.#rate());
      this.#strike(notes, this.#scheduled, horizon, end);
      this.#scheduled = Math.max(this.#scheduled, horizon);
      if (horizon < end || !loop) break;
      this.#turnBack(end, loop[0]);
    }
  }

  #finish() {
    this.stop();
    this.position.value = 0;
  }

  /** Begins another lap at `start`, when `end` has sounded. */
  #turnBack(end, start) {
    this.#when += (end - this.#step) / this.#rate();
    this.#step = start;
    this.#scheduled = start;
    this.#laps.push({ when: this.#when, step: start });
  }

  #strike(notes, from, to, end) {
    const now = this.output.context.currentTime;
    for (let index = firstFrom(notes, from); index < notes.length && notes[index].start < to; index++) {
      const note = notes[index];
      const when = Math.max(now, this.#when + (note.start - this.#step) / this.#rate());
      const seconds = Math.min(note.duration, end - note.start) / this.#rate();
      const stop = this.output.strike(note, when, seconds);
      this.struck++;
      this.#sounding.add(stop);
      setTimeout(() => this.#sounding.delete(stop), 1000 * (when - now + seconds + 0.7));
    }
  }

  /** Another tempo from now on. */
  #retime(tempo) {
    const at = this.#scheduled;
    this.#when += (at - this.#step) / this.#rate();
    this.#step = at;
    this.#tempo = tempo;
    this.#laps.push({ when: this.#when, step: at });
  }
}

/** The index of the first note that starts at or after a step. */
function firstFrom(notes, step) {
  let low = 0;
  let high = notes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (notes[middle].start < step) low = middle + 1;
    else high = middle;
  }
  return low;
}
