// A small picture of some steps of a piece, with a bar before and after them.

import { drawNote } from "../roll/notes.js";
import { palette } from "../roll/palette.js";
import { sized } from "../roll/surface.js";

/** Steps that are shown before and after. */
const AROUND = 16;

export function drawThumbnail(canvas, notes, [from, to]) {
  const { context, width, height } = sized(canvas);
  const colours = palette();
  const [start, end] = [Math.max(0, from - AROUND), to + AROUND];
  const seen = notes.filter((note) => note.start < end && note.start + note.duration > start);
  const low = seen.reduce((least, note) => Math.min(least, note.pitch), 72) - 2;
  const high = seen.reduce((most, note) => Math.max(most, note.pitch), 60) + 2;
  const scale = width / (end - start);
  const row = height / (high - low + 1);
  context.fillStyle = colours["white-key"];
  context.fillRect(0, 0, width, height);
  context.fillStyle = colours.area;
  context.globalAlpha = 0.09;
  context.fillRect((from - start) * scale, 0, (to - from) * scale, height);
  context.globalAlpha = 1;
  context.fillStyle = colours.beat;
  for (let step = start + 16; step < end; step += 16) context.fillRect(Math.round((step - start) * scale), 0, 1, height);
  for (const note of seen) {
    const x = (Math.max(start, note.start) - start) * scale;
    const right = (Math.min(end, note.start + note.duration) - start) * scale;
    const box = { x, y: (high - note.pitch) * row, width: Math.max(1.5, right - x - 0.5), height: Math.max(2.5, row - 0.5) };
    drawNote(context, box, note, colours);
  }
}
