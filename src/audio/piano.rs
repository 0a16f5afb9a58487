//! A synthesiser of struck strings, built of fundsp's nodes.
//!
//! A tone is a sum of decaying partials, slightly sharp of the harmonic series as on stiff strings (Fletcher and Rossing,
//! *The Physics of Musical Instruments*, 1998, ch. 12), and the noise of the hammer. Each distinct tone is rendered once, for
//! the length of its longest note. Notes are copies of it that decay after their release. A reverb and a limiter process the
//! sum.

use super::notes::TimedNote;
use super::sound::{SAMPLE_RATE, Stereo, TAIL};
use crate::parallel::*;
use fundsp::prelude64::{
    U2, U10, Wave, envelope, limiter_stereo, lowpole_hz, multipass, noise, reverb_stereo, sine_hz, sumi,
};
use std::collections::BTreeMap;

/// Number of partials of a tone; those above [`HIGHEST`] are silent.
type Partials = U10;
/// Highest frequency of a partial in Hz.
const HIGHEST: f64 = 9_000.0;
/// Velocity layers: velocities of one layer have the same tone and differ in volume only.
const LAYERS: u8 = 8;
/// Time constant of the decay of a damped string, in seconds.
const DAMPING: f64 = 0.09;
/// Seconds after its release at which a note is cut.
const RELEASE: f64 = 0.6;
/// Limit on the length of a rendered note, in seconds.
const LONGEST: f64 = 8.0;
/// Gain of a note of velocity 100, chosen so that ordinary music stays just below the limiter.
const GAIN: f32 = 0.3;
/// Look-ahead of the limiter in seconds.
const LOOK_AHEAD: f32 = 0.005;

/// Identifies a tone: pitch and velocity layer.
type Key = (u8, u8);

fn key(note: &TimedNote) -> Key {
    (note.pitch, note.velocity.min(127) / (128 / LAYERS))
}

/// Length of a rendered note in seconds.
fn rendered(note: &TimedNote) -> f64 {
    (note.duration + RELEASE).min(LONGEST)
}

/// Renders notes to `samples` samples.
pub fn play(notes: &[TimedNote], samples: usize) -> Stereo {
    let mut lengths: BTreeMap<Key, f64> = BTreeMap::new();
    for note in notes {
        let length = lengths.entry(key(note)).or_default();
        *length = length.max(rendered(note));
    }
    let tones: BTreeMap<Key, Vec<f32>> =
        lengths.into_par_iter().map(|(key, seconds)| (key, tone(key, seconds))).collect();
    let mut dry = [vec![0.0; samples], vec![0.0; samples]];
    for note in notes {
        add(&mut dry, &tones[&key(note)], note);
    }
    reverb_and_limit(dry, samples)
}

/// The undamped sound of a string, at full volume.
fn tone((pitch, layer): Key, seconds: f64) -> Vec<f32> {
    let frequency = 440.0 * 2f64.powf((f64::from(pitch) - 69.0) / 12.0);
    let force = (f64::from(layer) + 0.5) / f64::from(LAYERS);
    // Higher velocities excite more upper partials, and high strings have fewer of them.
    let slope = 2.3 - 1.1 * force + 0.012 * (f64::from(pitch) - 60.0);
    let stiffness = 2.5e-4 * 2f64.powf((f64::from(pitch) - 60.0) / 16.0);
    let decay = 0.55 * 2f64.powf((f64::from(pitch) - 60.0) / 20.0);
    let partials = sumi::<Partials, _, _>(|i| {
        let n = i as f64 + 1.0;
        let hz = n * frequency * ((1.0 + stiffness * n * n) / (1.0 + stiffness)).sqrt();
        let strength = if hz < HIGHEST { (n * std::f64::consts::PI / 7.3).sin().abs() / n.powf(slope) } else { 0.0 };
        let rate = decay * (1.0 + 0.4 * (n - 1.0));
        // Two-stage decay: fast at first, then slow.
        let level = move |t: f64| strength * (0.65 * (-3.0 * rate * t).exp() + 0.35 * (-0.7 * rate * t).exp());
        sine_hz(hz as f32) * envelope(move |t| level(t) * (1.0 - (-t / 0.002).exp()))
    });
    let knock = (noise() >> lowpole_hz(300.0 + 1200.0 * force as f32))
        * envelope(move |t| 0.12 * force * (-t / 0.012).exp() * (1.0 - (-t / 0.001).exp()));
    let mut graph = partials + knock;
    Wave::render(f64::from(SAMPLE_RATE), seconds, &mut graph).channel(0).clone()
}

/// Adds a note to both channels, panned by pitch: low strings left, high strings right.
fn add(dry: &mut [Vec<f32>; 2], tone: &[f32], note: &TimedNote) {
    let rate = f64::from(SAMPLE_RATE);
    let volume = GAIN * (f32::from(note.velocity) / 100.0).powf(1.5);
    let angle = (0.5 + 0.35 * ((f32::from(note.pitch) - 64.0) / 44.0).clamp(-1.0, 1.0)) * std::f32::consts::FRAC_PI_2;
    let gains = [volume * angle.cos(), volume * angle.sin()];
    let first = (note.start * rate).round() as usize;
    let held = (note.duration * rate).round() as usize;
    let count = ((rendered(note) * rate) as usize).min(tone.len()).min(dry[0].len().saturating_sub(first));
    let fade = (-1.0 / (DAMPING * rate)).exp() as f32;
    for (channel, gain) in dry.iter_mut().zip(gains) {
        let mut level = gain;
        for (i, (out, sample)) in channel[first..first + count].iter_mut().zip(tone).enumerate() {
            if i >= held {
                level *= fade;
            }
            *out += level * sample;
        }
    }
}

/// Adds the reverb of a small hall and limits the sum to [-1, 1].
fn reverb_and_limit(dry: [Vec<f32>; 2], samples: usize) -> Stereo {
    let rate = f64::from(SAMPLE_RATE);
    let mut wave = Wave::new(0, rate);
    for channel in &dry {
        wave.push_channel(channel);
    }
    drop(dry);
    let hall = multipass::<U2>() & (0.16 * reverb_stereo(14.0, TAIL as f32 * 0.7, 0.6));
    let mut graph = hall >> limiter_stereo(LOOK_AHEAD, 0.2);
    let late = (f64::from(LOOK_AHEAD) * rate).round() as usize;
    let wet = wave.filter((samples + late) as f64 / rate, &mut graph);
    let channel = |i: usize| wet.channel(i)[late..].iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
    Stereo { left: channel(0), right: channel(1) }
}
