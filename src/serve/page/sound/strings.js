// The program's own strings: one note of every third pitch, fetched when it is first needed.

const LOWEST = 21;
const HIGHEST = 108;
const SPACING = 3;

export class Strings {
  #buffers = new Map();
  #loading = new Map();

  /** Decodes without a running audio context, which needs a gesture. */
  #decoder = new OfflineAudioContext(1, 1, 44_100);

  constructor(engine) {
    this.engine = engine;
  }

  /** Number of samples that are there. */
  get loaded() {
    return this.#buffers.size;
  }

  /** The pitch of the sample that is used for a pitch. */
  static near(pitch) {
    const steps = Math.round((Math.min(HIGHEST, Math.max(LOWEST, pitch)) - LOWEST) / SPACING);
    return LOWEST + SPACING * steps;
  }

  /** `{ buffer, rate }` of a pitch, or null while it is being fetched. */
  get(pitch) {
    const near = Strings.near(pitch);
    const buffer = this.#buffers.get(near);
    if (!buffer) this.#load(near);
    return buffer ? { buffer, rate: 2 ** ((pitch - near) / 12) } : null;
  }

  /** Fetches the samples of pitches; resolves when all are there, or after `patience` milliseconds. */
  load(pitches, patience = Infinity) {
    const all = Promise.all([...new Set(pitches.map(Strings.near))].map((near) => this.#load(near)));
    return patience === Infinity ? all : Promise.race([all, new Promise((resolve) => setTimeout(resolve, patience))]);
  }

  #load(near) {
    if (!this.#loading.has(near)) {
      const loaded = this.engine
        .string(near)
        .then((bytes) => this.#decoder.decodeAudioData(bytes))
        .then((buffer) => this.#buffers.set(near, buffer))
        .catch(() => this.#loading.delete(near));
      this.#loading.set(near, loaded);
    }
    return this.#loading.get(near);
  }
}
