//! What the page asks the network to write.

use serde::Deserialize;

use super::state::State;
use crate::condition::Wish;
use crate::data::music::key;

/// Most variants.
pub const VARIANTS: usize = 8;
/// Largest guidance, and most steps of the solver.
const GUIDANCE: f64 = 20.0;
const STEPS: usize = 100;
/// Most rectangles of an area.
const RECTANGLES: usize = 4096;

/// A job as it was sent.
#[derive(Debug, Clone, Deserialize)]
pub struct Request {
    /// The piece.
    pub state: State,
    /// What to do.
    pub task: TaskName,
    /// Where.
    pub area: Option<AreaRequest>,
    /// The tracks whose notes stay; that of the added notes is the one after the song's last.
    pub given_tracks: Option<Vec<usize>>,
    /// Bars to write after the end, or of a new piece.
    pub bars: Option<usize>,
    /// Chords of the written bars.
    pub chords: Option<String>,
    /// Key of the new notes.
    pub key: Option<String>,
    /// Notes per bar, as a multiple of the training songs' mean.
    pub density: Option<f64>,
    /// Lowest and highest pitch.
    pub register: Option<[u32; 2]>,
    /// The share of noise of a variation.
    pub strength: Option<f32>,
    /// How closely the passage that a part most likely repeats is followed.
    pub follow: Option<f64>,
    /// Guidance scale.
    pub guidance: Option<f64>,
    /// Median velocity of the new notes.
    pub velocity: Option<u8>,
    /// Steps of the solver.
    pub steps: Option<usize>,
    /// Seed of the noise.
    #[serde(default)]
    pub seed: u64,
    /// Number of variants.
    pub variants: usize,
    /// Whether the music is shown while it emerges.
    #[serde(default)]
    pub previews: bool,
}

/// The tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskName {
    /// A part anew.
    Fill,
    /// More bars.
    Continue,
    /// All but some tracks anew.
    Accompany,
    /// A melody to some tracks.
    Melody,
    /// The same, different.
    Vary,
    /// A new piece.
    New,
}

/// Bars and cells.
#[derive(Debug, Clone, Deserialize)]
pub struct AreaRequest {
    /// First and last bar, counted from 0; without them those of the cells.
    pub bars: Option<[usize; 2]>,
    /// Rectangles of lowest and highest pitch, first step and the step after the last; none are all cells of the bars.
    pub cells: Option<Vec<[u32; 4]>>,
}

impl Request {
    /// The attributes that are asked for.
    ///
    /// # Errors
    /// One sentence about a value that is out of range.
    pub fn wishes(&self) -> Result<Vec<Wish>, String> {
        let density = self.density.map(|density| Wish::parse("density", &density.to_string()));
        let register = self.register.map(|[low, high]| Wish::parse("register", &format!("{low}-{high}")));
        density.into_iter().chain(register).collect()
    }

    /// The key that is asked for.
    ///
    /// # Errors
    /// One sentence.
    pub fn key(&self) -> Result<Option<usize>, String> {
        self.key.as_deref().filter(|text| !text.trim().is_empty()).map(key::parse).transpose()
    }

    /// The chords that are asked for.
    pub fn chords(&self) -> Option<&str> {
        self.chords.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// Refuses numbers out of range.
    ///
    /// # Errors
    /// One sentence.
    pub fn check(&self) -> Result<(), String> {
        let within = |ok: bool, sentence: &str| if ok { Ok(()) } else { Err(sentence.to_owned()) };
        within(
            (1..=VARIANTS).contains(&self.variants),
            &format!("at least 1 and at most {VARIANTS} variants are written"),
        )?;
        let cells = self.area.as_ref().and_then(|area| area.cells.as_ref()).map_or(0, Vec::len);
        within(
            cells <= RECTANGLES,
            &format!("an area has at most {RECTANGLES} rectangles; draw it with fewer strokes"),
        )?;
        let is_share = |share: f32| (0.0..=1.0).contains(&share);
        within(self.strength.is_none_or(is_share), "the strength of a variation is from 0 to 1")?;
        let is_time = |follow: f64| (0.0..=1.0).contains(&follow);
        within(self.follow.is_none_or(is_time), "a passage is followed from 0 to 1")?;
        let is_scale = |scale: f64| (0.0..=GUIDANCE).contains(&scale);
        within(self.guidance.is_none_or(is_scale), &format!("the guidance is from 0 to {GUIDANCE}"))?;
        let is_number = |steps: usize| (1..=STEPS).contains(&steps);
        within(self.steps.is_none_or(is_number), &format!("the solver makes 1 to {STEPS} steps"))?;
        within(self.velocity.is_none_or(|velocity| (1..=127).contains(&velocity)), "a velocity is from 1 to 127")
    }
}
