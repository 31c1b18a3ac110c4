//! The ways to and from all peers of a rank. A loss of any of them is known as soon as it is told,
//! whoever is waited for.

use super::link::{Kind, Message, Out, problem};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How long a rank that is done waits for the others.
const AT_THE_END: Duration = Duration::from_secs(60);

/// A rank that is lost, and how.
pub(super) type Loss = (usize, String);

/// The ways to and from this rank's peers.
pub(super) struct Links {
    inbox: Receiver<(usize, Message)>,
    /// What came before it was asked for.
    pending: BTreeMap<usize, VecDeque<Vec<u8>>>,
    out: BTreeMap<usize, Out>,
    done: BTreeSet<usize>,
}

impl Links {
    pub fn new(inbox: Receiver<(usize, Message)>, out: BTreeMap<usize, Out>) -> Self {
        Self { inbox, pending: BTreeMap::new(), out, done: BTreeSet::new() }
    }

    /// The way to a peer.
    pub fn to(&self, peer: usize) -> Option<&Out> {
        self.out.get(&peer)
    }

    /// What came from this peer and was not taken yet. A loss of any rank is told at once.
    pub fn next_from(&mut self, from: usize) -> Result<Vec<u8>, Loss> {
        loop {
            if let Some(bytes) = self.pending.get_mut(&from).and_then(VecDeque::pop_front) {
                return Ok(bytes);
            }
            if self.done.contains(&from) {
                return Err((from, "it was done before the others".into()));
            }
            let gone = |_| (from, "its process is gone".to_string());
            let (peer, message) = self.inbox.recv().map_err(gone)?;
            self.take(peer, message)?;
        }
    }

    fn take(&mut self, peer: usize, message: Message) -> Result<(), Loss> {
        match message.kind {
            Kind::Data => self.pending.entry(peer).or_default().push_back(message.bytes),
            Kind::Done => _ = self.done.insert(peer),
            Kind::Lost => return Err(message.loss()),
            Kind::Alive => {}
        }
        Ok(())
    }

    /// A loss that was told and not looked at yet.
    pub fn known_loss(&mut self) -> Option<Loss> {
        // What a peer that fails says of it comes just before its connection ends.
        while let Ok((peer, message)) = self.inbox.recv_timeout(Duration::from_millis(200)) {
            if let Err(loss) = self.take(peer, message) {
                return Some(loss);
            }
        }
        None
    }

    /// Tells all peers that this rank is done, and waits until they are.
    pub fn end(&mut self) -> Result<(), Loss> {
        for (peer, out) in &self.out {
            out.send(Kind::Done, &[]).map_err(|error| (*peer, problem(&error)))?;
        }
        let deadline = Instant::now() + AT_THE_END;
        while let Some(peer) = self.out.keys().find(|peer| !self.done.contains(peer)).copied() {
            let left = deadline.saturating_duration_since(Instant::now());
            let late = |_| (peer, "it was not done at the end of the training".to_string());
            let (peer, message) = self.inbox.recv_timeout(left).map_err(late)?;
            self.take(peer, message)?;
        }
        self.out.values().for_each(Out::close);
        Ok(())
    }

    /// Says a last word to all peers.
    pub fn part(self, word: &Message) {
        for out in self.out.values() {
            // Who does not hear it notices that the connection ends.
            let _ = out.send(word.kind, &word.bytes);
            out.close();
        }
    }
}
