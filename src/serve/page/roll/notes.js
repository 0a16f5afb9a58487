// Notes: given ones plain, new ones hatched, so that they differ without colour too. The onset is brighter, loud notes are fuller.

const hatches = new Map();

/** Draws those of `notes` that are in view. `dim(note)` and `selected(note)` are optional. */
export function drawNotes(context, view, notes, colours, { dim, selected } = {}) {
  for (const [note, box] of inView(view, notes)) drawNote(context, box, note, colours, { dim: dim?.(note), selected: selected?.(note) });
}

/** Draws the variants that are being written, all at once: where they agree, they are denser. */
export function drawEmerging(context, view, variants, colours) {
  context.globalAlpha = Math.max(0.16, 0.75 / variants.length);
  context.fillStyle = colours.fresh;
  for (const { notes } of variants) {
    for (const [, { x, y, width, height }] of inView(view, notes)) context.fillRect(x, y, width, height);
  }
  context.globalAlpha = 1;
}

/** Those of `notes` that are in view, each with its box. */
function* inView(view, notes) {
  const from = view.left;
  const to = view.step(view.width);
  for (const note of notes) {
    if (note.start > to) return;
    if (note.start + note.duration < from) continue;
    const x = view.x(note.start);
    const box = { x: x + 0.5, y: view.y(note.pitch) + 0.5, width: Math.max(2, note.duration * view.stepWidth - 1), height: Math.max(2, view.rowHeight - 1) };
    yield [note, box];
  }
}

export function drawNote(context, { x, y, width, height }, { fresh, velocity }, colours, { dim = false, selected = false } = {}) {
  const loud = Math.min(1, 0.5 + velocity / 180);
  const radius = Math.min(3, height / 3, width / 3);
  const shape = new Path2D();
  shape.roundRect(x, y, width, height, radius);
  context.globalAlpha = dim ? 0.22 : loud;
  context.fillStyle = fresh ? colours.fresh : colours.given;
  context.fill(shape);
  if (fresh && height > 3.5) {
    context.fillStyle = hatch(context, colours["fresh-edge"]);
    context.fill(shape);
  }
  context.globalAlpha = dim ? 0.22 : 1;
  if (fresh && height > 4) {
    context.strokeStyle = colours["fresh-edge"];
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(x + 0.5, y + 0.5, Math.max(1, width - 1), height - 1, radius);
    context.stroke();
  } else {
    context.fillStyle = fresh ? colours["fresh-edge"] : colours["given-edge"];
    context.beginPath();
    context.roundRect(x, y, Math.min(width, 2.5), height, [radius, 0, 0, radius]);
    context.fill();
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

/** Side of the tile of the hatch in CSS pixels. */
const TILE = 5;

/** Diagonal lines as a pattern, sharp on every screen. */
function hatch(context, colour) {
  const scale = Math.max(1, Math.round(context.getTransform().a));
  const key = `${colour} ${scale}`;
  if (!hatches.has(key)) {
    const tile = new OffscreenCanvas(TILE * scale, TILE * scale);
    const lines = tile.getContext("2d");
    lines.scale(scale, scale);
    lines.strokeStyle = colour;
    lines.lineWidth = 1.3;
    for (const offset of [-TILE, 0, TILE]) {
      lines.moveTo(offset - 1, TILE + 1);
      lines.lineTo(offset + TILE + 1, -1);
    }
    lines.stroke();
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / scale));
    hatches.set(key, pattern);
  }
  return hatches.get(key);
}
