// What one can ask for: sliders that are free until they are touched, key, bars, variants, seed, tracks.

import { KEYS, keyName, pitchName } from "../model/music.js";
import { element, iconButton, setIcon } from "./element.js";

const SLIDERS = [
  { name: "density", label: "Density", min: 0.3, max: 2.2, step: 0.05, rest: 1, show: (value) => `× ${value.toFixed(2)}`, title: "Notes per bar, as a multiple of the training songs' mean" },
  { name: "strength", label: "Vary by", min: 0.05, max: 1, step: 0.05, rest: 0.4, fixed: true, show: (value) => `${Math.round(100 * value)} %`, title: "For Vary: 0 is nearly the same music, 100 % is new" },
  { name: "follow", label: "Repetition", min: 0, max: 1, step: 0.05, rest: 0.5, show: (value) => `${Math.round(100 * value)} %`, title: "How closely Fill, Continue, Accompany and Melody repeat the song's passage with the most similar surroundings: 0 is new music, 100 % the passage itself" },
  { name: "guidance", label: "Guidance", min: 1, max: 4, step: 0.1, rest: 1.5, show: (value) => value.toFixed(1), title: "How strictly chords and the like are followed" },
  { name: "velocity", label: "Loudness", min: 20, max: 120, step: 1, rest: 80, show: (value) => `${value}`, title: "Median velocity of the new notes" },
];
const FREE = "auto";

export function connectWishes(app, { rows, tracks, box }) {
  const conditioned = [];
  const [density, ...others] = SLIDERS.map((slider) => sliderRow(app, slider));
  const register = registerRow(app);
  conditioned.push(density, register, others[1]);
  rows.append(density, register, ...others, keyRow(app), lengthRow(app), numberRow(app, "variants", "Variants", 1, 8, "Variants at a time"), seedRow(app));
  app.about.watch((about) => {
    for (const row of conditioned) row.hidden = about?.conditions === false;
    others[2].hidden = about?.dynamics === false;
  });
  connectTracks(app, tracks);
  box.open = matchMedia("(min-width: 900px)").matches;
}

/** A slider with its value, which is a button that sets it free again. */
function sliderRow(app, { name, label, min, max, step, rest, fixed = false, show, title }) {
  const input = element("input", { class: "slider", type: "range", min, max, step, id: `wish-${name}`, title });
  const value = element("button", { class: "value", type: "button", title: fixed ? "" : "Leave it open" });
  const row = element("div", { class: "row" }, [element("label", { for: `wish-${name}`, title }, [label]), input, value]);
  input.addEventListener("input", () => app.wish({ [name]: Number(input.value) }));
  value.addEventListener("click", () => app.wish({ [name]: fixed ? rest : null }));
  app.wishes.watch((wishes) => {
    const free = wishes[name] === null;
    input.value = free ? rest : wishes[name];
    value.textContent = free ? FREE : show(wishes[name]);
    value.disabled = free || fixed;
    value.setAttribute("aria-label", free ? `${label} is left open` : `${label} ${show(wishes[name])}, leave it open`);
    input.setAttribute("aria-valuetext", free ? "left open" : show(wishes[name]));
    row.classList.toggle("free", free);
  }, { now: true });
  return row;
}

/** Two ends, of which neither passes the other. */
function registerRow(app) {
  const [low, high] = [["low", "Lowest pitch"], ["high", "Highest pitch"]].map(([name, label]) => element("input", { class: "slider", type: "range", min: 21, max: 108, step: 1, "aria-label": label, id: `wish-${name}` }));
  const value = element("button", { class: "value", type: "button", title: "Leave it open" });
  const row = element("div", { class: "row", role: "group", "aria-label": "Register" }, [element("span", {}, ["Register"]), element("div", { class: "ends" }, [low, high]), value]);
  const changed = (moved) => {
    if (Number(low.value) > Number(high.value) - 5) {
      if (moved === low) low.value = Number(high.value) - 5;
      else high.value = Number(low.value) + 5;
    }
    app.wish({ low: Number(low.value), high: Number(high.value) });
  };
  low.addEventListener("input", () => changed(low));
  high.addEventListener("input", () => changed(high));
  value.addEventListener("click", () => app.wish({ low: null, high: null }));
  app.wishes.watch((wishes) => {
    const free = wishes.low === null;
    low.value = wishes.low ?? 36;
    high.value = wishes.high ?? 84;
    low.setAttribute("aria-valuetext", free ? "left open" : pitchName(wishes.low));
    high.setAttribute("aria-valuetext", free ? "left open" : pitchName(wishes.high));
    value.textContent = free ? FREE : `${pitchName(wishes.low)}–${pitchName(wishes.high)}`;
    value.disabled = free;
    value.setAttribute("aria-label", free ? "Register is left open" : `Register ${value.textContent}, leave it open`);
    row.classList.toggle("free", free);
  }, { now: true });
  return row;
}

function keyRow(app) {
  const select = element("select", { id: "wish-key" }, [element("option", { value: "" }, ["As in the piece"]), ...KEYS.map((key) => element("option", { value: key }, [keyName(key)]))]);
  select.addEventListener("change", () => app.wish({ key: select.value }));
  app.wishes.watch(({ key }) => (select.value = key), { now: true });
  return element("div", { class: "row" }, [element("label", { for: "wish-key" }, ["Key"]), element("div", { class: "wide" }, [select])]);
}

function numberRow(app, name, label, min, max, title) {
  const input = element("input", { type: "number", min, max, id: `wish-${name}`, inputmode: "numeric", title });
  input.addEventListener("change", () => {
    app.wish({ [name]: Math.min(max, Math.max(min, Math.round(Number(input.value) || min))) });
    input.value = app.wishes.value[name];
  });
  app.wishes.watch((wishes) => (input.value = wishes[name]), { now: true });
  return element("div", { class: "row" }, [element("label", { for: `wish-${name}`, title }, [label]), element("div", { class: "wide" }, [input])]);
}

/** Bars that Continue and New write, and the time signature of a new piece. */
function lengthRow(app) {
  const row = numberRow(app, "bars", "New bars", 1, 64, "Bars that Continue and New write");
  const select = element("select", { "aria-label": "Time signature of a new piece", title: "Time signature of a new piece" }, [2, 3, 4].map((beats) => element("option", { value: beats }, [`${beats}/4`])));
  select.addEventListener("change", () => app.wish({ beats: Number(select.value) }));
  app.wishes.watch(({ beats }) => (select.value = beats), { now: true });
  row.querySelector(".wide").append(select);
  return row;
}

function seedRow(app) {
  const input = element("input", { type: "number", min: 0, max: 2147483647, id: "wish-seed", inputmode: "numeric", title: "The same seed and wishes give the same variants" });
  const lock = iconButton("i-unlock", "Keep this seed");
  input.addEventListener("change", () => app.wish({ seed: Math.min(2147483647, Math.max(0, Math.floor(Number(input.value) || 0))), locked: true }));
  lock.addEventListener("click", () => app.wish({ locked: !app.wishes.value.locked }));
  app.wishes.watch(({ seed, locked }) => {
    input.value = seed;
    lock.setAttribute("aria-pressed", String(locked));
    lock.title = locked ? "The seed is kept: click for another one each time" : "A new seed each time: click to keep this one";
    setIcon(lock, locked ? "i-lock" : "i-unlock");
  }, { now: true });
  return element("div", { class: "row" }, [element("label", { for: "wish-seed" }, ["Seed"]), element("div", { class: "wide" }, [input, lock])]);
}

/** The tracks of a song, of which some stay for an accompaniment or a melody. */
function connectTracks(app, fieldset) {
  const list = fieldset.querySelector("div");
  let shown = null;
  app.piece.watch(({ song }) => {
    if (song === shown) return;
    shown = song;
    const tracks = (song?.tracks ?? []).map((track, index) => ({ ...track, index })).filter((track) => !track.drums && track.notes > 0);
    if (song) tracks.push({ name: "Drawn and new notes", notes: null, index: song.tracks.length });
    fieldset.hidden = tracks.length < 3;
    app.wish({ tracks: null });
    list.replaceChildren(...tracks.map(({ name, notes, index }) => {
      const box = element("input", { type: "checkbox" });
      box.addEventListener("change", () => {
        const others = (app.wishes.value.tracks ?? []).filter((other) => other !== index);
        app.wish({ tracks: box.checked ? [...others, index].sort((a, b) => a - b) : others });
      });
      return element("label", {}, [box, element("span", {}, [name || `Track ${index + 1}`]), element("small", {}, [notes === null ? "" : `${notes} notes`])]);
    }));
  }, { now: true });
}
