// A link that holds the whole state in its fragment: the piece, the song's bytes, the area, what was asked for.

import { EngineError } from "../engine/failure.js";
import { fromBase64, pack, toBase64, unpack } from "./packed.js";

const START = "#piece=";

export async function linkOf(app, bytesOf) {
  const { song, added, ...piece } = app.piece.value;
  const bytes = song ? await bytesOf(song.id) : null;
  const state = {
    version: 1,
    piece: { ...piece, added: added.map(({ id, pitch, start, duration, velocity, fresh }) => [id, pitch, start, duration, velocity, fresh ? 1 : 0]) },
    song: bytes ? toBase64(new Uint8Array(bytes)) : null,
    region: app.region.value,
    wishes: app.wishes.value,
  };
  const address = new URL(location.href);
  address.searchParams.delete("token");
  address.hash = START.slice(1) + (await pack(state));
  return address.href;
}

/** Reads the state of the page's own address into the app, if there is one; returns whether there was. */
export async function openLink(app, keepSong) {
  if (!location.hash.startsWith(START)) return false;
  const packed = location.hash.slice(START.length);
  history.replaceState(null, "", location.pathname + location.search);
  try {
    const state = await unpack(packed);
    const added = state.piece.added.map(noteOf);
    let song = null;
    if (state.song) {
      const bytes = fromBase64(state.song).buffer;
      song = await app.engine.openSong(bytes);
      await keepSong(song.id, bytes);
    }
    const { removed, nextId, bars, beats, tempo, chords, found, name } = state.piece;
    app.edit({ song, removed, added, nextId, bars, beats, tempo, chords, found, name }, []);
    app.region.value = state.region;
    app.wish(state.wishes);
    return true;
  } catch (error) {
    app.say(error instanceof EngineError ? error.message : "This link is damaged or incomplete. Copy it again where it came from.");
    return false;
  }
}

/** A note of whole numbers within the roll. */
function noteOf([id, pitch, start, duration, velocity, fresh]) {
  const within = (value, least, most) => Math.min(most, Math.max(least, Math.round(value) || 0));
  return {
    id, pitch: within(pitch, 0, 127), start: within(start, 0, 1e6), duration: within(duration, 1, 1e6), velocity: within(velocity, 1, 127), fresh: fresh === 1,
  };
}
