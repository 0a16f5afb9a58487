// Which note is under a point, and at which part of it.

import { notesOf } from "../model/piece.js";

/** The note at a pixel and its part, "start", "middle" or "end", or null. Later notes are above earlier ones. */
export function noteAt(piece, view, { x, pitch, step }) {
  const notes = notesOf(piece);
  for (let index = notes.length - 1; index >= 0; index--) {
    const note = notes[index];
    if (note.pitch !== pitch || note.start > step + 1 || note.start + note.duration < step - 1) continue;
    const [left, right] = [view.x(note.start), view.x(note.start + note.duration)];
    if (x < left - 1 || x > right + 1) continue;
    const edge = Math.min(8, (right - left) / 3);
    return { note, part: x < left + edge && right - left > 12 ? "start" : x > right - edge ? "end" : "middle" };
  }
  return null;
}

/** Notes that touch a rectangle of cells. */
export function notesIn(piece, [low, high, start, end]) {
  return notesOf(piece).filter((note) => low <= note.pitch && note.pitch <= high && note.start < end && note.start + note.duration > start);
}
