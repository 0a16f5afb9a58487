// The variants: cards to hear, take and keep; progress while they are written.

import { takenIn, withVariant } from "../model/batch.js";
import { TASKS } from "../model/request.js";
import { prefersStillness } from "../roll/motion.js";
import { Card } from "./card.js";

export class Tray {
  #cards = [];
  #kept = new Map();

  constructor(app, audition, writer, parts) {
    Object.assign(this, { app, audition, parts });
    app.job.watch((job, before) => this.#progress(job, before), { now: true });
    app.batch.watch(() => this.#show(), { now: true });
    app.kept.watch(() => this.#showKept(), { now: true });
    app.piece.watch(() => this.#markTaken());
    audition.hearing.watch(() => this.#markHeard());
    parts.again.addEventListener("click", () => app.batch.value && writer.write(app.batch.value.task));
  }

  /** Takes variant `index` of the last answer in place of the one that was taken before. */
  takeAt(index) {
    const batch = this.app.batch.value;
    const variant = batch?.variants[index];
    if (variant) this.#take(batch, variant, index);
  }

  keepAt(index) {
    const batch = this.app.batch.value;
    if (batch?.variants[index]) this.#toggleKept(batch, index);
  }

  hearAt(index) {
    const batch = this.app.batch.value;
    if (batch?.variants[index]) this.audition.toggle(this.#tried(batch, batch.variants[index]), batch.span, `${batch.id}/${index}`);
  }

  #tried(batch, variant) {
    return withVariant(batch, variant, this.app.piece.value);
  }

  #take(batch, variant, index) {
    const { app } = this;
    this.audition.stop();
    if (batch.takes.some((taken) => taken.variant === variant && taken.piece === app.piece.value)) return;
    const { piece, keys, before } = this.#tried(batch, variant);
    app.edit(piece, []);
    batch.takes.push({ index, variant, keys, before, piece });
    this.#markTaken();
    app.speak(`Variant ${index + 1} taken: ${keys.length} new notes`);
  }

  #toggleKept(batch, index) {
    const { app } = this;
    const id = `${batch.id}/${index}`;
    const others = app.kept.value.filter((one) => one.id !== id);
    const keeps = others.length === app.kept.value.length;
    const { task, base, chords, area, span, takes } = batch;
    app.kept.value = keeps ? [...others, { id, number: index + 1, task, base, chords, area, span, takes, variant: batch.variants[index] }] : others;
    app.speak(keeps ? `Variant ${index + 1} kept` : "No longer kept");
    for (const [at, card] of this.#cards.entries()) card.kept = this.#isKept(app.batch.value, at);
  }

  #isKept(batch, index) {
    return this.app.kept.value.some((one) => one.id === `${batch?.id}/${index}`);
  }

  #progress(job, before) {
    const { progress, text, hints, cards, again } = this.parts;
    progress.hidden = job === null;
    again.hidden = job !== null || !this.app.batch.value;
    if (!job) {
      text.textContent = this.#summary();
      if (before) this.#show();
      return;
    }
    hints.hidden = true;
    if (!before) {
      this.audition.stop();
      cards.replaceChildren();
      this.#cards = Array.from({ length: job.variants }, (_, index) => new Card({ index, base: job.base, span: job.span, waiting: true }));
      cards.append(...this.#cards.map((card) => card.element));
      cards.scrollIntoView({ block: "nearest", behavior: prefersStillness() ? "auto" : "smooth" });
    }
    if (job.steps > 0) progress.value = job.step / job.steps;
    else progress.removeAttribute("value");
    text.textContent = job.ahead > 0 ? `Waiting for ${job.ahead} other ${job.ahead === 1 ? "task" : "tasks"}` : job.steps > 0 ? `Step ${job.step} of ${job.steps}` : "Starting";
    if (job.previews !== before?.previews) job.previews?.forEach((variant, index) => this.#cards[index]?.show(variant));
  }

  #summary() {
    const batch = this.app.batch.value;
    if (!batch) return "";
    const key = batch.key ? ` · key ${batch.key}` : "";
    const kept = this.app.kept.value.length ? ` · ${this.app.kept.value.length} kept` : "";
    return `${TASKS[batch.task].done}${key} · ${matchMedia("(hover: none)").matches ? "tap to hear" : "point to hear, click to take"}${kept}`;
  }

  #show() {
    const batch = this.app.batch.value;
    if (this.app.job.value) return;
    const { cards, hints, text, again } = this.parts;
    hints.hidden = batch !== null || this.app.kept.value.length > 0;
    again.hidden = batch === null;
    text.textContent = this.#summary();
    if (batch && this.shown === batch.id && this.#cards.length === batch.variants.length && !this.#cards[0].waiting) return;
    this.shown = batch?.id;
    cards.replaceChildren();
    this.#cards = (batch?.variants ?? []).map((variant, index) => this.#card(batch, variant, index));
    cards.append(...this.#cards.map((card) => card.element));
    this.#markTaken();
  }

  #card(batch, variant, index) {
    const { base, span, id } = batch;
    return new Card({
      index, variant, base, span,
      kept: this.#isKept(batch, index),
      hear: () => this.audition.start(this.#tried(batch, variant), span, `${id}/${index}`),
      hush: () => this.audition.stop(`${id}/${index}`),
      toggle: () => this.audition.toggle(this.#tried(batch, variant), span, `${id}/${index}`),
      take: () => this.#take(batch, variant, index),
      keep: () => this.#toggleKept(batch, index),
    });
  }

  #showKept() {
    const { kept, keptCards, hints } = this.parts;
    const all = this.app.kept.value;
    kept.hidden = all.length === 0;
    if (all.length > 0) hints.hidden = true;
    if (!this.app.job.value) this.parts.text.textContent = this.#summary();
    for (const id of this.#kept.keys()) if (!all.some((one) => one.id === id)) this.#kept.delete(id);
    for (const one of all.filter(({ id }) => !this.#kept.has(id))) {
      const card = this.#card({ ...one, id: one.id.split("/")[0] }, one.variant, one.number - 1);
      card.onlyKept(() => (this.app.kept.value = this.app.kept.value.filter((other) => other.id !== one.id)));
      this.#kept.set(one.id, card);
    }
    keptCards.replaceChildren(...[...this.#kept.values()].map((card) => card.element));
    for (const [at, card] of this.#cards.entries()) card.kept = this.#isKept(this.app.batch.value, at);
  }

  #markHeard() {
    const heard = this.audition.hearing.value;
    for (const [index, card] of this.#cards.entries()) card.heard = heard !== null && heard === `${this.app.batch.value?.id}/${index}`;
    for (const [id, card] of this.#kept) card.heard = heard === id && !this.#cards.some((other) => other.isHeard);
  }

  #markTaken() {
    const taken = takenIn(this.app.batch.value, this.app.piece.value);
    for (const [index, card] of this.#cards.entries()) card.taken = taken?.index === index;
  }
}
