// The roll in words, for screen readers and for the line above it.

import { barAt, barsOf, notesOf, STEPS_PER_BEAT } from "../model/piece.js";
import { pitchName, spokenPitch } from "../model/music.js";
import { contains, pitchesOf, barsOfRegion } from "../model/region.js";

/** `5.2` is the second beat of bar 5, `5.2.3` its third sixteenth. */
export function clockOf(piece, step) {
  const bars = barsOf(piece);
  if (bars.length === 0) return "1.1";
  const index = barAt(piece, Math.max(0, step));
  const inside = Math.max(0, Math.floor(step - bars[index].start));
  return `${index + 1}.${Math.floor(inside / STEPS_PER_BEAT) + 1}`;
}

export function spokenStep(piece, step) {
  const bar = barAt(piece, step);
  const inside = step - barsOf(piece)[bar].start;
  const sixteenth = inside % STEPS_PER_BEAT;
  return `bar ${bar + 1}, beat ${Math.floor(inside / STEPS_PER_BEAT) + 1}${sixteenth ? `, sixteenth ${sixteenth + 1}` : ""}`;
}

/** The note under the cursor, or null. */
export function noteUnder(piece, { step, pitch }) {
  return notesOf(piece).find((note) => note.pitch === pitch && note.start <= step && step < note.start + note.duration) ?? null;
}

export function describeCell(piece, region, cursor) {
  const note = noteUnder(piece, cursor);
  const marked = region && contains(region, cursor.pitch, cursor.step) ? ", in the area" : "";
  const others = notesOf(piece).filter((other) => other.start === cursor.step && other.pitch !== cursor.pitch).length;
  const what = note
    ? `${note.fresh ? "new" : "given"} note, ${note.duration} sixteenths, velocity ${note.velocity}${note.start < cursor.step ? ", held" : ""}`
    : others > 0 ? `empty, ${others} other ${others === 1 ? "note begins" : "notes begin"} here` : "empty";
  return `${spokenPitch(cursor.pitch)}, ${spokenStep(piece, cursor.step)}: ${what}${marked}`;
}

/** The pitches of a region, `C3 – G5`, or "all pitches". */
export function regionPitches(region) {
  const [low, high] = pitchesOf(region);
  if (low <= 0 && high >= 127) return "all pitches";
  return `${pitchName(low)} – ${pitchName(high)}`;
}

export function describeRegion(piece, region) {
  if (!region) return "No area is marked.";
  const [first, last] = barsOfRegion(piece, region);
  return `Area: ${first === last ? `bar ${first + 1}` : `bars ${first + 1} to ${last + 1}`}, ${regionPitches(region)}.`;
}

export function describePiece(piece) {
  const notes = notesOf(piece);
  const fresh = notes.filter((note) => note.fresh).length;
  return `Piano roll, ${barsOf(piece).length} bars, ${notes.length} notes${fresh ? `, ${fresh} of them new` : ""}`;
}
