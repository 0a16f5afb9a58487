// A session is what one tab works on. A tab that is reloaded finds its own again; a new tab takes up the one that was closed last,
// or begins another if all are open in other tabs; a duplicated tab begins with a copy.

import { read, readAll, remove, write } from "./storage.js";

const KEY = "flocoder-session";
/** Sessions that are kept, and pieces of their history. */
const MOST_SESSIONS = 12;
const MOST_STEPS = 400;
/** Milliseconds of quiet before something is saved. */
const QUIET = 300;

export class Session {
  #id = null;
  #timer = null;

  constructor(app) {
    this.app = app;
  }

  /** Finds the session of this tab and restores it; returns whether there was one. A fresh one leaves it as it is, to be taken up later. */
  async begin({ fresh = false } = {}) {
    let saved = null;
    try {
      const own = fresh ? null : sessionStorage.getItem(KEY);
      if (own && (await claimSoon(own))) saved = await this.#take(own);
      else if (own) saved = await read("sessions", own);
      else if (!fresh) saved = await this.#takeLastClosed();
      if (!this.#id) await this.#take(newId());
    } catch {
      this.#id ??= newId();
      this.app.say("The browser does not keep data for this page: what you do is lost when it is closed.");
    }
    if (saved) this.#restore(saved);
    this.#watch();
    return saved !== null;
  }

  keepSong(id, bytes) {
    return write("songs", id, bytes).catch(() => {});
  }

  songBytes(id) {
    return read("songs", id).catch(() => null);
  }

  async #take(id) {
    this.#id = id;
    sessionStorage.setItem(KEY, id);
    await claim(id);
    return (await read("sessions", id)) ?? null;
  }

  async #takeLastClosed() {
    const sessions = (await readAll("sessions")).sort((a, b) => b.time - a.time);
    for (const old of sessions.slice(MOST_SESSIONS)) await remove("sessions", old.id);
    if (!navigator.locks) return sessions[0] ?? null;
    for (const { id } of sessions.slice(0, MOST_SESSIONS)) if (await claim(id)) return this.#take(id);
    return null;
  }

  #watch() {
    const { app } = this;
    for (const signal of [app.piece, app.region, app.wishes, app.batch, app.kept, app.loop, app.volume, app.tool, app.singleKeys]) {
      signal.watch(() => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#save(), QUIET);
      });
    }
    addEventListener("pagehide", () => this.#save());
    addEventListener("visibilitychange", () => document.hidden && this.#save());
  }

  #save() {
    clearTimeout(this.#timer);
    const { app } = this;
    const { past, future, piece } = app.history;
    write("sessions", this.#id, {
      id: this.#id,
      time: Date.now(),
      past: past.slice(-MOST_STEPS),
      piece: piece.value,
      future: future.slice(-MOST_STEPS),
      region: app.region.value,
      wishes: app.wishes.value,
      batch: app.batch.value,
      kept: app.kept.value,
      settings: { loop: app.loop.value, volume: app.volume.value, tool: app.tool.value, singleKeys: app.singleKeys.value },
    }).catch(() => {});
  }

  #restore(saved) {
    const { app } = this;
    app.history.restore(saved);
    app.region.value = saved.region;
    app.wish(saved.wishes);
    app.batch.value = saved.batch;
    app.kept.value = saved.kept;
    for (const [name, value] of Object.entries(saved.settings)) app[name].value = value;
  }
}

function newId() {
  return Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
}

const claimed = new Set();

/** Locks a session whose lock the same tab may be about to release, as a reload does. */
async function claimSoon(id) {
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await claim(id)) return true;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  return false;
}

/** Locks a session for as long as this tab lives; false if another tab has it. Without locks every session is free. */
async function claim(id) {
  if (!navigator.locks || claimed.has(id)) return true;
  return new Promise((resolve) => {
    navigator.locks.request(`${KEY}-${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      if (!lock) return undefined;
      claimed.add(id);
      return new Promise(() => {});
    });
  });
}
