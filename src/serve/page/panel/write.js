// The buttons that have something written, and the answer to them.

import { barsOf, lengthOf, notesOf } from "../model/piece.js";
import { barsOfRegion, regionOfBars } from "../model/region.js";
import { requestOf, TASKS } from "../model/request.js";
import { variantOf } from "../model/variant.js";
import { prefersStillness } from "../roll/motion.js";

/** Below 2^31, so that it is a number in every program. */
const SEEDS = 2 ** 31;

export class Writer {
  #running = null;

  constructor(app) {
    this.app = app;
    const steps = Number(new URLSearchParams(location.search).get("steps"));
    this.extra = steps > 0 ? { steps } : {};
  }

  /** Writes; one task at a time. */
  async write(task) {
    const { app } = this;
    if (this.#running) return;
    const piece = app.piece.value;
    if (TASKS[task].needsArea && !app.region.value) {
      app.say("Mark the area first: drag over the bars and pitches that shall be written anew.");
      return;
    }
    if (TASKS[task].needsNotes && notesOf(piece).length === 0) {
      app.say("There are no notes yet. Draw some, or press New.");
      return;
    }
    if (!app.wishes.value.locked) app.wish({ seed: Math.floor(Math.random() * SEEDS) });
    const region = app.region.value;
    const { request, context, written } = requestOf(task, piece, region, app.wishes.value, app.selection.value);
    const span = this.#span(piece, task, region, written, context.base);
    app.job.value = { task, variants: request.variants, base: context.base, span, ahead: null, step: 0, steps: 0, previews: null };
    app.speak(`${task}: writing ${request.variants} variants`);
    const update = (change) => app.job.value && (app.job.value = { ...app.job.value, ...change });
    this.#running = app.engine.write({ ...request, ...this.extra, previews: !prefersStillness() }, {
      queued: ({ ahead }) => update({ ahead }),
      progress: ({ step, steps }) => update({ ahead: 0, step, steps }),
      preview: ({ variants }) => update({ previews: variants.map((one) => variantOf(one, context)) }),
    });
    try {
      const answer = await this.#running.done;
      const variants = answer.variants.map((one) => variantOf(one, context));
      const area = TASKS[task].needsArea ? region : null;
      app.batch.value = { id: `${Date.now()}`, task, base: context.base, variants, chords: answer.chords ?? [], key: answer.key ?? "", area, span, takes: [] };
      app.speak(`${variants.length} variants are ready. Press 1 to ${variants.length} to take one.`);
    } catch (error) {
      app.say(error.message);
    } finally {
      this.#running = null;
      app.job.value = null;
    }
  }

  /** Stops what is being written. */
  halt() {
    this.#running?.cancel();
  }

  /** The steps that are heard when a variant is tried. */
  #span(piece, task, region, [first, last], base) {
    if (task === "new") return [0, lengthOf(base)];
    if (task === "continue") {
      const bars = barsOf(piece);
      const { steps } = bars.at(-1);
      const start = bars[first]?.start ?? bars.at(-1).start + steps;
      return [start, start + steps * (last - first + 1)];
    }
    const bars = region ? barsOfRegion(piece, region) : [0, barsOf(piece).length - 1];
    return regionOfBars(piece, ...bars)[0].slice(2);
  }
}

export function connectActions(app, writer, box, halt) {
  for (const button of box.querySelectorAll("[data-task]")) button.addEventListener("click", () => writer.write(button.dataset.task));
  halt.addEventListener("click", () => writer.halt());
  app.job.watch((job) => {
    const hadFocus = box.contains(document.activeElement);
    halt.hidden = job === null;
    box.querySelector(".primary").hidden = job !== null;
    for (const button of box.querySelectorAll("[data-task]")) button.disabled = job !== null;
    if (hadFocus) (job ? halt : box.querySelector(".primary")).focus();
  });
}
