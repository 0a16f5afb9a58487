//! Ranks as threads of one process, for tests.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::{Link, Ranks};
use crate::error::{Error, Result};

/// The link of a rank that is a thread.
pub struct Threads {
    rank: usize,
    /// To each rank.
    senders: Vec<Sender<Vec<u8>>>,
    /// From each rank.
    receivers: Vec<Receiver<Vec<u8>>>,
}

/// The links of `size` ranks, to be moved to their threads.
pub fn links(size: usize) -> Vec<Threads> {
    let mut senders: Vec<Vec<Sender<Vec<u8>>>> = (0..size).map(|_| Vec::new()).collect();
    let mut links = Vec::new();
    for rank in 0..size {
        let (to, receivers): (Vec<_>, Vec<_>) = (0..size).map(|_| channel()).unzip();
        senders.iter_mut().zip(to).for_each(|(senders, to)| senders.push(to));
        links.push(Threads { rank, senders: Vec::new(), receivers });
    }
    links.iter_mut().zip(senders).for_each(|(link, senders)| link.senders = senders);
    links
}

impl Threads {
    /// The ranks, as this thread sees them.
    pub fn ranks(self) -> Ranks {
        let hosts = vec!["this host".to_owned(); self.size()];
        Ranks::over(Box::new(self), hosts)
    }

    fn receive(&self) -> Result<Vec<Vec<u8>>> {
        let lost = |rank: usize| Error::Ranks(format!("rank {rank} has ended before the task was done"));
        self.receivers.iter().enumerate().map(|(rank, from)| from.recv().map_err(|_| lost(rank))).collect()
    }
}

impl Link for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.senders.len()
    }

    fn exchange(&self, outgoing: &[&[u8]]) -> Result<Vec<Vec<u8>>> {
        for (to, part) in self.senders.iter().zip(outgoing) {
            // A rank that has ended is noticed by the receiver.
            let _ = to.send(part.to_vec());
        }
        self.receive()
    }

    fn gather(&self, own: &[u8]) -> Result<Vec<Vec<u8>>> {
        self.exchange(&vec![own; self.size()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranks::Pulse;
    use std::time::Duration;

    fn on_each<T: Send>(size: usize, work: impl Fn(Ranks) -> T + Sync) -> Vec<T> {
        std::thread::scope(|scope| {
            let start = |link: Threads| scope.spawn(|| work(link.ranks()));
            let threads: Vec<_> = links(size).into_iter().map(start).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    #[test]
    fn every_rank_gets_what_each_gave_it() {
        let got = on_each(3, |ranks| {
            let parts: Vec<Vec<u8>> = (0..3).map(|to| vec![ranks.rank() as u8, to]).collect();
            ranks.exchange(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
        });
        for (rank, parts) in got.iter().enumerate() {
            assert_eq!(*parts, (0..3).map(|from| vec![from, rank as u8]).collect::<Vec<_>>());
        }
    }

    #[test]
    fn one_interrupted_rank_interrupts_all() {
        let pulses = on_each(3, |ranks| {
            let number = ranks.rank();
            ranks.pulse(number == 1, Duration::from_millis(number as u64)).unwrap()
        });
        let busy: Vec<Duration> = (0..3).map(Duration::from_millis).collect();
        assert!(pulses.iter().all(|pulse| *pulse == Pulse { interrupted: true, busy: busy.clone() }));
    }

    #[test]
    fn ranks_that_disagree_are_named() {
        let errors = on_each(2, |ranks| ranks.agree("the songs", if ranks.rank() == 0 { "a" } else { "b" }));
        let wanted =
            "ranks: rank 1 on this host has the songs b, but rank 0 on this host has a; every rank needs the same";
        assert!(errors.into_iter().all(|error| error.unwrap_err().to_string() == wanted));
    }

    #[test]
    fn a_rank_that_has_ended_is_an_error() {
        let results = on_each(2, |ranks| if ranks.rank() == 0 { ranks.gather(&[1]).map(drop) } else { Ok(()) });
        assert!(results[0].as_ref().is_err_and(|error| error.to_string().contains("rank 1 has ended")));
    }
}
