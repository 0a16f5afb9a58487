// Notes: given ones plain, new ones hatched, so that they differ without colour too. The onset is brighter, loud notes are fuller.

const hatches = new Map();

/** Draws those of `notes` that are in view. `dim(note)` and `selected(note)` are optional. */
export function drawNotes(context, view, notes, colours, { dim, selected } = {}) {
  const from = view.left;
  const to = view.step(view.width);
  for (const note of notes) {
    if (note.start > to) break;
    if (note.start + note.duration < from) continue;
    const x = view.x(note.start);
    const box = { x: x + 0.5, y: view.y(note.pitch) + 0.5, width: Math.max(2, note.duration * view.stepWidth - 1), height: Math.max(2, view.rowHeight - 1) };
    drawNote(context, box, note, colours, { dim: dim?.(note), selected: selected?.(note) });
  }
}

export function drawNote(context, { x, y, width, height }, { fresh, velocity }, colours, { dim = false, selected = false } = {}) {
  const loud = Math.min(1, 0.5 + velocity / 180);
  const radius = Math.min(3, height / 3, width / 3);
  context.globalAlpha = dim ? 0.22 : loud;
  context.fillStyle = fresh ? colours.fresh : colours.given;
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fill();
  if (fresh && height > 4) {
    context.fillStyle = hatch(context, colours["fresh-edge"]);
    context.globalAlpha *= 0.75;
    context.fill();
  }
  context.globalAlpha = dim ? 0.22 : 1;
  context.fillStyle = fresh ? colours["fresh-edge"] : colours["given-edge"];
  context.beginPath();
  context.roundRect(x, y, Math.min(width, 2.5), height, [radius, 0, 0, radius]);
  context.fill();
  if (fresh && height > 5) {
    context.strokeStyle = colours["fresh-edge"];
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x + 0.5, y + 0.5, width - 1, height - 1, radius);
    context.stroke();
  }
  if (selected) {
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.beginPath();
    context.roundRect(x - 0.5, y - 0.5, width + 1, height + 1, radius + 1);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** Diagonal lines as a pattern. */
function hatch(context, colour) {
  if (!hatches.has(colour)) {
    const tile = new OffscreenCanvas(6, 6);
    const lines = tile.getContext("2d");
    lines.strokeStyle = colour;
    lines.lineWidth = 1.1;
    for (const offset of [-6, 0, 6]) {
      lines.moveTo(offset - 1, 7);
      lines.lineTo(offset + 7, -1);
    }
    lines.stroke();
    hatches.set(colour, context.createPattern(tile, "repeat"));
  }
  return hatches.get(colour);
}
