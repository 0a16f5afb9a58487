// The engine that computes in the tab, without a server: the same program in two threads, one of which has the network.

import { Signal } from "../model/signal.js";
import { EngineError } from "./failure.js";
import { Thread } from "./tab/thread.js";
import { PROGRAM, UNABLE } from "./tab/unable.js";

const KINDS = { mid: "audio/midi", wav: "audio/wav", png: "image/png" };

export class TabEngine {
  connected = new Signal(null);
  notice = new Signal(null);
  songBytes = async () => null;
  #studio = new Thread("studio.js");
  /** Null without WebGPU. */
  #writer = null;

  constructor() {
    if (!navigator.gpu) {
      this.notice.value = { text: UNABLE, link: PROGRAM };
      return;
    }
    this.#writer = new Thread("writer.js", {
      loading: ({ bytes, total }) => (this.notice.value = `The model is being loaded (${share(bytes, total)}). You can already play and edit.`),
      ready: () => {
        this.notice.value = null;
        this.connected.value = true;
      },
      broken: (message) => (this.notice.value = message === UNABLE ? { text: UNABLE, link: PROGRAM } : message),
    });
  }

  about() {
    return this.#writer?.call("about").done ?? Promise.reject(new EngineError(UNABLE));
  }

  openSong(bytes) {
    return this.#studio.call("song", { bytes: new Uint8Array(bytes) }).done;
  }

  write(request, heard = {}) {
    if (!this.#writer) return { done: Promise.reject(new EngineError(UNABLE)), cancel() {} };
    let id = null;
    const send = () => {
      const call = this.#writer.call("write", { request }, heard);
      id = call.id;
      return call.done;
    };
    return { done: this.#again(this.#writer, request.state, send), cancel: () => this.#writer.stop(id) };
  }

  async export(state, as) {
    const bytes = await this.#again(this.#studio, state, () => this.#studio.call("export", { state, as }).done);
    return new Blob([bytes], { type: KINDS[as] });
  }

  async string(pitch) {
    return (await this.#studio.call("string", { pitch }).done).buffer;
  }

  /** Repeats a call after giving its thread the song that it does not have. */
  async #again(thread, state, send) {
    try {
      return await send();
    } catch (error) {
      const bytes = error.status === 404 && state.song !== null ? await this.songBytes(state.song) : null;
      if (!bytes) throw error;
      await thread.call("song", { bytes: new Uint8Array(bytes) }).done;
      return send();
    }
  }
}

/** In whole megabytes, since each change is read aloud. */
function share(bytes, total) {
  const megabytes = (number) => Math.round(number / 1e6);
  return total ? `${megabytes(bytes)} of ${megabytes(total)} MB` : `${megabytes(bytes)} MB`;
}
