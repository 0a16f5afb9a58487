//! The bars of a song: more of them, eight of them, and those that the networks know.

use super::bar_list::BarList;
use super::song_file::{SongFile, bar_starts};
use super::windows::WINDOW;
use crate::data::music::columns::{COLUMN, Columns};
use crate::data::music::roll::{MAX_STEPS, Roll, STEPS_PER_BEAT};
use crate::data::music::upbeat::upbeat;
use crate::text::count;

impl SongFile {
    /// The song with `bars` bars more, as long as its last one, after the bar of its last note.
    pub fn extended(self, bars: usize) -> Self {
        let wanted = self.sounding_bars + bars;
        self.with_bars(wanted)
    }

    /// The song with at least so many bars; those after its last one are as long as the bar of its last note.
    pub fn with_bars(mut self, wanted: usize) -> Self {
        let of_last_note = self.sounding_bars.saturating_sub(1);
        let last = self.columns.bar(of_last_note);
        let bars = wanted.saturating_sub(of_last_note + 1);
        let far = last.end.saturating_add((bars as u32).saturating_mul(last.len() as u32)).min(2 * MAX_STEPS);
        let mut starts = bar_starts(&self.grid, far.max(self.columns.steps()), self.bars_per_bar);
        let mut end = starts[starts.len() - 1];
        while starts.len() < wanted + 1 {
            end += last.len() as u32;
            starts.push(end);
        }
        self.columns = Columns::of(&starts[..(wanted + 1).max(self.columns.bars() + 1)]);
        self
    }

    /// Eight columns from a bar on, with silent bars after the last if there are fewer: their bars, which begin at step 0, and their
    /// music in steps of these bars.
    ///
    /// # Errors
    /// One sentence if the song does not have the bar, or the networks do not know one of the bars.
    pub fn excerpt(&self, first: usize) -> Result<(Columns, Roll), String> {
        let after = self.columns.bars();
        if first >= self.sounding_bars {
            return Err(format!("has {}, so there is no bar {}", count(self.sounding_bars, "bar"), first + 1));
        }
        let start = self.columns.bar(first).start;
        let mut starts = vec![0];
        for bar in first.. {
            let length = self.columns.bar(bar.min(after - 1)).len() as u32;
            starts.push(starts[starts.len() - 1] + length);
            let columns = Columns::of(&starts);
            // The last bar may share a column with the one before it.
            if columns.len() > WINDOW {
                starts.pop();
                break;
            }
        }
        let columns = Columns::of(&starts);
        self.check_bars(&BarList::from(first, columns.bars().min(after - first)))?;
        Ok((columns.clone(), self.roll(|_| true).window(start, columns.steps())))
    }

    /// The first bar in which a note begins.
    pub fn first_bar(&self) -> usize {
        let first = self.notes.iter().map(|note| note.note.start).min().unwrap_or(0);
        (0..self.sounding_bars).find(|&bar| self.columns.bar(bar).end > first).unwrap_or(0)
    }

    /// Refuses bars that the networks do not know.
    ///
    /// # Errors
    /// One sentence if a bar takes more than a window of 8 columns.
    pub fn check_bars(&self, bars: &BarList) -> Result<(), String> {
        let is_long = |bar: &&usize| self.columns.of_bar(**bar).len() > WINDOW;
        match bars.bars().iter().find(is_long) {
            Some(&bar) => Err(format!(
                "has {} sixteenths in bar {}, but the networks write bars of at most {}",
                self.columns.bar(bar).len(),
                bar + 1,
                WINDOW as u32 * COLUMN
            )),
            None => Ok(()),
        }
    }

    /// The length in beats of an upbeat that the song probably begins with and from which its bars are counted, so that all are early.
    pub fn upbeat(&self) -> Option<f64> {
        let starts: Vec<u32> = (0..self.sounding_bars).map(|bar| self.columns.bar(bar).start).collect();
        let length = upbeat(self.roll(|_| true).notes(), &starts, self.grid.time_signature)?;
        Some(f64::from(length) / f64::from(STEPS_PER_BEAT))
    }

    /// Beats of a bar as the time signature counts them, four if it counts beats only.
    pub fn beats_per_bar(&self) -> usize {
        usize::from(self.grid.time_signature.beats) * self.bars_per_bar
    }
}
