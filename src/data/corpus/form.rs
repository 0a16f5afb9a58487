//! The form of a song: the order of its sections, and the material of each.

use super::harmony::{self, Chord, Colour, Key, Mode, Plan};
use super::melody::{self, Character, Tone};
use super::piano::{self, Hands, Pattern};
use crate::data::music::roll::Note;
use crate::rng::Philox;

/// Steps of a bar.
pub const BAR: u32 = 16;

/// A kind of section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Four bars of the verse's chords.
    Intro,
    /// Eight calm bars.
    Verse,
    /// Eight bars, higher and fuller, usually on a loop of four chords.
    Chorus,
    /// Eight contrasting bars that lead back.
    Bridge,
    /// Four closing bars.
    Outro,
}

use Section::{Bridge, Chorus, Intro, Outro, Verse};

/// Songs of 24 to 48 bars.
const FORMS: [&[Section]; 9] = [
    &[Intro, Verse, Verse, Chorus, Verse, Chorus],
    &[Intro, Verse, Chorus, Verse, Chorus, Outro],
    &[Intro, Verse, Verse, Chorus, Bridge, Chorus, Outro],
    &[Verse, Chorus, Verse, Chorus, Outro],
    &[Verse, Verse, Bridge, Verse, Outro],
    &[Intro, Verse, Chorus, Bridge, Chorus, Outro],
    &[Intro, Verse, Chorus, Verse, Bridge, Chorus],
    &[Intro, Verse, Chorus, Outro],
    &[Verse, Verse, Chorus, Verse, Outro],
];

impl Section {
    fn letter(self) -> &'static str {
        match self {
            Intro => "intro",
            Verse => "A",
            Chorus => "B",
            Bridge => "C",
            Outro => "outro",
        }
    }

    /// Velocity of an unaccented melody note.
    fn loudness(self) -> f64 {
        match self {
            Intro | Outro => 78.0,
            Verse => 84.0,
            Chorus => 97.0,
            Bridge => 88.0,
        }
    }
}

/// Material of a kind of section, common to all its occurrences.
struct Material {
    harmony: Vec<Chord>,
    tune: Vec<Tone>,
    pattern: &'static Pattern,
}

/// A composed song before it is named.
pub struct Composition {
    pub key: Key,
    pub bpm: u32,
    pub form: String,
    pub bars: u32,
    pub melody: Vec<Note>,
    pub piano: Vec<Note>,
}

fn pattern(rng: &mut Philox, from: &'static [Pattern], bpm: u32) -> &'static Pattern {
    let fitting: Vec<&Pattern> = from.iter().filter(|p| (p.tempo.0..=p.tempo.1).contains(&bpm)).collect();
    fitting[rng.below(fitting.len())]
}

/// Degrees of the first chords of verse, chorus and bridge.
fn starts(rng: &mut Philox, mode: Mode) -> [usize; 3] {
    match mode {
        Mode::Major => *rng.choose(&[[0, 3, 5], [0, 5, 3], [0, 3, 1], [5, 0, 3], [0, 0, 5], [3, 0, 5]]),
        Mode::Minor => *rng.choose(&[[0, 5, 3], [0, 2, 5], [0, 5, 2], [0, 3, 5], [5, 0, 3]]),
    }
}

fn material(rng: &mut Philox, key: &Key, bpm: u32) -> [Material; 3] {
    let colour = Colour::draw(rng);
    let starts = starts(rng, key.mode);
    let centre = rng.between(68, 72);
    let lively = if bpm < 90 { 0.75 } else { 0.45 } + 0.2 * (rng.uniform() - 0.5);
    let syncopated = *rng.choose(&[0.1, 0.3, 0.5]);
    let verse = Character { centre, lively, syncopated };
    let chorus = Character { centre: centre + rng.between(2, 4), lively: lively - 0.1, syncopated: syncopated + 0.15 };
    let bridge = Character { centre: centre + rng.between(0, 2), lively: lively - 0.35, syncopated: 0.1 };
    let open_verse = rng.chance(0.35);
    let sections = [
        (verse, Plan { start: starts[0], open: open_verse, looped: rng.chance(0.3) }, &piano::CALM),
        (chorus, Plan { start: starts[1], open: false, looped: rng.chance(0.75) }, &piano::FULL),
        (bridge, Plan { start: starts[2], open: true, looped: false }, &piano::CALM),
    ];
    sections.map(|(character, plan, patterns)| {
        let harmony = harmony::period(rng, key, plan, &colour);
        let tune = melody::theme(rng, &harmony, &character);
        Material { harmony, tune, pattern: pattern(rng, patterns, bpm) }
    })
}

/// One occurrence of a section in the song.
struct Passage {
    section: Section,
    first_bar: u32,
    harmony: Vec<Chord>,
    tune: Vec<Tone>,
    pattern: &'static Pattern,
}

/// Composes a song: draws key, tempo, form and material, and renders them as notes.
pub fn compose(rng: &mut Philox) -> Composition {
    let key = Key::draw(rng);
    let bpm = rng.between(35, 70) as u32 * 2;
    let form = *rng.choose(&FORMS);
    let material = material(rng, &key, bpm);
    let passages = passages(rng, &key, form, &material, bpm);
    let bars = passages.iter().map(|passage| passage.harmony.len() as u32 / 2).sum();
    let harmony: Vec<Chord> = passages.iter().flat_map(|passage| passage.harmony.iter().cloned()).collect();
    let mut tune: Vec<Tone> = passages
        .iter()
        .flat_map(|passage| {
            passage.tune.iter().map(|tone| Tone { start: tone.start + BAR * passage.first_bar, ..*tone })
        })
        .collect();
    let pickup_rate = 0.3 + 0.6 * rng.uniform();
    for bar in (4..bars).step_by(4) {
        if rng.chance(pickup_rate) {
            melody::pickup(rng, &mut tune, &harmony, BAR * bar);
        }
    }
    let melody = melody_notes(rng, &tune, &harmony, &passages);
    let piano = accompany(rng, &melody, &harmony, &passages);
    let letters: Vec<&str> = form.iter().map(|section| section.letter()).collect();
    Composition { key, bpm, form: letters.join(" "), bars, melody, piano }
}

fn passages(rng: &mut Philox, key: &Key, form: &[Section], material: &[Material; 3], bpm: u32) -> Vec<Passage> {
    let [verse, chorus, bridge] = material;
    let fuller = pattern(rng, &piano::CALM, bpm);
    let mut seen = [0; 3];
    let mut first_bar = 0;
    form.iter()
        .map(|&section| {
            let mut again = |i: usize| {
                seen[i] += 1;
                seen[i] > 1
            };
            let (harmony, tune, pattern) = match section {
                Intro => (verse.harmony[..8].to_vec(), Vec::new(), verse.pattern),
                Outro => {
                    let harmony = harmony::ending(rng, key);
                    let tune = outro_tune(&harmony, &verse.tune);
                    (harmony, tune, verse.pattern)
                }
                Verse | Chorus | Bridge => {
                    let (index, from) = match section {
                        Verse => (0, verse),
                        Chorus => (1, chorus),
                        _ => (2, bridge),
                    };
                    let repeated = again(index);
                    let tune =
                        if repeated { melody::varied(rng, &from.tune, &from.harmony) } else { from.tune.clone() };
                    let changed = repeated && section == Verse && rng.chance(0.5);
                    (from.harmony.clone(), tune, if changed { fuller } else { from.pattern })
                }
            };
            let passage = Passage { section, first_bar, harmony, tune, pattern };
            first_bar += passage.harmony.len() as u32 / 2;
            passage
        })
        .collect()
}

/// The melody of the outro: the first bar of the verse, two half notes, and a held tonic.
fn outro_tune(harmony: &[Chord], verse: &[Tone]) -> Vec<Tone> {
    let mut tune: Vec<Tone> = verse
        .iter()
        .filter(|tone| tone.start < BAR)
        .map(|tone| {
            let strong = tone.start % 8 == 0 || tone.duration >= 3;
            let rung = if strong { harmony[0].nearest(tone.rung, -1) } else { tone.rung };
            Tone { rung, ..*tone }
        })
        .collect();
    let last = tune.last().map_or(0, |tone| tone.rung);
    let home = (last - 3..=last + 3).find(|rung| rung.rem_euclid(7) == 0).unwrap_or(0);
    tune.push(Tone { start: BAR, duration: 8, rung: harmony[2].nearest(home + 1, -1) });
    tune.push(Tone { start: BAR + 8, duration: 8, rung: harmony[3].nearest(home - 1, 1) });
    tune.push(Tone { start: 2 * BAR, duration: 28, rung: home });
    tune
}

/// The passage of a bar.
fn passage_at(passages: &[Passage], bar: u32) -> &Passage {
    let index = passages.partition_point(|passage| passage.first_bar <= bar);
    &passages[index.max(1) - 1]
}

/// Velocity accent of a step in its bar: strongest on the downbeat, weaker on the third beat, negative off the beat.
fn accent(step: u32) -> f64 {
    match step % BAR {
        0 => 7.0,
        8 => 4.0,
        4 | 12 => 1.0,
        s if s % 2 == 0 => -3.0,
        _ => -6.0,
    }
}

/// Velocity contour of a four-bar phrase: a crescendo up to the third bar, then a decrescendo.
fn swell(step: u32) -> f64 {
    let place = f64::from(step % (4 * BAR)) / f64::from(4 * BAR);
    6.0 * (std::f64::consts::PI * place.powf(1.3)).sin() - 3.0
}

fn velocity(rng: &mut Philox, base: f64, step: u32) -> u8 {
    (base + accent(step) + swell(step) + 2.0 * rng.normal()).round().clamp(28.0, 122.0) as u8
}

/// The melody as notes, monophonic, with pitches moved by octaves into the range of a voice.
fn melody_notes(rng: &mut Philox, tune: &[Tone], harmony: &[Chord], passages: &[Passage]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::with_capacity(tune.len());
    for (i, tone) in tune.iter().enumerate() {
        let mut pitch = melody::sounding(harmony, tone);
        while pitch > 86 {
            pitch -= 12;
        }
        while pitch < 59 {
            pitch += 12;
        }
        let end = tune.get(i + 1).map_or(u32::MAX, |next| next.start);
        let duration = tone.duration.min(end - tone.start);
        let loudness = passage_at(passages, tone.start / BAR).section.loudness();
        // Higher and longer notes are louder.
        let lift = f64::from(pitch - 70) * 0.4 + f64::from(duration.min(8)) * 0.5;
        let velocity = velocity(rng, loudness + lift, tone.start);
        notes.push(Note { start: tone.start, duration, pitch: pitch as u8, velocity });
    }
    notes
}

fn accompany(rng: &mut Philox, melody: &[Note], harmony: &[Chord], passages: &[Passage]) -> Vec<Note> {
    let mut hands = Hands::default();
    let walks = *rng.choose(&[0.0, 0.25, 0.5]);
    let mut notes = Vec::new();
    let bars = harmony.len() as u32 / 2;
    for bar in 0..bars {
        let passage = passage_at(passages, bar);
        let within = bar - passage.first_bar;
        let last = passage.section == Outro && within >= 2 || bar + 1 == bars;
        if passage.section == Outro && within == 3 {
            continue;
        }
        let pattern = if last { &piano::LAST } else { passage.pattern };
        let half = |i: u32| -> Vec<i32> {
            let (from, to) = (BAR * bar + 8 * i, BAR * bar + 8 * i + 8);
            melody
                .iter()
                .filter(|note| note.start < to && note.start + note.duration > from)
                .map(|note| i32::from(note.pitch))
                .collect()
        };
        let chord = |half: usize| &harmony[2 * bar as usize + half];
        let next = harmony.get(2 * bar as usize + 2);
        let walk = !last && rng.chance(walks);
        let mut played = hands.bar(BAR * bar, pattern, [chord(0), chord(1)], [&half(0), &half(1)], next, walk);
        for note in &mut played {
            // The bass is louder than the middle voices; both are softer than the melody.
            let depth = if note.pitch < 52 { -8.0 } else { -16.0 };
            note.velocity = velocity(rng, passage.section.loudness() + depth, note.start);
            if last && passage.section == Outro {
                note.duration = 28;
            }
        }
        notes.extend(played);
    }
    notes.retain(|note| !doubles(melody, note));
    notes
}

/// Whether the melody has the pitch of a note at the same time.
fn doubles(melody: &[Note], note: &Note) -> bool {
    melody.iter().any(|tune| {
        tune.pitch == note.pitch && tune.start < note.start + note.duration && note.start < tune.start + tune.duration
    })
}
