// Where notes sound: the page's own strings, or a MIDI device.

import { MidiOut } from "./midi-out.js";
import { Strings } from "./strings.js";
import { strike } from "./voice.js";

export class Output {
  midi = new MidiOut();
  #volume = 0.8;

  constructor(engine) {
    this.strings = new Strings(engine);
  }

  /** The audio context, made at the first sound, which browsers allow after a gesture only. */
  get context() {
    if (!this.audio) {
      this.audio = new AudioContext({ latencyHint: "interactive" });
      this.master = this.audio.createGain();
      this.master.gain.value = this.#volume;
      this.analyser = this.audio.createAnalyser();
      const limiter = this.audio.createDynamicsCompressor();
      limiter.threshold.value = -6;
      limiter.ratio.value = 12;
      limiter.attack.value = 0.002;
      this.master.connect(limiter).connect(this.analyser).connect(this.audio.destination);
    }
    return this.audio;
  }

  set volume(volume) {
    this.#volume = volume;
    this.master?.gain.setTargetAtTime(volume, this.audio.currentTime, 0.01);
  }

  /** Readies the strings of some notes. */
  async ready(notes, patience) {
    const context = this.context;
    if (context.state !== "running") await context.resume();
    if (!this.midi.chosen) await this.strings.load(notes.map((note) => note.pitch), patience);
  }

  /** Plays a note at a time of the audio context; returns a function that ends it. */
  strike(note, when, seconds) {
    if (this.midi.chosen) return this.midi.strike(note, when - this.context.currentTime, seconds);
    return strike(this.context, this.master, this.strings, note, when, seconds);
  }

  /** A short note at once, as a key that is pressed. */
  async touch(pitch, velocity = 80) {
    await this.ready([{ pitch }], 300);
    this.strike({ pitch, velocity }, this.context.currentTime + 0.005, 0.35);
  }
}
