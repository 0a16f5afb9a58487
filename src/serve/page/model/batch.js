// The variants of one answer. At most one of them is in the piece: another one takes its place.

import { withFound } from "./chords.js";
import { removeNotes } from "./piece.js";
import { ALL_PITCHES, contains } from "./region.js";
import { take, untake } from "./variant.js";

/** The take of a batch that is in the piece now, `{ index, variant, keys, before, piece }`, or null. */
export function takenIn(batch, piece) {
  return batch?.takes.findLast((taken) => isIn(taken, piece)) ?? null;
}

/** Whether all notes of a take are still as they were. */
function isIn(taken, piece) {
  if (taken.piece === piece) return true;
  const present = new Set(piece.added.map((note) => `a${note.id}`));
  return taken.keys.length > 0 && taken.keys.every((key) => present.has(key));
}

/** The piece with a variant in it, `{ piece, keys, before }`: without another variant of the batch, and without new notes of other batches in its area. */
export function withVariant(batch, variant, piece) {
  const taken = takenIn(batch, piece);
  const ground = withoutOthers(batch, taken ? untake(piece, taken) : piece);
  const [next, keys] = take(ground, variant);
  const chords = variant.chords.length > 0 ? variant.chords : batch.chords;
  return { piece: withFound(next, chords), keys, before: taken ? taken.before : piece };
}

function withoutOthers({ base, area, span }, piece) {
  const known = new Set(base.added.map((note) => note.id));
  const cells = area ?? [[...ALL_PITCHES, ...span]];
  const others = piece.added.filter((note) => note.fresh && !known.has(note.id) && contains(cells, note.pitch, note.start));
  return others.length > 0 ? removeNotes(piece, others.map((note) => `a${note.id}`)) : piece;
}
