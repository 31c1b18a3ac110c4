//! Several processes that train one model: each, a rank, computes the gradients of some shards of a
//! batch, and all come to the same weights, to the bit, for any number of ranks. Starting ranks, and
//! starting them again, is the work of a scheduler. See `docs/distributed.md`.

mod secret; // proofs that one knows it
mod runs; // which rank has which shards
mod link; // messages between two ranks
mod links; // those to all peers
mod handshake; // who is let in
mod rendezvous; // how ranks find each other

use crate::error::{Error, Hint, Result};
use handshake::Meeting;
use link::{Kind, Message, Out, problem};
use links::Links;
use rendezvous::meet;
pub(crate) use runs::{halves, owner};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One of the ranks of a training, as a [`Context`](crate::processor::Context) has it. Copies are
/// the same rank.
#[derive(Clone)]
pub struct Group(Arc<Rank>);

struct Rank {
    rank: usize,
    n_ranks: usize,
    /// `None` for ranks that are threads of one process.
    meeting: Option<Meeting>,
    links: Mutex<Option<Links>>,
    n_messages: AtomicU64,
    n_bytes: AtomicU64,
}

/// What a rank has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Messages, signs of life not among them.
    pub n_messages: u64,
    /// Their bytes.
    pub n_bytes: u64,
}

/// The fewest bytes of a secret.
const LEAST_SECRET: usize = 16;

impl Group {
    /// Rank `rank`, from 0, of `n_ranks`, which meet at `rendezvous`, an address of rank 0's
    /// machine with a port, when training begins. All know the secret, of 16 bytes or more; it keeps
    /// strangers out, and neither hides nor protects what ranks send: that is for networks that are
    /// trusted.
    ///
    /// # Errors
    /// [`Error::Setting`] for a rank that is none of these, an address without a port, and a secret
    /// that is shorter.
    ///
    /// # Example
    /// ```
    /// use unsmudge::distributed::Group;
    ///
    /// let group = Group::new(1, 4, "head:29500", b"0123456789abcdef")?;
    /// assert_eq!((group.rank(), group.n_ranks()), (1, 4));
    /// assert!(Group::new(4, 4, "head:29500", b"0123456789abcdef").is_err());
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn new(rank: usize, n_ranks: usize, rendezvous: &str, secret: &[u8]) -> Result<Self> {
        if rank >= n_ranks || n_ranks > u32::MAX as usize {
            let allowed = "R/N with whole numbers, R from 0 to N - 1, for example 0/4";
            return Err(Error::setting("rank", format!("{rank}/{n_ranks}"), allowed));
        }
        let port = rendezvous.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none_or(|port| port == 0) {
            let allowed = "an address of rank 0's machine with a port: HOST:PORT";
            return Err(Error::setting("rendezvous", rendezvous, allowed));
        }
        if secret.len() < LEAST_SECRET {
            let allowed = format!("at least {LEAST_SECRET} characters that only the ranks know");
            return Err(Error::setting("secret", format!("{} bytes", secret.len()), allowed));
        }
        let meeting = Meeting { address: rendezvous.into(), secret: secret.to_vec() };
        Ok(Self::of(rank, n_ranks, Some(meeting), None))
    }

    /// Ranks that are threads of this process, for one training with these numbers of shards: for
    /// tests, and to simulate many machines.
    pub fn in_process(n_ranks: usize, shards: &[usize]) -> Vec<Self> {
        let (inboxes, takers): (Vec<_>, Vec<_>) = (0..n_ranks).map(|_| channel()).unzip();
        let takers = takers.into_iter().enumerate();
        let rank = |(rank, taker): (usize, _)| {
            let peers = runs::peers(rank, n_ranks, shards).into_iter();
            let out = peers.map(|peer| (peer, Out::Memory(inboxes[peer].clone(), rank)));
            Self::of(rank, n_ranks, None, Some(Links::new(taker, out.collect())))
        };
        takers.map(rank).collect()
    }

    fn of(rank: usize, n_ranks: usize, meeting: Option<Meeting>, links: Option<Links>) -> Self {
        let (n_messages, n_bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        let links = Mutex::new(links);
        Self(Arc::new(Rank { rank, n_ranks, meeting, links, n_messages, n_bytes }))
    }

    /// Its number, from 0. Rank 0 saves, and says how far training is.
    pub fn rank(&self) -> usize {
        self.0.rank
    }

    /// Number of ranks.
    pub fn n_ranks(&self) -> usize {
        self.0.n_ranks
    }

    /// What this rank has sent so far.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            n_messages: self.0.n_messages.load(Ordering::Relaxed),
            n_bytes: self.0.n_bytes.load(Ordering::Relaxed),
        }
    }

    /// The shards of this rank of `n_shards`.
    pub(crate) fn run(&self, n_shards: usize) -> Range<usize> {
        runs::run(self.rank(), self.n_ranks(), n_shards)
    }

    /// Meets the other ranks, for stages of these numbers of shards.
    ///
    /// # Errors
    /// [`Error::Setting`] for fewer shards than ranks, but for stages with one shard, which each
    /// rank trains alone; [`Error::Rank`].
    pub(crate) fn join(&self, shards: &[usize]) -> Result<()> {
        let n_ranks = self.n_ranks();
        let few = shards.iter().find(|n| **n > 1 && **n < n_ranks);
        if let Some(few) = few.or(shards.first().filter(|_| shards.iter().all(|n| *n < n_ranks))) {
            let allowed = format!("at least the number of ranks, which is {n_ranks}");
            return Err(Error::setting("shards", few, allowed));
        }
        let mut links = self.links();
        let peers = runs::peers(self.rank(), n_ranks, shards);
        if let (None, Some(meeting)) = (&*links, &self.0.meeting) {
            let met = meet(meeting, (self.rank(), n_ranks), &peers)?;
            let (inbox, taker) = channel();
            let mut out = BTreeMap::new();
            for (peer, stream) in met {
                let way = Out::over_tcp(stream, peer, inbox.clone());
                let way = way.map_err(|error| lost(peer, &problem(&error)))?;
                out.insert(peer, way);
            }
            *links = Some(Links::new(taker, out));
        }
        Ok(())
    }

    /// Sends `bytes` to a peer.
    ///
    /// # Errors
    /// [`Error::Rank`] where a rank is lost.
    pub(crate) fn send(&self, to: usize, bytes: &[u8]) -> Result<()> {
        let mut links = self.links();
        let sent = match links.as_ref().and_then(|links| links.to(to)) {
            Some(out) => out.send(Kind::Data, bytes).map_err(|error| problem(&error)),
            None => Err("there is no connection to it".into()),
        };
        self.0.n_messages.fetch_add(1, Ordering::Relaxed);
        self.0.n_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        // Why it is lost may have come from elsewhere already.
        sent.map_err(|problem| match links.as_mut().and_then(Links::known_loss) {
            Some((rank, problem)) => self.broken(&mut links, rank, &problem),
            None => self.broken(&mut links, to, &problem),
        })
    }

    /// What a peer has sent next.
    ///
    /// # Errors
    /// [`Error::Rank`] where a rank is lost.
    pub(crate) fn receive(&self, from: usize) -> Result<Vec<u8>> {
        let mut guard = self.links();
        let Some(links) = guard.as_mut() else {
            return Err(lost(from, "there is no connection to it"));
        };
        links.next_from(from).map_err(|(rank, problem)| self.broken(&mut guard, rank, &problem))
    }

    /// The bytes of rank 0, on every rank.
    ///
    /// # Errors
    /// [`Error::Rank`] where a rank is lost.
    pub(crate) fn broadcast(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        let bytes = match runs::parent(self.rank()) {
            Some(parent) => self.receive(parent)?,
            None => bytes,
        };
        for child in runs::children(self.rank(), self.n_ranks()) {
            self.send(child, &bytes)?;
        }
        Ok(bytes)
    }

    /// This rank cannot go on: the others are told why.
    pub(crate) fn fail(&self, problem: &str) -> Error {
        self.broken(&mut self.links(), self.rank(), problem)
    }

    /// Waits until all peers are done, and parts from them.
    ///
    /// # Errors
    /// [`Error::Rank`] where a rank is lost.
    pub(crate) fn leave(&self) -> Result<()> {
        let mut guard = self.links();
        let Some(links) = guard.as_mut() else { return Ok(()) };
        let ended = links.end();
        ended.map_err(|(rank, problem)| self.broken(&mut guard, rank, &problem))?;
        *guard = None;
        Ok(())
    }

    fn links(&self) -> MutexGuard<'_, Option<Links>> {
        self.0.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A rank is lost: the peers are told, and nothing more is sent.
    fn broken(&self, links: &mut Option<Links>, rank: usize, problem: &str) -> Error {
        if let Some(links) = links.take() {
            links.part(&Message::lost(rank, problem));
        }
        lost(rank, problem)
    }
}

fn lost(rank: usize, problem: &str) -> Error {
    let hint = "start all ranks again: they go on from the last checkpoint of rank 0";
    Error::Rank { rank, problem: problem.into(), hint: Hint::from(hint) }
}

impl Drop for Rank {
    fn drop(&mut self) {
        let links = self.links.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(links) = links.take() {
            links.part(&Message::lost(self.rank, "it ended before the training was done"));
        }
    }
}

impl fmt::Debug for Group {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {}", self.rank(), self.n_ranks())
    }
}

#[cfg(test)]
mod tests;
