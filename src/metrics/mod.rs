//! Numbers about music: features of one roll, comparisons of two, and distances between two sets.
//!
//! | module | measures |
//! |---|---|
//! | [`features`] | a window: eleven descriptive features |
//! | [`scores`] | a reconstruction against the truth: precision, recall and F1 of notes, frames and cells |
//! | [`bars`] | two rolls, bar by bar: overlap of their histograms of pitch and of duration, F1 of onsets and rhythms |
//! | [`filling`] | the new notes of a bar against those that stood there |
//! | [`exactness`] | a completed roll: given notes that are missing, new notes outside of the free cells |
//! | [`seam`] | two neighbouring bars: density, register and onsets across the border |
//! | [`nearest`] | a window against many: the one with the most similar onsets |
//! | [`density`] | two samples of a number: overlapped area of their densities |
//! | [`frechet`] | two sets of points: Fréchet distance |
//! | [`profile`] | two sets of windows: Fréchet distance of their histograms of pitch, metre, duration and interval |
//! | [`repetition`] | a window: how alike its bars are |
//! | [`melody`] | a window: steps and leaps, phrases and their ends |
//! | [`bass`] | a window: roots on the first beat, motion into the next chord |
//! | [`harmony`] | a window: where chords change, falling fifths, ends of four bars |
//! | [`stray`] | a window: notes far from all others |
//! | [`velocity`] | a window: how alike the velocities of repeated notes are |
//! | [`obedience`] | a window and its conditions: notes in the asked key and chord; correlations |

pub mod bars;
pub mod bass;
pub mod density;
pub mod exactness;
pub mod features;
pub mod filling;
pub mod frechet;
pub mod harmony;
pub mod melody;
pub mod nearest;
pub mod obedience;
pub mod profile;
pub mod repetition;
pub mod scores;
pub mod seam;
pub mod stray;
pub mod velocity;
pub mod voice;
