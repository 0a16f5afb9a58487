// One note as nodes of the audio graph.

/** Time constant of the decay of a damped string, and the time until it is silent, in seconds, as in the program's synthesiser. */
const DAMPING = 0.09;
const RELEASE = 0.6;
/** Gains of a string and of its substitute at velocity 100. */
const STRING = 2.2;
const PLAIN = 0.25;

/** Plays a note at `when` for `seconds`; returns a function that ends it now. */
export function strike(context, output, strings, { pitch, velocity }, when, seconds) {
  const gain = context.createGain();
  const string = strings.get(pitch);
  gain.gain.setValueAtTime(loudness(velocity) * (string ? STRING : PLAIN), when);
  gain.gain.setTargetAtTime(0, when + seconds, DAMPING);
  gain.connect(output);
  const source = string ? sampled(context, string) : plain(context, pitch);
  source.connect(gain);
  source.start(when);
  source.stop(when + seconds + RELEASE);
  source.onended = () => gain.disconnect();
  return () => {
    const now = context.currentTime;
    gain.gain.cancelScheduledValues(now);
    gain.gain.setTargetAtTime(0, now, 0.02);
    source.stop(now + 0.15);
  };
}

function loudness(velocity) {
  return (velocity / 100) ** 1.5;
}

function sampled(context, { buffer, rate }) {
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.playbackRate.value = rate;
  return source;
}

/** A substitute for a string that is still being fetched. */
function plain(context, pitch) {
  const source = context.createOscillator();
  source.type = "triangle";
  source.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
  return source;
}
