//! Estimates of work, by which submissions are cut.
//!
//! An operating system resets a GPU that computes for too long without an answer: Windows after two seconds of one submission.
//! So work is estimated for a slow GPU, of 100 GFLOP/s and 25 GB/s, on which no submission may take more than half a second.
//! Faster GPUs take less.

/// Operations in the time of a byte read or written.
const PER_BYTE: u64 = 4;

/// Most work of a submission, unless a single dispatch has more: half a second at 100 GFLOP/s.
pub const SUBMISSION: u64 = 50_000_000_000;

/// The work of a dispatch, in floating-point operations: its arithmetic, or as much as its memory traffic takes time for.
pub(super) fn of_dispatch(flop: u64, bytes: u64) -> u64 {
    flop.max(bytes.saturating_mul(PER_BYTE))
}
