//! The engine of a flow.

use super::engine::{About, AfterStep, Engine, Model, Progress, Variant, Written};
use super::task::{Kind, Task};
use crate::checkpoint::Checkpoint;
use crate::condition::Row;
use crate::config::Sampling;
use crate::data::music::chord::Chord;
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::key;
use crate::data::music::roll::{Note, Roll};
use crate::dynamics;
use crate::error::{Error, Result};
use crate::gpu::Gpu;
use crate::sample::{Asked, Composed, Composition, Generator, Metre, Request, Steered, Steering, Step, steer};
use crate::song::{self, Area, Harmony, Rewrite, SongFile};

/// Variants computed at a time.
const BATCH: usize = 8;

/// A flow with its codec on a device.
pub struct Flow {
    gpu: Gpu,
    generator: Generator,
}

impl Flow {
    /// The flow of a checkpoint, or the bundled one, on the adapter that `device` names.
    ///
    /// # Errors
    /// A checkpoint or device that cannot be used.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open(device: Option<&str>, checkpoint: Option<&std::path::Path>) -> Result<Self> {
        let checkpoint = crate::sample::bundled::flow_or(checkpoint)?;
        Self::of(Gpu::open(device)?, checkpoint)
    }

    /// The flow of a checkpoint on a device.
    ///
    /// # Errors
    /// A checkpoint that cannot be used.
    pub fn of(gpu: Gpu, checkpoint: Checkpoint) -> Result<Self> {
        let generator = Generator::of(&gpu, checkpoint)?;
        Ok(Self { gpu, generator })
    }

    /// The device.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Computes what all tasks need, so that each is a function of its request alone.
    ///
    /// # Errors
    /// A failure of the device.
    pub fn prepare(&self) -> Result<()> {
        self.generator.silence(&self.gpu).map(drop)
    }

    fn sampling(&self, task: &Task) -> Sampling {
        self.generator.config.flow.sampling.with(task.steps, task.guidance)
    }

    fn loudness(&self, task: &Task) -> Result<dynamics::Asked> {
        if task.velocity.is_some() && self.generator.dynamics.is_none() {
            return Err(Error::config("this flow has no dynamics, so that its notes have one velocity; ask for none"));
        }
        Ok(dynamics::Asked { level: task.velocity, spread: None })
    }

    /// Writes a part of a song.
    fn part(&self, task: &Task, part: &Part<'_>, after_step: &mut AfterStep<'_>) -> Result<Written> {
        let Part { song, area, harmony, .. } = *part;
        let plan = Rewrite { song, area, harmony: harmony.cloned(), key: task.key, variants: task.variants };
        let steering = Steering {
            seed: task.seed,
            batch: BATCH,
            sampling: self.sampling(task),
            wishes: task.wishes.clone(),
            strength: part.strength,
            follow: task.follow,
            loudness: self.loudness(task)?,
            is_melody: part.is_melody,
        };
        let mut counter = Counter::new(&self.gpu, steering.steps(plan.windows().len(), task.variants), after_step);
        let heard = |notes: &[Note]| if part.is_melody { song::monophonic(notes) } else { notes.to_vec() };
        let mut step =
            |step: &Step<'_>| counter.step(&|| Ok(step.preview()?.iter().map(|roll| heard(roll.notes())).collect()));
        let new = steer(&self.gpu, &self.generator, &plan, &steering, &mut step)?;
        let variant = |Steered { notes, .. }| Variant { notes: heard(&notes), harmony: None };
        let variants: Vec<Variant> = new.into_iter().map(variant).collect();
        let kept = song.roll(|note| !area.takes(note)).notes().to_vec();
        let key = task.key.or_else(|| key_of(&kept, &variants));
        Ok(Written { variants, harmony: harmony.map(|harmony| (song.columns().clone(), harmony.clone())), key })
    }

    /// Writes a new piece.
    fn new_piece(
        &self,
        task: &Task,
        (composition, metre, bars): (&Composition, &Metre, usize),
        chords: Option<&Vec<Chord>>,
        after_step: &mut AfterStep<'_>,
    ) -> Result<Written> {
        let generator = &self.generator;
        let asks = chords.is_some() || task.key.is_some() || !task.wishes.is_empty() || task.guidance.is_some();
        if asks && generator.conditions.is_none() {
            return Err(Error::config("this flow was trained without conditions, so that nothing can be asked of it"));
        }
        let asked = Asked { key: task.key, chords: chords.cloned(), wishes: task.wishes.clone(), ..Asked::default() };
        let request = Request { seed: task.seed, count: task.variants, batch: BATCH, asked, ..Request::default() };
        let sampling = self.sampling(task);
        let loudness = self.loudness(task)?;
        let mut counter = Counter::new(&self.gpu, composition.steps(&request, &sampling), after_step);
        let places = |roll: &Roll| metre.places((roll.steps() / COLUMN) as usize);
        let end = |places: &Columns| places.bar(bars.min(places.bars()) - 1).end;
        let mut step = |step: &Step<'_>| {
            let heard = |roll: &Roll| composition.restored(roll).window(0, end(&places(roll))).notes().to_vec();
            counter.step(&|| Ok(step.preview()?.iter().map(heard).collect()))
        };
        let Composed { rolls, rows, .. } = composition.write(generator, &self.gpu, &request, &sampling, &mut step)?;
        let variant = |(number, roll): (usize, &Roll)| -> Result<Variant> {
            let places = places(roll);
            let roll = generator.perform(&composition.restored(roll), task.seed, number as u64, &loudness)?;
            let end = end(&places);
            // Rows are in C.
            let as_it_sounds =
                |row: &Row| row.chords.iter().map(|chord| chord.transposed(-i32::from(row.shift))).collect();
            let harmony = rows.get(number).map(|row| (places, Harmony::told(as_it_sounds(row))));
            Ok(Variant { notes: roll.window(0, end).notes().to_vec(), harmony })
        };
        let variants = rolls.iter().enumerate().map(variant).collect::<Result<Vec<_>>>()?;
        let key = task.key.or_else(|| key_of(&[], &variants));
        Ok(Written { variants, harmony: None, key })
    }
}

/// A part of a song, as [`Kind::Part`] has it.
#[derive(Clone, Copy)]
struct Part<'a> {
    song: &'a SongFile,
    area: &'a Area,
    harmony: Option<&'a Harmony>,
    strength: Option<f32>,
    is_melody: bool,
}

impl Engine for Flow {
    fn about(&self) -> About {
        let config = &self.generator.config;
        let pitches = config.data.pitches.range();
        About {
            adapter: self.gpu.capabilities().name.clone(),
            model: Model { steps: config.data.steps, lowest: *pitches.start(), highest: *pitches.end() },
            conditions: self.generator.conditions.is_some(),
            dynamics: self.generator.dynamics.is_some(),
        }
    }

    fn write(&mut self, task: &Task, after_step: &mut AfterStep<'_>) -> Result<Written> {
        let written = match &task.kind {
            Kind::Part { song, area, harmony, strength, is_melody } => {
                let (strength, is_melody) = (*strength, *is_melody);
                self.part(task, &Part { song, area, harmony: harmony.as_ref(), strength, is_melody }, after_step)
            }
            Kind::New { composition, metre, bars, chords } => {
                self.new_piece(task, (composition, metre, *bars), chords.as_ref(), after_step)
            }
        };
        // The next request may be of another size, or come hours later.
        self.gpu.trim();
        written
    }
}

/// Counts the steps of the solver, each once it is computed, since launches are only recorded.
struct Counter<'a> {
    gpu: &'a Gpu,
    done: usize,
    all: usize,
    after_step: &'a mut AfterStep<'a>,
}

impl<'a> Counter<'a> {
    fn new(gpu: &'a Gpu, all: usize, after_step: &'a mut AfterStep<'a>) -> Self {
        Self { gpu, done: 0, all, after_step }
    }

    /// A step more, after which the new notes would be `music`.
    fn step(&mut self, music: &dyn Fn() -> Result<Vec<Vec<Note>>>) -> Result<()> {
        self.gpu.wait()?;
        self.done += 1;
        (self.after_step)(&Progress::new(self.done, self.all, music))
    }
}

/// The key of notes that are kept and those of the first variant.
fn key_of(kept: &[Note], variants: &[Variant]) -> Option<usize> {
    let new = variants.first().map_or(&[][..], |variant| &variant.notes);
    let all: Vec<Note> = kept.iter().chain(new).copied().collect();
    (!all.is_empty()).then(|| key::of(&key::pitch_classes(&all)))
}
