// The line of chords: what the user typed, and what was recognised, by bar.

import { barsOf } from "./piece.js";

/** The recognised chords of a bar as text, `Am F`; empty after the end. */
export function foundIn(piece, bar) {
  const { start, steps } = barsOf(piece)[bar] ?? { start: 0, steps: 0 };
  const inside = piece.found.filter((chord) => chord.start < start + steps && chord.start + chord.steps > start);
  const symbols = inside.map((chord) => chord.symbol);
  return symbols.filter((symbol, index) => symbol !== symbols[index - 1]).join(" ");
}

/** The text that the engine is given for bars `first` to `last`, or null where nothing was typed. */
export function askedFor(piece, first, last) {
  const bars = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const typed = bars.map((bar) => piece.chords[bar]?.trim() ?? "");
  if (typed.every((text) => text === "")) return null;
  const exists = barsOf(piece).length;
  const texts = typed.map((text, index) => text || (bars[index] < exists && foundIn(piece, bars[index])) || (index > 0 ? "%" : typed.find(Boolean)));
  return `| ${texts.join(" | ")} |`;
}

export function withChords(piece, bar, text) {
  const chords = { ...piece.chords };
  if (text.trim()) chords[bar] = text.trim();
  else delete chords[bar];
  return { ...piece, chords };
}

/** Recognised chords of an answer in place of those before, within the steps that it covers. */
export function withFound(piece, found) {
  if (!found?.length) return piece;
  const start = found[0].start;
  const end = Math.max(...found.map((chord) => chord.start + chord.steps));
  const others = piece.found.filter((chord) => chord.start + chord.steps <= start || chord.start >= end);
  return { ...piece, found: [...others, ...found].sort((a, b) => a.start - b.start) };
}
