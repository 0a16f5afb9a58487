// The area to be written anew, as a tint with a dashed outline.

import { RULER } from "./view.js";

export function drawRegion(context, view, region, colours, { fill = 0.1 } = {}) {
  const path = new Path2D();
  for (const [low, high, start, end] of region) {
    const top = Math.max(RULER, view.y(high));
    const bottom = Math.min(view.height, view.y(low) + view.rowHeight);
    if (bottom > top) path.rect(view.x(start), top, (end - start) * view.stepWidth, bottom - top);
  }
  context.save();
  context.beginPath();
  context.rect(view.gutter, RULER, view.width, view.height);
  context.clip();
  context.fillStyle = colours.area;
  context.globalAlpha = fill;
  context.fill(path);
  context.globalAlpha = 0.9;
  context.strokeStyle = colours.area;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  if (region.length === 1) context.stroke(path);
  else outline(context, view, region);
  context.restore();
}

/** Strokes the edges of a union that no other rectangle covers. */
function outline(context, view, region) {
  const covered = (pitch, step) => region.some(([low, high, start, end]) => low <= pitch && pitch <= high && start <= step && step < end);
  context.beginPath();
  for (const [low, high, start, end] of region) {
    for (let step = start; step < end; step++) {
      if (!covered(high + 1, step)) line(context, view.x(step), view.y(high), view.x(step + 1), view.y(high));
      if (!covered(low - 1, step)) line(context, view.x(step), view.y(low - 1), view.x(step + 1), view.y(low - 1));
    }
    for (let pitch = low; pitch <= high; pitch++) {
      if (!covered(pitch, start - 1)) line(context, view.x(start), view.y(pitch), view.x(start), view.y(pitch) + view.rowHeight);
      if (!covered(pitch, end)) line(context, view.x(end), view.y(pitch), view.x(end), view.y(pitch) + view.rowHeight);
    }
  }
  context.setLineDash([]);
  context.stroke();
}

function line(context, x, y, toX, toY) {
  context.moveTo(x, y);
  context.lineTo(toX, toY);
}
