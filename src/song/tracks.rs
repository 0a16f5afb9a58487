//! The tracks of a song.

use super::song_file::SongFile;
use crate::data::music::melody;
use crate::data::music::midi::Track;
use crate::data::music::roll::Roll;

impl SongFile {
    /// Which tracks have one of these names, or one of these numbers counted from 1 if no track has that name. Without names, all.
    ///
    /// # Errors
    /// One sentence if there is no such track, or it has no notes but drums.
    pub fn tracks(&self, names: &[String]) -> Result<Vec<bool>, String> {
        let tracks = &self.document.score.tracks;
        let mut chosen = vec![names.is_empty(); tracks.len()];
        for name in names {
            let named: Vec<usize> = (0..tracks.len()).filter(|&track| tracks[track].name.is(name)).collect();
            let numbered = || name.parse::<usize>().ok()?.checked_sub(1).filter(|&track| track < tracks.len());
            let found = if named.is_empty() { numbered().into_iter().collect() } else { named };
            if !found.iter().any(|&track| self.has_notes(track)) {
                let what = if found.is_empty() { "no track named" } else { "no notes but drums in the track" };
                return Err(format!("has {what} '{name}'; its tracks are: {}", self.names().join(", ")));
            }
            found.into_iter().for_each(|track| chosen[track] = true);
        }
        Ok(chosen)
    }

    /// Which track has the melody: the first whose name says so, else the highest.
    pub fn melody(&self) -> Vec<bool> {
        let tracks: Vec<usize> = (0..self.document.tracks.len()).filter(|&track| self.has_notes(track)).collect();
        let rolls: Vec<Roll> = tracks.iter().map(|&track| self.roll(|note| note.event.track == track)).collect();
        let name = |track: &usize| self.document.score.tracks[*track].name.as_str();
        let named: Vec<(&str, &Roll)> = tracks.iter().map(name).zip(&rolls).collect();
        let melody = melody::track(&named).map(|index| tracks[index]);
        (0..self.document.tracks.len()).map(|track| Some(track) == melody).collect()
    }

    /// Whether a track has notes other than drums.
    pub fn has_notes(&self, track: usize) -> bool {
        self.notes.iter().any(|note| note.event.track == track)
    }

    /// The tracks with notes other than drums: name, or number if it has none.
    pub fn names(&self) -> Vec<String> {
        let tracks = self.document.score.tracks.iter().enumerate().filter(|&(track, _)| self.has_notes(track));
        let name = |(index, track): (usize, &Track)| match track.name.as_str() {
            "" => format!("{} (unnamed)", index + 1),
            name => name.chars().take(40).collect(),
        };
        tracks.map(name).collect()
    }
}
