// The piano roll: puts its parts together and draws them when something has changed.

import { lengthOf, notesOf } from "../model/piece.js";
import { contains, spanOf } from "../model/region.js";
import { AreaTool } from "../tools/area.js";
import { BrushTool } from "../tools/brush.js";
import { DrawTool } from "../tools/draw.js";
import { EraseTool } from "../tools/erase.js";
import { SelectTool } from "../tools/select.js";
import { drawRegion } from "./area.js";
import { describePiece } from "./describe.js";
import { Gestures } from "./gestures.js";
import { drawGrid, drawRuler } from "./grid.js";
import { RollKeys } from "./keys.js";
import { drawKeyboard } from "./keyboard.js";
import { drawEmerging, drawNotes } from "./notes.js";
import { drawOverlay } from "./overlay.js";
import { onPalette, palette } from "./palette.js";
import { onceAFrame, sized } from "./surface.js";
import { View } from "./view.js";

/** Widths of the keyboard, on wide and on narrow screens. */
const GUTTER = [56, 40];
/** Milliseconds after a scroll by hand in which the roll does not follow the playhead. */
const LET_ALONE = 4000;

export class Roll {
  /** Called after each change of the view. */
  viewed = [];

  constructor(app, player, { box, grid, overlay }) {
    Object.assign(this, { app, player, box, grid, overlay });
    this.draw = onceAFrame(() => this.#draw());
    this.drawOverlay = onceAFrame(() => this.#drawOverlay());
    this.view = new View(() => this.#viewChanged());
    const tools = { area: AreaTool, brush: BrushTool, draw: DrawTool, select: SelectTool, erase: EraseTool };
    for (const [name, Tool] of Object.entries(tools)) tools[name] = new Tool(app, this.view);
    this.gestures = new Gestures(overlay, app, this.view, tools, () => this.draw());
    this.keys = new RollKeys(overlay, app, this.view);
    for (const signal of [app.piece, app.tried, app.region, app.selection, app.job, app.heard]) signal.watch(() => this.draw());
    app.cursor.watch(this.drawOverlay);
    player.position.watch(this.drawOverlay);
    player.playing.watch((playing) => playing && this.#follow());
    onPalette(this.draw);
    app.piece.watch((piece) => this.#pieceChanged(piece), { now: true });
    app.tried.watch((piece) => (this.view.length = lengthOf(piece ?? app.piece.value)));
    new ResizeObserver(() => this.#resized()).observe(box);
    this.#resized();
  }

  /** Shows the whole width of a piece, or its first bars if it is long, and all its pitches. */
  fit({ all = false } = {}, atOnce = false) {
    const piece = this.app.shown;
    const pitches = notesOf(piece).map((note) => note.pitch);
    const low = pitches.length ? pitches.reduce((a, b) => Math.min(a, b)) : 48;
    const high = pitches.length ? pitches.reduce((a, b) => Math.max(a, b)) : 79;
    const most = Math.max(64, Math.floor((this.view.width - this.view.gutter) / 80) * 16);
    const length = lengthOf(piece);
    this.view.show(0, all ? length : Math.min(length, most), low, high, atOnce);
  }

  zoom(factor) {
    this.view.zoom(factor, Math.sqrt(factor), this.view.gutter + (this.view.width - this.view.gutter) / 2, this.view.height / 2);
  }

  #pieceChanged(piece) {
    this.view.length = lengthOf(piece);
    this.overlay.setAttribute("aria-label", describePiece(piece));
  }

  #resized() {
    const { width, height } = this.box.getBoundingClientRect();
    if (width === 0) return;
    const first = this.view.width === 0;
    const gutter = width < 560 ? GUTTER[1] : GUTTER[0];
    document.documentElement.style.setProperty("--gutter", `${gutter}px`);
    this.view.resize(width, height, gutter);
    if (first) this.fit({}, true);
    this.#draw();
    this.#drawOverlay();
  }

  #viewChanged() {
    this.draw();
    this.drawOverlay();
    for (const viewed of this.viewed) viewed(this.view);
  }

  /** Keeps the playhead in view while it moves. */
  #follow() {
    const step = this.player.now();
    if (step !== null) {
      const isBusy = this.gestures.isBusy || performance.now() - this.view.touched < LET_ALONE;
      if (!isBusy) this.view.follow(step);
    }
    this.drawOverlay();
    this.ticked?.(step ?? this.player.position.value);
    if (this.player.playing.value) requestAnimationFrame(() => this.#follow());
  }

  #draw() {
    const { app, view } = this;
    const { context } = sized(this.grid);
    const colours = palette();
    const { hidden } = this.gestures.shown;
    const region = app.region.value;
    const writing = app.job.value !== null && (app.job.value.task === "fill" || app.job.value.task === "vary") && region && !app.tried.value;
    const { given, fresh } = app.heard.value;
    drawGrid(context, view, app.shown, colours);
    if (region) drawRegion(context, view, region, colours, { fill: writing ? 0.2 : 0.1 });
    // A new piece is not in the place of this one yet.
    const emerging = app.tried.value ? [] : (app.job.value?.previews ?? []).filter((variant) => !variant.replaces);
    const gone = new Set(emerging.length > 0 ? emerging[0].gone : []);
    const notes = notesOf(app.shown).filter((note) => !gone.has(note.key));
    drawNotes(context, view, notes, colours, {
      selected: (note) => app.selection.value.has(note.key),
      dim: (note) => hidden?.has(note.key) || (writing && contains(region, note.pitch, note.start)) || !(note.fresh ? fresh : given),
    });
    if (emerging.length > 0) drawEmerging(context, view, emerging, colours);
    drawRuler(context, view, app.shown, region && spanOf(region), colours);
    this.#drawKeyboard(context, colours);
    this.#drawOverlay();
  }

  #lit = new Set();

  #drawKeyboard(context, colours) {
    drawKeyboard(context, this.view, this.#lit, colours);
  }

  /** Colours a key for a moment. */
  light(pitch) {
    this.#lit.add(pitch);
    this.draw();
    setTimeout(() => {
      this.#lit.delete(pitch);
      this.draw();
    }, 250);
  }

  #drawOverlay() {
    const { context } = sized(this.overlay);
    const { moved, stroke, marquee } = this.gestures.shown;
    const cursor = this.app.cursor.value;
    drawOverlay(context, this.view, palette(), {
      playhead: this.player.now() ?? this.player.position.value,
      cursor: cursor.seen ? cursor : null,
      moved, stroke, marquee,
    });
  }
}
