// Rows of keys, lines of octaves, bars and beats, and the ruler above.

import { barAt, barsOf, lengthOf } from "../model/piece.js";
import { isBlack } from "../model/music.js";
import { RULER } from "./view.js";

export function drawGrid(context, view, piece, colours) {
  const { width, height } = view;
  context.fillStyle = colours["white-key"];
  context.fillRect(0, 0, width, height);
  for (let pitch = view.pitch(height); pitch <= view.pitch(RULER); pitch++) {
    const y = view.y(pitch);
    if (isBlack(pitch)) {
      context.fillStyle = colours["black-key"];
      context.fillRect(view.gutter, y, width, view.rowHeight);
    }
    const isOctave = pitch % 12 === 0;
    if (!isOctave && view.rowHeight < 9 && pitch % 12 !== 5) continue;
    context.fillStyle = isOctave ? colours.octave : colours.beat;
    context.fillRect(view.gutter, Math.round(y + view.rowHeight) - 1, width, 1);
  }
  for (const { x, strong } of lines(view, piece)) {
    context.fillStyle = strong ? colours.bar : colours.beat;
    context.fillRect(Math.round(x), RULER, 1, height);
  }
  const end = view.x(lengthOf(piece));
  if (end < width) {
    context.fillStyle = colours.raised;
    context.globalAlpha = 0.75;
    context.fillRect(end, RULER, width - end, height);
    context.globalAlpha = 1;
  }
}

/** Lines of bars, and of beats and sixteenths where there is room. */
function* lines(view, piece) {
  const bars = barsOf(piece);
  const last = view.step(view.width);
  for (let index = barAt(piece, view.left); index < bars.length && bars[index].start <= last; index++) {
    const bar = bars[index];
    const unit = view.stepWidth > 14 ? 1 : view.stepWidth > 3 ? 4 : bar.steps;
    for (let step = unit; step < bar.steps; step += unit) yield { x: view.x(bar.start + step), strong: false };
    if (bar.steps * view.stepWidth > 6 || index % 4 === 0) yield { x: view.x(bar.start), strong: true };
  }
}

/** The ruler: numbers of bars, and the region as a bracket that can be dragged. */
export function drawRuler(context, view, piece, region, colours) {
  context.fillStyle = colours.surface;
  context.fillRect(0, 0, view.width, RULER);
  context.fillStyle = colours.line;
  context.fillRect(0, RULER - 1, view.width, 1);
  if (region) {
    const [from, to] = [view.x(region[0]), view.x(region[1])];
    context.fillStyle = colours.area;
    context.globalAlpha = 0.16;
    context.fillRect(from, 0, to - from, RULER);
    context.globalAlpha = 1;
    context.fillRect(from, RULER - 3, to - from, 3);
  }
  context.font = `600 11px ${colours.font}`;
  context.textBaseline = "middle";
  const bars = barsOf(piece);
  const barWidth = 16 * view.stepWidth;
  const every = barWidth > 26 ? 1 : barWidth > 13 ? 2 : barWidth > 6 ? 4 : 8;
  for (let index = barAt(piece, view.left); index < bars.length; index++) {
    const x = view.x(bars[index].start);
    if (x > view.width) break;
    if (index % every === 0) {
      context.fillStyle = colours.quiet;
      context.fillText(String(index + 1), x + 5, RULER / 2);
      context.fillStyle = colours.bar;
      context.fillRect(Math.round(x), RULER - 8, 1, 7);
    }
  }
}
