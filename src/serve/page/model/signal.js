// A value that can be watched.

export class Signal {
  #value;
  #watchers = new Set();

  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  set value(value) {
    if (value === this.#value) return;
    const before = this.#value;
    this.#value = value;
    for (const watcher of this.#watchers) watcher(value, before);
  }

  /** Calls `watcher(value, before)` after each change, and with `now` at once. */
  watch(watcher, { now = false } = {}) {
    this.#watchers.add(watcher);
    if (now) watcher(this.#value, undefined);
    return () => this.#watchers.delete(watcher);
  }
}

/** Calls a function after a change of any of several signals. */
export function watchAny(signals, watcher) {
  for (const signal of signals) signal.watch(watcher);
  watcher();
}
