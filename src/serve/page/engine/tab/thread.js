// A worker as seen from the page: calls, each a promise.

import { EngineError } from "../failure.js";

export class Thread {
  #worker;
  #next = 0;
  #calls = new Map();
  #broken = null;

  /** `heard` has loading({ bytes, total }), ready() and broken(message), all optional. */
  constructor(file, heard = {}) {
    this.heard = heard;
    this.#worker = new Worker(new URL(file, import.meta.url), { type: "module" });
    this.#worker.onmessage = ({ data }) => this.#heard(data);
    this.#worker.onerror = ({ message }) => this.#break(message || `${file} could not be started.`);
  }

  /** `{ id, done }`: the number of the call, and its answer. `heard` has progress({ step, steps }) and preview({ variants }), both optional. */
  call(call, data = {}, heard = {}) {
    const id = this.#next++;
    if (this.#broken) return { id, done: Promise.reject(new EngineError(this.#broken)) };
    this.#worker.postMessage({ id, call, ...data });
    return { id, done: new Promise((resolve, reject) => this.#calls.set(id, { heard, resolve, reject })) };
  }

  /** Stops a call. */
  stop(id) {
    this.#worker.postMessage({ call: "stop", of: id });
  }

  #heard({ id, done, failed, status, cancelled, progress, preview, loading, ready, broken }) {
    if (loading) return this.heard.loading?.(loading);
    if (ready) return this.heard.ready?.();
    if (broken) return this.#break(broken);
    const call = this.#calls.get(id);
    if (progress) return call.heard.progress?.(progress);
    if (preview) return call.heard.preview?.(preview);
    this.#calls.delete(id);
    if (failed === undefined) call.resolve(done);
    else call.reject(new EngineError(failed, { cancelled, status }));
  }

  #break(message) {
    this.#broken = message;
    this.#worker.terminate();
    for (const { reject } of this.#calls.values()) reject(new EngineError(message));
    this.#calls.clear();
    this.heard.broken?.(message);
  }
}
