// One variant: a picture that is heard when pointed at and taken when clicked.

import { notesOf } from "../model/piece.js";
import { take } from "../model/variant.js";
import { drawThumbnail } from "./thumbnail.js";
import { element, iconButton } from "./element.js";
import { onPalette } from "../roll/palette.js";

export class Card {
  constructor({ index, variant, base, span, waiting = false, kept = false, hear, hush, toggle, take: taken, keep }) {
    Object.assign(this, { index, variant, base, span, waiting });
    const name = `Variant ${index + 1}`;
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.look = element("button", { class: "look", "aria-label": waiting ? `${name} is being written` : `${name}: ${describe(variant)}. Hear it by focusing, take it by pressing.` }, [this.canvas]);
    this.look.disabled = waiting;
    this.element = element("article", { class: waiting ? "card waiting" : "card", "aria-label": name }, [this.look]);
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    onPalette(() => this.element.isConnected && this.draw());
    if (waiting) {
      this.element.append(element("div", { class: "foot" }, [element("span", {}, [element("b", {}, [`${index + 1}`]), "…"])]));
      return;
    }
    this.label = element("span", { title: describe(variant) }, [element("b", {}, [`${index + 1}`]), element("span", { class: "detail" }, [`${variant.notes.length} notes`]), element("span", { class: "share" }, [shareOf(variant)])]);
    this.takeButton = element("button", { "aria-label": `Take variant ${index + 1}` }, ["Take"]);
    this.keepButton = iconButton("i-keep", `Keep variant ${index + 1}`);
    this.kept = kept;
    this.element.append(element("div", { class: "foot" }, [this.label, this.takeButton, this.keepButton]));
    this.#listen({ hear, hush, toggle, taken, keep });
  }

  #listen({ hear, hush, toggle, taken, keep }) {
    let touch = false;
    this.look.addEventListener("pointerdown", (event) => (touch = event.pointerType === "touch"));
    this.look.addEventListener("pointerenter", (event) => event.pointerType !== "touch" && hear());
    this.look.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && hush());
    this.look.addEventListener("focus", () => this.look.matches(":focus-visible") && !touch && hear());
    this.look.addEventListener("blur", () => hush());
    this.look.addEventListener("click", () => (touch ? toggle() : taken()));
    this.takeButton.addEventListener("click", taken);
    this.keepButton.addEventListener("click", keep);
  }

  /** Makes the second button drop the variant, as it is shown among those that are kept. */
  onlyKept(drop) {
    const button = iconButton("i-close", `Drop kept variant ${this.index + 1}`);
    button.addEventListener("click", drop);
    this.keepButton.replaceWith(button);
    this.keepButton = button;
  }

  set kept(kept) {
    this.keepButton?.setAttribute("aria-pressed", String(kept));
  }

  set taken(taken) {
    this.element.classList.toggle("taken", taken);
    if (this.takeButton) this.takeButton.textContent = taken ? "Taken" : "Take";
  }

  set heard(heard) {
    this.element.classList.toggle("heard", heard);
  }

  get isHeard() {
    return this.element.classList.contains("heard");
  }

  draw() {
    if (this.variant) drawThumbnail(this.canvas, this.#piece(), this.span);
  }

  /** Shows a variant while it is being written. */
  show(variant) {
    this.variant = variant;
    this.pictured = null;
    this.element.classList.add("emerging");
    this.draw();
  }

  #piece() {
    this.pictured ??= notesOf(take(this.base, this.variant)[0]);
    return this.pictured;
  }
}

function describe({ notes, inChord, inKey, seed }) {
  const share = (value, what) => (typeof value === "number" ? `, ${Math.round(100 * value)} % ${what}` : "");
  return `${notes.length} new notes${share(inKey, "in key")}${share(inChord, "in its chords")}, seed ${seed}`;
}

function shareOf({ inChord }) {
  return typeof inChord === "number" ? ` · ${Math.round(100 * inChord)} % in chord` : "";
}
