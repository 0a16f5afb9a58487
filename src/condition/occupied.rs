//! Which cells are not free for new notes, on the grid of latent positions.

use super::Patches;
use crate::data::music::partial::CellSet;
use crate::data::music::roll::STEPS_PER_BEAT;

/// `[rows, columns, pitches x beats]`: the share of each beat's cells that are not free, for each pitch of a position. Everything free
/// is zeros.
pub fn occupied(free: &CellSet, patches: &Patches) -> Vec<f32> {
    let beat = STEPS_PER_BEAT as usize;
    let share = |row: usize, column: usize, pitch: usize, first: usize| {
        let pitch = patches.pitch(row, pitch) as u8;
        let steps = (first..first + beat).map(|step| (column * patches.steps + step) as u32);
        steps.filter(|&step| !free.has(pitch, step)).count() as f32 / beat as f32
    };
    positions(patches)
        .flat_map(|(row, column)| (0..patches.pitches).map(move |pitch| (row, column, pitch)))
        .flat_map(|(row, column, pitch)| {
            (0..patches.steps).step_by(beat).map(move |first| share(row, column, pitch, first))
        })
        .collect()
}

/// How much of each position `[rows, columns]` is free.
pub fn free_share(free: &CellSet, patches: &Patches) -> Vec<f32> {
    let cells = patches.pitches * patches.steps;
    let share = |(row, column)| {
        let steps = || (column * patches.steps) as u32..((column + 1) * patches.steps) as u32;
        let pitches = (0..patches.pitches).map(|index| patches.pitch(row, index) as u8);
        pitches.map(|pitch| steps().filter(|&step| free.has(pitch, step)).count()).sum::<usize>() as f32 / cells as f32
    };
    positions(patches).map(share).collect()
}

fn positions(patches: &Patches) -> impl Iterator<Item = (usize, usize)> {
    let Patches { rows, columns, .. } = *patches;
    (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::RowOrder;

    const PATCHES: Patches =
        Patches { lowest: 16, rows: 24, pitches: 4, columns: 8, steps: 16, order: RowOrder::HighFirst };

    #[test]
    fn everything_free_is_zeros() {
        let all = CellSet::all(128);
        assert_eq!(occupied(&all, &PATCHES), vec![0.0; 24 * 8 * 16]);
        assert_eq!(free_share(&all, &PATCHES), vec![1.0; 24 * 8]);
    }

    #[test]
    fn shares_are_of_cells_of_a_pitch_and_a_beat() {
        // The lowest row has the pitches 19 down to 16. Pitch 18 is taken for two steps of the second beat of bar 1.
        let free = !&CellSet::rectangle(128, 18..=18, 22..24);
        let shares = occupied(&free, &PATCHES);
        let at = (23 * 8 + 1) * 16 + 4 + 1;
        assert_eq!((shares[at], shares.iter().sum::<f32>()), (0.5, 0.5));
        assert_eq!(free_share(&free, &PATCHES)[23 * 8 + 1], 62.0 / 64.0);
    }
}
