// Training runs while they train: curves, pictures, music that is played. Only where the engine shows runs.

import { pieceOfSong } from "../model/piece.js";
import { element, iconButton } from "./element.js";

/** Milliseconds between two looks at a run. */
const PAUSE = 4000;
/** Newest pictures besides the curves, and newest pieces of music, that are shown. */
const PICTURES = 4;
const MUSIC = 12;

export class Runs {
  #timer = null;
  /** Address of each picture by its file and step. */
  #pictures = new Map();

  constructor(app, audition, { button, dialog }) {
    Object.assign(this, { app, audition, dialog });
    const close = iconButton("i-close", "Close");
    close.addEventListener("click", () => dialog.close());
    this.select = element("select", { "aria-label": "Run" });
    this.numbers = element("p", {});
    this.body = element("div", { class: "run" });
    dialog.append(element("div", { class: "dialog-head" }, [element("h2", { id: "runs-title" }, ["Training runs"]), close]), this.select, this.numbers, this.body);
    app.about.watch((about) => {
      button.hidden = !about?.runs;
      // The page of a run that trains.
      if (about?.run && !this.select.value) this.#open(about.run);
    }, { now: true });
    button.addEventListener("click", () => this.#open());
    this.select.addEventListener("change", () => this.#look());
    dialog.addEventListener("close", () => {
      clearTimeout(this.#timer);
      audition.stop();
    });
  }

  #open(name) {
    this.dialog.showModal();
    this.#list(name);
  }

  async #list(chosen = this.select.value) {
    clearTimeout(this.#timer);
    try {
      const runs = await this.app.engine.runs();
      this.select.replaceChildren(...runs.map(({ name, step }) => element("option", { value: name }, [`${name}, step ${step ?? 0}`])));
      if (runs.some(({ name }) => name === chosen)) this.select.value = chosen;
      if (runs.length > 0) return await this.#look();
      this.numbers.textContent = "There are no runs in the folder yet.";
    } catch (error) {
      this.numbers.textContent = error.message;
    }
    if (this.dialog.open) this.#timer = setTimeout(() => this.#list(chosen), PAUSE);
  }

  async #look() {
    clearTimeout(this.#timer);
    const name = this.select.value;
    try {
      const run = await this.app.engine.run(name);
      this.numbers.textContent = numbersOf(run.lines);
      await this.#show(run);
    } catch (error) {
      this.numbers.textContent = error.message;
    }
    if (this.dialog.open && this.select.value === name) this.#timer = setTimeout(() => this.#look(), PAUSE);
  }

  async #show({ name, step, files }) {
    const pictures = files.filter((file) => file.endsWith(".png") && file !== "curves.png").slice(-PICTURES).reverse();
    const music = files.filter((file) => file.endsWith(".mid")).slice(-MUSIC);
    const shown = [];
    for (const file of files.includes("curves.png") ? ["curves.png", ...pictures] : pictures) {
      shown.push(element("figure", {}, [element("img", { src: await this.#picture(name, file, step), alt: `${file} of ${name}` }), element("figcaption", {}, [file])]));
    }
    if (this.select.value !== name) return;
    const buttons = music.map((file) => {
      const [, step, number] = /-0*(\d+)-(\d+)\.mid$/.exec(file) ?? [];
      const button = element("button", { title: file }, [step ? `▶ step ${step}, sample ${Number(number) + 1}` : `▶ ${file}`]);
      button.addEventListener("click", () => this.#play(name, file));
      return button;
    });
    this.body.replaceChildren(...(buttons.length ? [element("div", { class: "group" }, buttons)] : []), ...shown);
  }

  async #picture(name, file, step) {
    const key = `${name}/${file}@${step}`;
    if (!this.#pictures.has(key)) this.#pictures.set(key, URL.createObjectURL(await this.app.engine.fileOfRun(name, file)));
    return this.#pictures.get(key);
  }

  async #play(name, file) {
    try {
      const bytes = await (await this.app.engine.fileOfRun(name, file)).arrayBuffer();
      const song = await this.app.engine.openSong(bytes);
      this.audition.toggle({ piece: pieceOfSong(song, file) }, [0, song.steps], `${name}/${file}`);
    } catch (error) {
      this.app.say(error.message);
    }
  }
}

/** The newest numbers of each phase; those of the optimizer and of single codes are in the curves. */
function numbersOf(lines) {
  const phases = new Map(lines.map((line) => [line.phase ?? "train", line]));
  const hidden = /_\d+$|^step$|^wall_time$|^learning_rate$|^gradient_norm$|_per_second$/;
  const text = (value) => (Number.isInteger(value) ? value : Number(value.toPrecision(4)));
  const numbers = (line) => Object.entries(line).filter(([name, value]) => typeof value === "number" && !hidden.test(name)).slice(0, 8);
  return [...phases].map(([phase, line]) => `${phase}, step ${line.step}: ${numbers(line).map(([name, value]) => `${name} ${text(value)}`).join(", ")}`).join(" · ");
}
