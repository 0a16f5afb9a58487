//! A failure of the device in the middle of a training run, on purpose: to test how a run ends, on one rank of several.

use crate::error::{Error, Result};
use crate::gpu::Gpu;

/// The variable that asks for it: the kind, the number of the rank, and the step, as in `memory 1 12`.
const VARIABLE: &str = "FLOCODER_FAULT";

/// A failure that is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    kind: Kind,
    rank: usize,
    step: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The device has no more memory.
    Memory,
    /// The device is lost.
    Device,
}

impl Fault {
    /// The one that the environment asks for.
    ///
    /// # Errors
    /// A value of another form.
    pub fn asked() -> Result<Option<Self>> {
        let Some(text) = std::env::var_os(VARIABLE) else { return Ok(None) };
        let wrong = || {
            let reason = "has to be `memory RANK STEP` or `device RANK STEP`, such as `memory 1 12`; unset it to train without a fault";
            Error::config(format!("{VARIABLE} {reason}"))
        };
        text.to_str().and_then(Self::of).map(Some).ok_or_else(wrong)
    }

    fn of(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let &[kind, rank, step] = &words[..] else { return None };
        let kind = match kind {
            "memory" => Kind::Memory,
            "device" => Kind::Device,
            _ => return None,
        };
        Some(Self { kind, rank: rank.parse().ok()?, step: step.parse().ok()? })
    }

    /// Lets the device of its rank fail in its step.
    pub fn strike(self, gpu: &Gpu, rank: usize, step: u64) {
        if (rank, step) != (self.rank, self.step) {
            return;
        }
        match self.kind {
            Kind::Memory => {
                // Free buffers would do for a whole step.
                gpu.trim();
                gpu.limit_memory(0);
            }
            Kind::Device => gpu.lose(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_three_words() {
        assert_eq!(Fault::of("memory 1 12"), Some(Fault { kind: Kind::Memory, rank: 1, step: 12 }));
        assert_eq!(Fault::of("device 0 3"), Some(Fault { kind: Kind::Device, rank: 0, step: 3 }));
        for wrong in ["", "memory", "memory 1", "disk 1 2", "memory 1 -2", "memory 1 2 3"] {
            assert_eq!(Fault::of(wrong), None, "{wrong}");
        }
    }
}
