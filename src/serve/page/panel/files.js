// In and out: a dropped or opened MIDI file; the piece as .mid, .wav or .png, by a click or by dragging it out.

import { pieceOfSong, stateOf } from "../model/piece.js";

const TYPES = { mid: "audio/midi", wav: "audio/wav", png: "image/png" };

export class Files {
  /** The .mid of the piece as it is, ready for a drag, which must not wait. */
  #ready = null;

  constructor(app, roll, session, { open, file, save, wav, png, drop }) {
    Object.assign(this, { app, roll, session });
    open.addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files[0]) this.open(file.files[0]);
      file.value = "";
    });
    for (const [button, as] of [[save, "mid"], [wav, "wav"], [png, "png"]]) button.addEventListener("click", () => this.save(as));
    for (const event of ["pointerenter", "focus", "pointerdown"]) save.addEventListener(event, () => this.#prepare());
    save.addEventListener("dragstart", (event) => this.#drag(event));
    this.#connectDrop(drop);
  }

  async open(file) {
    const { app } = this;
    try {
      const bytes = await file.arrayBuffer();
      const song = await app.engine.openSong(bytes);
      await this.session.keepSong(song.id, bytes);
      app.region.value = null;
      app.edit(pieceOfSong(song, file.name), []);
      this.roll.fit();
      app.say(song.note ?? `${file.name}: ${song.bars.length} bars. Mark what shall be written anew.`);
    } catch (error) {
      app.say(error.message);
    }
  }

  async save(as) {
    try {
      const blob = await this.app.engine.export(stateOf(this.app.piece.value), as);
      const address = URL.createObjectURL(blob);
      const link = document.createElement("a");
      Object.assign(link, { href: address, download: this.#name(as) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      this.app.say(error.message);
    }
  }

  #name(as) {
    const name = this.app.piece.value.name.replace(/\.(mid|midi|kar)$/i, "").replace(/[^\p{L}\p{N} ._-]/gu, "").trim();
    return `${name || "flocoder"}.${as}`;
  }

  async #prepare() {
    const piece = this.app.piece.value;
    if (this.#ready?.piece === piece) return;
    if (this.#ready?.address) URL.revokeObjectURL(this.#ready.address);
    const ready = { piece, address: null };
    this.#ready = ready;
    try {
      ready.blob = await this.app.engine.export(stateOf(piece), "mid");
      ready.address = URL.createObjectURL(ready.blob);
    } catch {
      this.#ready = null;
    }
  }

  #drag(event) {
    const ready = this.#ready;
    if (!ready?.address || ready.piece !== this.app.piece.value) {
      event.preventDefault();
      this.#prepare();
      return;
    }
    const name = this.#name("mid");
    event.dataTransfer.effectAllowed = "copy";
    event.dataTransfer.setData("DownloadURL", `${TYPES.mid}:${name}:${ready.address}`);
    event.dataTransfer.setData("text/uri-list", ready.address);
    event.dataTransfer.items.add(new File([ready.blob], name, { type: TYPES.mid }));
  }

  #connectDrop(drop) {
    let inside = 0;
    const show = (by) => {
      inside = Math.max(0, inside + by);
      drop.hidden = inside === 0;
    };
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    addEventListener("dragenter", (event) => hasFiles(event) && show(1));
    addEventListener("dragleave", (event) => hasFiles(event) && show(-1));
    addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      show(-Infinity);
      const file = event.dataTransfer.files[0];
      if (file) this.open(file);
    });
  }
}
