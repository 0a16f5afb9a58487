// Notes to a MIDI device, where the browser has Web MIDI.

export class MidiOut {
  /** The chosen port, or null for the page's own sound. */
  chosen = null;
  #access = null;

  static get exists() {
    return "requestMIDIAccess" in navigator;
  }

  /** The ports, `[{ id, name }]`; asks the user for permission the first time. */
  async ports() {
    this.#access ??= await navigator.requestMIDIAccess();
    return [...this.#access.outputs.values()].map(({ id, name }) => ({ id, name }));
  }

  choose(id) {
    this.chosen = id ? this.#access?.outputs.get(id) ?? null : null;
  }

  /** Sends a note `delay` seconds from now; returns a function that ends it. */
  strike({ pitch, velocity }, delay, seconds) {
    const port = this.chosen;
    const at = performance.now() + 1000 * Math.max(0, delay);
    port.send([0x90, pitch, velocity], at);
    port.send([0x80, pitch, 0], at + 1000 * seconds - 2);
    return () => port.send([0x80, pitch, 0]);
  }
}
