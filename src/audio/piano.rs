//! A synthesiser of struck strings, warm rather than bright, built of fundsp's nodes.
//!
//! A tone is a sum of decaying partials, slightly sharp of the harmonic series as on stiff strings (Fletcher and Rossing,
//! *The Physics of Musical Instruments*, 1998, ch. 12), with a soft knock of the hammer. Each different tone is made
//! once, as long as its longest note; notes are copies of it that are faded out when the key is let go. The sum goes
//! through a room and a limiter.

use super::{SAMPLE_RATE, Stereo, Strike, TAIL};
use fundsp::prelude64::{
    U2, U10, Wave, envelope, limiter_stereo, lowpole_hz, multipass, noise, reverb_stereo, sine_hz, sumi,
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Partials of a tone; those above hearing or the sampling theorem are silent.
type Partials = U10;
/// Highest frequency of a partial in Hz.
const HIGHEST: f64 = 9_000.0;
/// Loudnesses that differ in their tone; between them only the volume changes.
const TOUCHES: u8 = 8;
/// Seconds in which a string falls silent once its damper is down, to 1/e.
const DAMPER: f64 = 0.09;
/// Seconds after which a damped string is cut.
const RELEASE: f64 = 0.6;
/// Seconds for which the longest note is heard.
const LONGEST: f64 = 8.0;
/// Volume of one loud note; ordinary music stays just below the limiter.
const GAIN: f32 = 0.3;
/// Seconds by which the limiter looks ahead.
const LOOK_AHEAD: f32 = 0.005;

/// Which tone a note needs: its pitch and its touch.
type Key = (u8, u8);

fn key(strike: &Strike) -> Key {
    (strike.pitch, strike.velocity.min(127) / (128 / TOUCHES))
}

/// Seconds for which a note is heard.
fn heard(strike: &Strike) -> f64 {
    (strike.duration + RELEASE).min(LONGEST)
}

/// Plays notes into `samples` samples.
pub fn play(strikes: &[Strike], samples: usize) -> Stereo {
    let mut lengths: BTreeMap<Key, f64> = BTreeMap::new();
    for strike in strikes {
        let length = lengths.entry(key(strike)).or_default();
        *length = length.max(heard(strike));
    }
    let tones: BTreeMap<Key, Vec<f32>> =
        lengths.into_par_iter().map(|(key, seconds)| (key, tone(key, seconds))).collect();
    let mut dry = [vec![0.0; samples], vec![0.0; samples]];
    for strike in strikes {
        add(&mut dry, &tones[&key(strike)], strike);
    }
    room(dry, samples)
}

/// The sound of a string until it is let go, at full volume.
fn tone((pitch, touch): Key, seconds: f64) -> Vec<f32> {
    let frequency = 440.0 * 2f64.powf((f64::from(pitch) - 69.0) / 12.0);
    let force = (f64::from(touch) + 0.5) / f64::from(TOUCHES);
    // a harder blow excites more of the upper partials, and high strings have fewer of them
    let slope = 2.3 - 1.1 * force + 0.012 * (f64::from(pitch) - 60.0);
    let stiffness = 2.5e-4 * 2f64.powf((f64::from(pitch) - 60.0) / 16.0);
    let decay = 0.55 * 2f64.powf((f64::from(pitch) - 60.0) / 20.0);
    let partials = sumi::<Partials, _, _>(|i| {
        let n = i as f64 + 1.0;
        let hz = n * frequency * ((1.0 + stiffness * n * n) / (1.0 + stiffness)).sqrt();
        let strength = if hz < HIGHEST { (n * std::f64::consts::PI / 7.3).sin().abs() / n.powf(slope) } else { 0.0 };
        let rate = decay * (1.0 + 0.4 * (n - 1.0));
        // strings first lose energy fast to the bridge, then slowly
        let level = move |t: f64| strength * (0.65 * (-3.0 * rate * t).exp() + 0.35 * (-0.7 * rate * t).exp());
        sine_hz(hz as f32) * envelope(move |t| level(t) * (1.0 - (-t / 0.002).exp()))
    });
    let knock = (noise() >> lowpole_hz(300.0 + 1200.0 * force as f32))
        * envelope(move |t| 0.12 * force * (-t / 0.012).exp() * (1.0 - (-t / 0.001).exp()));
    let mut graph = partials + knock;
    Wave::render(f64::from(SAMPLE_RATE), seconds, &mut graph).channel(0).clone()
}

/// Adds a note to both channels: low strings to the left, high ones to the right, as a player hears them.
fn add(dry: &mut [Vec<f32>; 2], tone: &[f32], strike: &Strike) {
    let rate = f64::from(SAMPLE_RATE);
    let volume = GAIN * (f32::from(strike.velocity) / 100.0).powf(1.5);
    let angle = (0.5 + 0.35 * ((f32::from(strike.pitch) - 64.0) / 44.0).clamp(-1.0, 1.0)) * std::f32::consts::FRAC_PI_2;
    let gains = [volume * angle.cos(), volume * angle.sin()];
    let first = (strike.start * rate).round() as usize;
    let held = (strike.duration * rate).round() as usize;
    let count = ((heard(strike) * rate) as usize).min(tone.len()).min(dry[0].len().saturating_sub(first));
    let fade = (-1.0 / (DAMPER * rate)).exp() as f32;
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

/// A small hall around the instrument, and a limiter that no chord can pass.
fn room(dry: [Vec<f32>; 2], samples: usize) -> Stereo {
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
