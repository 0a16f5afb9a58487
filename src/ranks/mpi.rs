//! Ranks that MPI starts.

use std::time::Duration;

use mpi::collective::CommunicatorCollectives;
use mpi::datatype::{Partition, PartitionMut};
use mpi::environment::{Universe, processor_name};
use mpi::topology::{Communicator, SimpleCommunicator};
use mpi::{Count, Threading};

use super::watch::{Watch, end_now};
use super::{Link, Ranks};
use crate::error::{Error, Result};
use crate::terminal::{note, silence};

/// Variables by which launchers tell a process that it is a rank: of Open MPI, of MPICH and its kin, of PMIx.
const LAUNCHED: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"];
/// Time for rank 0 to end a rank that has reported an error, before it ends by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether a launcher of MPI has started this process.
pub(super) fn is_launched() -> bool {
    LAUNCHED.iter().any(|name| std::env::var_os(name).is_some())
}

/// As [`together`](super::together), with the ranks of MPI. An error of any rank is reported by rank 0 and ends all.
pub(super) fn together(work: impl FnOnce(&Ranks) -> Result<()>) -> Result<()> {
    let ranks = open()?;
    let _guard = EndOnPanic;
    match work(&ranks) {
        Ok(()) => {
            if let Some(watch) = &ranks.watch {
                watch.done();
            }
            Ok(())
        }
        Err(error) => fail(&ranks, &error),
    }
}

/// Ends this process where a panic unwinds: finalising MPI would wait for the other ranks. They notice that its connection closes.
struct EndOnPanic;

impl Drop for EndOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            end_now();
        }
    }
}

/// Ends all ranks, and this one without finalising MPI, which would wait for the others.
fn fail(ranks: &Ranks, error: &Error) -> ! {
    let text = match error {
        // The same on every rank.
        Error::Config(_) | Error::Ranks(_) => error.to_string(),
        _ => format!("{}: {error}", ranks.name(ranks.rank())),
    };
    match &ranks.watch {
        Some(watch) => watch.report(&text),
        None => note(format_args!("error: {text}")),
    }
    // Rank 0 has ended all in `report`, or does when it has read it.
    std::thread::sleep(PATIENCE);
    end_now()
}

fn open() -> Result<Ranks> {
    // Threads other than this one use no MPI.
    let (universe, _) = mpi::initialize_with_threading(Threading::Funneled)
        .ok_or_else(|| Error::Ranks("MPI is initialised already".to_owned()))?;
    let link = Mpi { world: universe.world(), _universe: universe };
    if link.size() == 1 {
        return Ok(Ranks::over(Box::new(link), vec![host()]));
    }
    if link.rank() > 0 {
        silence();
    }
    let hosts: Vec<String> =
        link.gather(host().as_bytes())?.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let watch = Watch::start(&link, &hosts)?;
    let mut ranks = Ranks::over(Box::new(link), hosts);
    ranks.watch = Some(watch);
    Ok(ranks)
}

fn host() -> String {
    processor_name().unwrap_or_else(|_| "an unnamed host".to_owned())
}

/// The link of a rank of MPI.
struct Mpi {
    world: SimpleCommunicator,
    /// Finalises MPI when it is dropped, after the communicator.
    _universe: Universe,
}

impl Mpi {
    /// The sizes of `parts`, one after another, in the numbers that MPI takes.
    fn layout(parts: impl IntoIterator<Item = usize>) -> Result<(Vec<Count>, Vec<Count>)> {
        let (mut counts, mut starts, mut all) = (Vec::new(), Vec::new(), 0);
        let number = |bytes: usize| {
            Count::try_from(bytes).map_err(|_| {
                Error::Ranks("more than 2 GiB in one exchange; use more ranks or a smaller network".to_owned())
            })
        };
        for part in parts {
            counts.push(number(part)?);
            starts.push(number(all)?);
            all += part;
        }
        number(all)?;
        Ok((counts, starts))
    }
}

/// Space for bytes that MPI reads or writes. It has memory even for none: the address of an empty vector without is 1, and so is Open MPI's
/// `MPI_IN_PLACE`.
fn space(count: usize) -> Vec<u8> {
    Vec::with_capacity(count + 1)
}

/// Space for the bytes of these sizes, filled with zeros.
fn zeros(sizes: &[u64]) -> Vec<u8> {
    let count = sizes.iter().sum::<u64>() as usize;
    let mut bytes = space(count);
    bytes.resize(count, 0);
    bytes
}

/// The parts of `bytes` of these sizes, one after another.
fn split(bytes: &[u8], sizes: &[u64]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut part = |&size: &u64| {
        let (part, after) = rest.split_at(size as usize);
        rest = after;
        part.to_vec()
    };
    sizes.iter().map(&mut part).collect()
}

impl Link for Mpi {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn size(&self) -> usize {
        self.world.size() as usize
    }

    fn exchange(&self, outgoing: &[&[u8]]) -> Result<Vec<Vec<u8>>> {
        let own: Vec<u64> = outgoing.iter().map(|part| part.len() as u64).collect();
        let mut sizes = vec![0u64; own.len()];
        self.world.all_to_all_into(&own[..], &mut sizes[..]);
        let (counts, starts) = Self::layout(outgoing.iter().map(|part| part.len()))?;
        let (incoming_counts, incoming_starts) = Self::layout(sizes.iter().map(|&size| size as usize))?;
        let mut sent = space(outgoing.iter().map(|part| part.len()).sum());
        outgoing.iter().for_each(|part| sent.extend(*part));
        let mut received = zeros(&sizes);
        self.world.all_to_all_varcount_into(
            &Partition::new(&sent[..], counts, starts),
            &mut PartitionMut::new(&mut received[..], incoming_counts, incoming_starts),
        );
        Ok(split(&received, &sizes))
    }

    fn gather(&self, own: &[u8]) -> Result<Vec<Vec<u8>>> {
        let mut sizes = vec![0u64; self.size()];
        self.world.all_gather_into(&(own.len() as u64), &mut sizes[..]);
        let (counts, starts) = Self::layout(sizes.iter().map(|&size| size as usize))?;
        let mut received = zeros(&sizes);
        let none = space(0);
        let own = if own.is_empty() { &none[..] } else { own };
        self.world.all_gather_varcount_into(own, &mut PartitionMut::new(&mut received[..], counts, starts));
        Ok(split(&received, &sizes))
    }
}
