// What moves above the roll: playhead, cursor of the keyboard, and the rectangle or note that is being dragged.

import { drawNotes } from "./notes.js";
import { RULER } from "./view.js";

export function drawOverlay(context, view, colours, { playhead, cursor, marquee, stroke, moved }) {
  context.save();
  context.beginPath();
  context.rect(view.gutter - 7, 0, view.width, view.height);
  context.clip();
  if (moved) drawNotes(context, view, moved, colours, { selected: () => true });
  if (stroke) drawCells(context, view, stroke, colours);
  if (marquee) drawMarquee(context, view, marquee, colours);
  if (cursor) drawCursor(context, view, cursor, colours);
  if (playhead !== null) drawPlayhead(context, view, playhead, colours);
  context.restore();
}

function drawPlayhead(context, view, step, colours) {
  const x = view.x(step);
  context.fillStyle = colours.playhead;
  context.fillRect(x - 0.75, RULER - 6, 1.5, view.height);
  context.beginPath();
  context.moveTo(x - 6, RULER - 12);
  context.lineTo(x + 6, RULER - 12);
  context.lineTo(x, RULER - 2);
  context.fill();
}

function drawCursor(context, view, { step, pitch, length }, colours) {
  context.strokeStyle = colours.focus;
  context.lineWidth = 2;
  context.strokeRect(view.x(step), view.y(pitch), Math.max(4, length * view.stepWidth), view.rowHeight);
}

function drawMarquee(context, view, [low, high, start, end], colours) {
  context.strokeStyle = colours.focus;
  context.fillStyle = colours.focus;
  context.lineWidth = 1;
  const box = [view.x(start), view.y(high), (end - start) * view.stepWidth, (high - low + 1) * view.rowHeight];
  context.globalAlpha = 0.12;
  context.fillRect(...box);
  context.globalAlpha = 1;
  context.strokeRect(...box);
}

function drawCells(context, view, cells, colours) {
  const path = new Path2D();
  for (const [low, high, start, end] of cells) {
    path.rect(view.x(start), view.y(high), (end - start) * view.stepWidth, (high - low + 1) * view.rowHeight);
  }
  context.fillStyle = colours.area;
  context.globalAlpha = 0.3;
  context.fill(path);
  context.globalAlpha = 1;
}
