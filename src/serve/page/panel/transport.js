// Playback: play, loop, tempo, volume, what is heard, and where.

import { lengthOf } from "../model/piece.js";
import { spanOf } from "../model/region.js";
import { clockOf } from "../roll/describe.js";
import { MidiOut } from "../sound/midi-out.js";
import { watchAny } from "../model/signal.js";
import { element, setIcon } from "./element.js";

export function connectTransport(app, player, roll, audition, parts) {
  const { play, rewind, loop, clock, tempo, tempoValue, volume, given, fresh } = parts;

  play.addEventListener("click", () => togglePlay(app, player, audition));
  rewind.addEventListener("click", () => player.seek(0));
  loop.addEventListener("click", () => (app.loop.value = !app.loop.value));
  given.addEventListener("click", () => (app.heard.value = { ...app.heard.value, given: !app.heard.value.given }));
  fresh.addEventListener("click", () => (app.heard.value = { ...app.heard.value, fresh: !app.heard.value.fresh }));

  player.playing.watch((playing) => {
    setIcon(play, playing ? "i-stop" : "i-play");
    play.setAttribute("aria-label", playing ? "Stop" : "Play");
    play.title = playing ? "Stop (Space)" : "Play (Space)";
  });
  app.loop.watch((on) => loop.setAttribute("aria-pressed", String(on)), { now: true });
  app.heard.watch((heard) => {
    given.setAttribute("aria-pressed", String(heard.given));
    fresh.setAttribute("aria-pressed", String(heard.fresh));
  }, { now: true });

  const showClock = (step) => (clock.textContent = clockOf(app.shown, Math.min(step, lengthOf(app.shown) - 1)));
  roll.ticked = showClock;
  watchAny([player.position, app.piece], () => player.playing.value || showClock(player.position.value));

  tempo.addEventListener("input", () => (tempoValue.textContent = tempo.value));
  tempo.addEventListener("change", () => app.edit({ ...app.piece.value, tempo: Number(tempo.value) }));
  app.piece.watch((piece) => {
    tempo.value = piece.tempo;
    tempoValue.textContent = piece.tempo;
    tempo.title = piece.song ? "Beats per minute of playback; the file keeps its own tempo" : "Beats per minute";
  }, { now: true });

  volume.addEventListener("input", () => (app.volume.value = Number(volume.value)));
  app.volume.watch((value) => {
    volume.value = value;
    player.output.volume = (value / 100) ** 2 * 1.2;
  }, { now: true });

  connectMidi(app, player.output.midi, parts.midi, parts.midiLabel);
}

export function togglePlay(app, player, audition) {
  audition.stop();
  if (player.playing.value) return player.stop();
  const at = player.position.value;
  const [start, end] = app.loop.value && app.region.value ? spanOf(app.region.value) : [0, lengthOf(app.piece.value) - 0.5];
  player.start(start <= at && at < end ? at : start);
}

/** Devices, which are asked for only when the user wants one: the browser then asks for permission. */
function connectMidi(app, midi, select, label) {
  label.hidden = !MidiOut.exists;
  if (!MidiOut.exists) return;
  select.append(element("option", { value: "ask" }, ["MIDI device …"]));
  select.addEventListener("change", async () => {
    if (select.value !== "ask") return midi.choose(select.value);
    select.value = "";
    try {
      const ports = await midi.ports();
      if (ports.length === 0) return app.say("No MIDI device is connected.");
      const piano = select.options[0];
      select.replaceChildren(piano, ...ports.map(({ id, name }) => element("option", { value: id }, [name])));
      select.value = ports[0].id;
      midi.choose(ports[0].id);
    } catch {
      app.say("The browser did not give access to MIDI devices.");
    }
  });
}
