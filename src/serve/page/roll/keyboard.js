// The keyboard at the left.

import { isBlack, pitchName } from "../model/music.js";
import { RULER } from "./view.js";

/** Draws the keys in rows of equal height, those in `lit` in colour. */
export function drawKeyboard(context, view, lit, colours) {
  const { gutter, height, rowHeight } = view;
  context.save();
  context.beginPath();
  context.rect(0, RULER, gutter, height);
  context.clip();
  context.fillStyle = colours.ivory;
  context.fillRect(0, RULER, gutter, height);
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.font = `600 ${Math.min(11, Math.max(9, rowHeight))}px ${colours.font}`;
  for (let pitch = view.pitch(height); pitch <= view.pitch(RULER); pitch++) {
    const y = view.y(pitch);
    if (lit.has(pitch)) {
      context.fillStyle = colours.accent;
      context.fillRect(0, y, isBlack(pitch) ? gutter * 0.62 : gutter, rowHeight);
    } else if (isBlack(pitch)) {
      context.fillStyle = colours.ebony;
      context.fillRect(0, y, gutter * 0.62, rowHeight);
    }
    if (isBlack(pitch)) {
      context.fillStyle = "rgb(120 116 124 / 45%)";
      context.fillRect(gutter * 0.62, y + rowHeight / 2, gutter, 1);
    } else if ([0, 5].includes(pitch % 12)) {
      context.fillStyle = "rgb(120 116 124 / 60%)";
      context.fillRect(0, y + rowHeight - 0.5, gutter, 1);
    }
    if (pitch % 12 === 0) {
      context.fillStyle = "#55505a";
      context.fillText(pitchName(pitch), gutter - 5, y + rowHeight / 2 + 0.5);
    }
  }
  context.restore();
  context.textAlign = "left";
  context.fillStyle = colours.line;
  context.fillRect(gutter - 1, 0, 1, height);
  context.fillStyle = colours.surface;
  context.fillRect(0, 0, gutter - 1, RULER - 1);
}
