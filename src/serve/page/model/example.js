// The piece that the page opens with: eight bars in A minor, written for it.

import { addNotes, emptyPiece } from "./piece.js";

// Pitch, start and duration, bar by bar.
const MELODY = [
  [[76, 0, 6], [74, 6, 2], [72, 8, 4], [71, 12, 4]],
  [[69, 0, 6], [72, 6, 2], [77, 8, 8]],
  [[76, 0, 4], [74, 4, 2], [72, 6, 2], [67, 8, 6], [72, 14, 2]],
  [[74, 0, 10], [71, 12, 2], [72, 14, 2]],
  [[76, 0, 6], [81, 6, 2], [79, 8, 4], [76, 12, 4]],
  [[77, 0, 4], [76, 4, 2], [74, 6, 2], [72, 8, 4], [69, 12, 4]],
  [[71, 0, 4], [74, 4, 4], [80, 8, 4], [76, 12, 4]],
  [[81, 0, 14]],
];

// A broken chord over a bass, in eighths.
const CHORDS = [
  { name: "Am", bass: 45, tones: [57, 60, 64] },
  { name: "F", bass: 41, tones: [57, 60, 65] },
  { name: "C", bass: 48, tones: [55, 60, 64] },
  { name: "G", bass: 43, tones: [55, 59, 62] },
  { name: "Am", bass: 45, tones: [57, 60, 64] },
  { name: "Dm", bass: 50, tones: [57, 62, 65] },
  { name: "E", bass: 40, tones: [56, 59, 64] },
  { name: "Am", bass: 45, tones: [57, 60, 64] },
];
const PATTERN = [0, 1, 2, 1, 2, 1, 0];

function accompaniment({ bass, tones }, last) {
  if (last) return [[33, 0, 14, 62], [bass, 0, 14, 60], ...tones.map((pitch, index) => [pitch, 2 * index + 2, 12 - 2 * index, 52])];
  const broken = PATTERN.map((tone, index) => [tones[tone], 2 * index + 2, 2, index === 3 ? 56 : 50]);
  return [[bass, 0, 8, 64], [bass, 8, 8, 56], ...broken];
}

export function examplePiece() {
  const notes = [];
  MELODY.forEach((melody, bar) => {
    const at = ([pitch, start, duration, velocity]) => notes.push({ pitch, start: 16 * bar + start, duration, velocity });
    for (const [pitch, start, duration] of melody) at([pitch, start, duration, start % 8 === 0 ? 92 : 84]);
    accompaniment(CHORDS[bar], bar === 7).forEach(at);
  });
  const [piece] = addNotes(emptyPiece({ tempo: 96, name: "Example in A minor" }), notes);
  return { ...piece, found: CHORDS.map(({ name }, bar) => ({ start: 16 * bar, steps: 16, symbol: name })) };
}
