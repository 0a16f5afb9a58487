// The engine of `flocoder serve`: requests by HTTP, answers by server-sent events.

import { Signal } from "../model/signal.js";
import { EngineError } from "./failure.js";
import { listen } from "./events.js";

const LOST = "The server does not answer. Is flocoder serve still running? This page connects again by itself.";
const AWAY = "The server does not answer. Start flocoder serve again: this page connects by itself and keeps your piece.";
const ENDED = "The training has ended, and with it the server of this page. flocoder serve --runs shows the run again.";
const STOPPED = "The connection was lost while this was being written. Press the button again.";

export class ServerEngine {
  connected = new Signal(null);
  notice = new Signal(null);
  songBytes = async () => null;
  /** Whether this is the page of a run, which is served while it trains. */
  #watches = false;
  #client = Math.random().toString(36).slice(2) + Date.now().toString(36);
  #jobs = new Map();
  /** Events of jobs whose number the page does not know yet. */
  #early = new Map();

  constructor() {
    const lost = () => {
      this.connected.value = false;
      this.notice.value = this.#watches ? ENDED : AWAY;
      for (const job of this.#jobs.values()) job.reject(new EngineError(STOPPED));
      this.#jobs.clear();
    };
    listen(this.#address("api/events", { client: this.#client }), {
      opened: () => {
        this.connected.value = true;
        this.notice.value = null;
      },
      lost,
      event: (name, data) => this.#event(name, data),
    });
  }

  async about() {
    const about = await (await this.#ask("GET", "api/about")).json();
    this.#watches = about.run !== null;
    return about;
  }

  async openSong(bytes) {
    return (await this.#ask("POST", "api/songs", bytes, { type: "audio/midi" })).json();
  }

  write(request, heard = {}) {
    let id = null;
    let cancelled = false;
    const cancel = () => {
      cancelled = true;
      if (id !== null) this.#ask("DELETE", `api/jobs/${id}`).catch(() => {});
    };
    const done = this.#post(request).then(({ job }) => {
      id = job;
      if (cancelled) cancel();
      return new Promise((resolve, reject) => {
        this.#jobs.set(id, { heard, resolve, reject });
        for (const [name, data] of this.#early.get(id) ?? []) this.#event(name, data);
        this.#early.delete(id);
      });
    });
    return { done, cancel };
  }

  async export(state, as) {
    const answer = await this.#again(state, () => this.#ask("POST", "api/export", JSON.stringify({ state }), { query: { as } }));
    return answer.blob();
  }

  async string(pitch) {
    return (await this.#ask("GET", `api/string/${pitch}.wav`)).arrayBuffer();
  }

  async runs() {
    return (await this.#ask("GET", "api/runs")).json();
  }

  async run(name) {
    return (await this.#ask("GET", `api/runs/${encodeURIComponent(name)}`)).json();
  }

  async fileOfRun(name, file) {
    return (await this.#ask("GET", `api/runs/${encodeURIComponent(name)}/${encodeURIComponent(file)}`)).blob();
  }

  async #post(request) {
    const send = () => this.#ask("POST", "api/jobs", JSON.stringify(request), { query: { client: this.#client } });
    return (await this.#again(request.state, send)).json();
  }

  /** Repeats a request after uploading the song that the server has forgotten. */
  async #again(state, send) {
    try {
      return await send();
    } catch (error) {
      const bytes = error.status === 404 && state.song !== null ? await this.songBytes(state.song) : null;
      if (!bytes) throw error;
      await this.openSong(bytes);
      return send();
    }
  }

  #event(name, data) {
    const job = this.#jobs.get(data.job);
    if (!job) {
      this.#early.set(data.job, [...(this.#early.get(data.job) ?? []), [name, data]]);
      return;
    }
    if (name === "result") job.resolve(data);
    else if (name === "failed") job.reject(new EngineError(data.message));
    else if (name === "cancelled") job.reject(new EngineError("Stopped.", { cancelled: true }));
    else return job.heard[name]?.(data);
    this.#jobs.delete(data.job);
  }

  /** A relative address with what the page's own address has, such as the token. */
  #address(path, query = {}) {
    const address = new URL(path, document.baseURI);
    for (const [name, value] of new URLSearchParams(location.search)) address.searchParams.set(name, value);
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    return address;
  }

  async #ask(method, path, body, { type = "application/json", query } = {}) {
    const headers = { "X-Flocoder": "1" };
    if (body !== undefined) headers["Content-Type"] = type;
    let answer;
    try {
      answer = await fetch(this.#address(path, query), { method, headers, body });
    } catch {
      throw new EngineError(this.#watches ? ENDED : LOST);
    }
    if (answer.ok) return answer;
    const { error } = await answer.json().catch(() => ({}));
    throw new EngineError(error ?? `The server refused this (${answer.status}).`, { status: answer.status });
  }
}
