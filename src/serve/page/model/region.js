// The area to be written anew: a union of rectangles of cells, `[low pitch, high pitch, start, end]`, the end exclusive.

import { barAt, barsOf } from "./piece.js";

export const ALL_PITCHES = [0, 127];

/** Bars `first` to `last`, from 0, at all pitches. */
export function regionOfBars(piece, first, last) {
  const bars = barsOf(piece);
  const end = bars[Math.min(last, bars.length - 1)];
  return [[...ALL_PITCHES, bars[first].start, end.start + end.steps]];
}

/** The first and the last step, `[start, end]`. */
export function spanOf(region) {
  return [Math.min(...region.map((cell) => cell[2])), Math.max(...region.map((cell) => cell[3]))];
}

/** The lowest and the highest pitch. */
export function pitchesOf(region) {
  return [Math.min(...region.map((cell) => cell[0])), Math.max(...region.map((cell) => cell[1]))];
}

/** The bars that a region touches, `[first, last]`. */
export function barsOfRegion(piece, region) {
  const [start, end] = spanOf(region);
  return [barAt(piece, start), barAt(piece, end - 1)];
}

export function contains(region, pitch, step) {
  return region.some(([low, high, start, end]) => low <= pitch && pitch <= high && start <= step && step < end);
}

/** What the engine is told: bars, and rectangles unless they are all of these bars. */
export function areaOf(piece, region) {
  const [first, last] = barsOfRegion(piece, region);
  const [[low, high, from, to]] = regionOfBars(piece, first, last);
  const whole = region.some((cell) => cell[0] <= low && cell[1] >= high && cell[2] <= from && cell[3] >= to);
  return { bars: [first, last], cells: whole ? null : region };
}

/** The same union as rectangles that do not overlap. */
export function disjoint(region) {
  const [start, end] = spanOf(region);
  const done = [];
  let open = [];
  for (let step = start; step <= end; step++) {
    const runs = step < end ? runsAt(region, step) : [];
    const stays = (run) => runs.some(([low, high]) => low === run[0] && high === run[1]);
    for (const run of open.filter((run) => !stays(run))) done.push([run[0], run[1], run[2], step]);
    const kept = open.filter(stays);
    const begun = runs.filter(([low, high]) => !kept.some((run) => run[0] === low && run[1] === high));
    open = [...kept, ...begun.map(([low, high]) => [low, high, step])];
  }
  return done;
}

/** The runs of pitches that a region has at a step. */
function runsAt(region, step) {
  const here = region.filter((cell) => cell[2] <= step && step < cell[3]).sort((a, b) => a[0] - b[0]);
  const runs = [];
  for (const [low, high] of here) {
    const last = runs.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else runs.push([low, high]);
  }
  return runs;
}
