// A press of a button as a request to the engine.

import { askedFor } from "./chords.js";
import { barsOf, emptyPiece, notesOf, removeNotes, stateOf } from "./piece.js";
import { areaOf, barsOfRegion, regionOfBars, spanOf } from "./region.js";

export const TASKS = {
  fill: { needsArea: true, done: "Filled" },
  vary: { needsArea: true, done: "Varied" },
  continue: { needsNotes: true, done: "Continued" },
  accompany: { needsNotes: true, done: "Accompanied" },
  melody: { needsNotes: true, done: "Melodies" },
  new: { done: "New pieces" },
};

/** What the user asks for, when nothing was touched. */
export const NO_WISHES = {
  density: null, low: null, high: null, strength: 0.4, follow: null, guidance: null, velocity: null,
  key: "", seed: 0, locked: false, variants: 4, bars: 8, beats: 4, tracks: null,
};

/**
 * Returns `{ request, context }`: the JSON for the engine, and what is needed to understand its answer (`variantOf`). For an
 * accompaniment or a melody, `selection` (keys of notes) stays and the other notes of the area go.
 */
export function requestOf(task, piece, region, wishes, selection) {
  const last = barsOf(piece).length - 1;
  const target = region ?? regionOfBars(piece, 0, last);
  const without = selection.size > 0 && (task === "accompany" || task === "melody") ? othersIn(piece, target, selection) : [];
  const base = task === "new" ? emptyPiece({ bars: wishes.bars, beats: wishes.beats, tempo: piece.tempo }) : piece;
  const seen = task === "new" ? base : removeNotes(piece, without);
  const written = bars(task, piece, target, wishes);
  const request = {
    state: stateOf(seen),
    task,
    area: areaFor(task, piece, target),
    given_tracks: piece.song && wishes.tracks?.length ? wishes.tracks : null,
    bars: wishes.bars,
    chords: askedFor(piece, ...written),
    key: wishes.key || null,
    density: wishes.density,
    register: wishes.low === null && wishes.high === null ? null : [wishes.low ?? 21, wishes.high ?? 108],
    strength: task === "vary" ? wishes.strength : null,
    follow: wishes.follow,
    guidance: wishes.guidance,
    velocity: wishes.velocity,
    seed: wishes.seed,
    variants: wishes.variants,
  };
  const sent = [...(seen.song?.notes ?? []).map((_, index) => `s${index}`), ...seen.added.map((note) => `a${note.id}`)];
  return { request, context: { base, sent, without, replaces: task === "new" ? { bars: wishes.bars } : null }, written };
}

/** An accompaniment and a melody have their own pitches: of the area they take the bars. */
function areaFor(task, piece, target) {
  if (task === "continue" || task === "new") return null;
  return TASKS[task].needsArea ? areaOf(piece, target) : { bars: barsOfRegion(piece, target), cells: null };
}

/** The bars that will be written, `[first, last]`. */
function bars(task, piece, target, wishes) {
  if (task === "new") return [0, wishes.bars - 1];
  if (task !== "continue") return barsOfRegion(piece, target);
  const end = Math.max(0, ...notesOf(piece).map((note) => note.start)) + 1;
  const first = barsOf(piece).findIndex((bar) => bar.start >= end);
  const from = first < 0 ? barsOf(piece).length : first;
  return [from, from + wishes.bars - 1];
}

function othersIn(piece, target, selection) {
  const [start, end] = spanOf(target);
  return notesOf(piece).filter((note) => start <= note.start && note.start < end && !selection.has(note.key)).map((note) => note.key);
}
