//! Melodies to chords, note by note.
//!
//! A flow writes latents, and its highest voice leaps. A melody is written by this room instead, before the flow accompanies it: one token
//! per column (a sixteenth), of which any may be given, and the others are drawn from left to right, first the rhythm of the whole window,
//! then the pitches (an autoregressive model: Bengio et al. 2003, "A neural probabilistic language model"). Each draw is from the logits
//! of a small network, whose inputs are what a composer looks at: the notes before, the same place in the bars before, the chord, the
//! length of the note, what is given after it. It works in C major or A minor, as the flow does.
//!
//! ```text
//! Ask: chords, given tokens, notes per bar, register -> cells, some of them masked
//!   column after column: View -> rhythm's inputs -> network -> silence, hold, onset
//!   then note after note: View -> pitch's inputs -> network -> pitch
//!                                                             -> notes in the asked key
//! ```

mod ask;
mod conditions;
mod draw;
mod examples;
mod host;
mod melodies;
mod network;
pub mod pitch;
mod repeats;
pub mod rhythm;
mod token;
mod view;
mod write;
mod writer;

pub use ask::{Ask, REPEAT};
pub use conditions::{BAR, Conditions};
pub use examples::{Example, Examples, Rhythm};
pub use melodies::{Melodies, check_steps};
pub use network::{Networks, Which};
pub use token::{Cell, PITCH_COUNT, PITCHES, Token};
pub use view::View;
