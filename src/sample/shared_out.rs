//! Samples that several ranks make together: each makes whole batches, so that every sample is computed as by one rank.

use super::Request;
use crate::data::music::roll::{Note, Roll, TimeSignature};
use crate::error::{Error, Result};
use crate::ranks::Ranks;

/// The samples of a request, of which each rank writes its batches. Every rank gets all. Nothing may be given for single samples.
///
/// # Errors
/// Those of `write`, or a connection that is broken.
pub fn shared_out(
    ranks: &Ranks,
    request: &Request,
    mut write: impl FnMut(&Request) -> Result<Vec<Roll>>,
) -> Result<Vec<Roll>> {
    if ranks.are_alone() {
        return write(request);
    }
    let mut own = Vec::new();
    for batch in batches(request).skip(ranks.rank()).step_by(ranks.size()) {
        own.extend(write(&batch)?);
    }
    let mut of_ranks = Vec::new();
    for bytes in ranks.gather(&to_bytes(&own))? {
        let rolls = of_bytes(&bytes).ok_or_else(|| Error::Ranks("a rank sent damaged samples".to_owned()))?;
        of_ranks.push(rolls.into_iter());
    }
    let mut all = Vec::new();
    for (index, batch) in batches(request).enumerate() {
        all.extend(of_ranks[index % ranks.size()].by_ref().take(batch.count));
    }
    Ok(all)
}

/// The number of samples of a request that a rank writes.
pub fn share(ranks: &Ranks, request: &Request) -> usize {
    batches(request).skip(ranks.rank()).step_by(ranks.size()).map(|batch| batch.count).sum()
}

/// The batches of a request, as requests. It has no music that is given for each sample.
fn batches(request: &Request) -> impl Iterator<Item = Request> + '_ {
    let starts = (0..request.count).step_by(request.batch.max(1));
    starts.map(|start| {
        let count = request.batch.min(request.count - start);
        Request { first: request.first + start as u64, count, ..request.clone() }
    })
}

/// For each roll: steps, tempo, time signature, mark, number of notes, notes; all little-endian.
fn to_bytes(rolls: &[Roll]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for roll in rolls {
        bytes.extend(roll.steps().to_le_bytes());
        bytes.extend(roll.tempo.to_le_bytes());
        bytes.extend([roll.time_signature.beats, roll.time_signature.unit, u8::from(roll.generated)]);
        bytes.extend((roll.notes().len() as u32).to_le_bytes());
        for note in roll.notes() {
            bytes.extend(note.start.to_le_bytes());
            bytes.extend(note.duration.to_le_bytes());
            bytes.extend([note.pitch, note.velocity]);
        }
    }
    bytes
}

/// Reads what [`to_bytes`] wrote; `None` if it is damaged.
fn of_bytes(mut bytes: &[u8]) -> Option<Vec<Roll>> {
    let mut rolls = Vec::new();
    while !bytes.is_empty() {
        let steps = u32::from_le_bytes(*take(&mut bytes)?);
        let tempo = f64::from_le_bytes(*take(&mut bytes)?);
        let [beats, unit, generated] = *take(&mut bytes)?;
        let count = u32::from_le_bytes(*take(&mut bytes)?);
        let mut notes = Vec::new();
        for _ in 0..count {
            let (start, duration) = (u32::from_le_bytes(*take(&mut bytes)?), u32::from_le_bytes(*take(&mut bytes)?));
            let [pitch, velocity] = *take(&mut bytes)?;
            notes.push(Note { start, duration, pitch, velocity });
        }
        let roll = Roll::new(steps, notes).with_time(tempo, TimeSignature { beats, unit });
        rolls.push(roll.marked(generated == 1));
    }
    Some(rolls)
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranks::threads;

    fn roll(number: u64) -> Roll {
        let note = |start| Note { start, duration: 3, pitch: number as u8, velocity: 80 };
        Roll::new(32, vec![note(0), note(7)]).with_time(93.5, TimeSignature { beats: 3, unit: 8 }).marked(number == 2)
    }

    #[test]
    fn the_first_rank_gets_all_samples_in_order() {
        let request = Request { first: 2, count: 11, batch: 2, ..Request::default() };
        let wanted: Vec<Roll> = (2..13).map(roll).collect();
        for size in [1, 2, 3, 8] {
            std::thread::scope(|scope| {
                for link in threads::links(size) {
                    let (request, wanted) = (&request, &wanted);
                    scope.spawn(move || {
                        let ranks = link.ranks();
                        let mut written = 0;
                        let rolls = shared_out(&ranks, request, |part| {
                            written += part.count;
                            Ok((part.first..part.first + part.count as u64).map(roll).collect())
                        });
                        assert_eq!((rolls.unwrap(), written), (wanted.clone(), share(&ranks, request)));
                    });
                }
            });
        }
    }

    #[test]
    fn damaged_bytes_are_refused() {
        let bytes = to_bytes(&[roll(1)]);
        assert_eq!(of_bytes(&bytes).unwrap(), [roll(1)]);
        assert!(of_bytes(&bytes[..bytes.len() - 1]).is_none());
    }
}
