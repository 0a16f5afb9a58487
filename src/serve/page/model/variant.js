// A variant is a difference between pieces: notes that go and notes that come. It is kept by keys, so that it can be taken when
// the piece has changed since, and another one in its place.

import { addNotes, emptyPiece, removeNotes } from "./piece.js";

/**
 * Of the engine's answer: `base` is the piece as it was asked for, `sent` the keys of its notes that the engine saw, in the order
 * of its indices; `without` the keys that the page itself left out.
 */
export function variantOf(answer, { base, sent, without, replaces }) {
  const gone = answer.removed.map((index) => sent[index]).filter(Boolean);
  const notes = answer.notes.map(([pitch, start, duration, velocity]) => ({ pitch, start, duration, velocity, fresh: true }));
  return {
    seed: answer.seed,
    inChord: answer.in_chord,
    inKey: answer.in_key,
    notes,
    gone: [...gone, ...without],
    chords: answer.chords ?? [],
    replaces: replaces ? { bars: replaces.bars, beats: base.beats, tempo: base.tempo } : null,
  };
}

/** The piece with a variant in it, and the keys of its notes. */
export function take(piece, variant) {
  const ground = variant.replaces ? emptyPiece({ ...variant.replaces, name: "New piece" }) : removeNotes(piece, variant.gone);
  return addNotes({ ...ground, nextId: piece.nextId, chords: piece.chords }, variant.notes);
}

/** The piece without a variant that had been taken: its notes go and those come back that it took out of `before`. */
export function untake(piece, { variant, keys, before }) {
  if (variant.replaces) return before;
  const back = new Set(variant.gone);
  const without = removeNotes(piece, keys);
  const present = new Set(without.added.map((note) => note.id));
  return {
    ...without,
    removed: without.removed.filter((index) => !back.has(`s${index}`) || before.removed.includes(index)),
    added: [...without.added, ...before.added.filter((note) => back.has(`a${note.id}`) && !present.has(note.id))],
  };
}
