// The area in numbers: bars by fields, pitches in words.

import { barsOf } from "../model/piece.js";
import { watchAny } from "../model/signal.js";
import { barsOfRegion, regionOfBars } from "../model/region.js";
import { regionPitches } from "../roll/describe.js";

export function connectAreaLine(app, { first, last, pitches, clear }) {
  watchAny([app.region, app.piece], () => {
    const region = app.region.value;
    const piece = app.piece.value;
    first.max = last.max = barsOf(piece).length;
    clear.disabled = region === null;
    const bars = region ? barsOfRegion(piece, region).map((bar) => bar + 1) : ["", ""];
    [first.value, last.value] = bars;
    first.placeholder = last.placeholder = "–";
    pitches.textContent = region ? regionPitches(region) : "";
  });

  const changed = () => {
    const most = barsOf(app.piece.value).length;
    const number = (field, otherwise) => Math.min(most, Math.max(1, Math.round(Number(field.value) || otherwise)));
    const from = number(first, Number(last.value) || 1);
    const to = number(last, from);
    app.region.value = regionOfBars(app.piece.value, Math.min(from, to) - 1, Math.max(from, to) - 1);
  };
  first.addEventListener("change", changed);
  last.addEventListener("change", changed);
  clear.addEventListener("click", () => (app.region.value = null));
}
