//! How ranks find each other: all come to rank 0, which tells them where the others are. Strangers
//! are turned away.

use super::handshake::{Hello, Me, Meeting, PAUSE, lost};
use super::link::{HEARTBEAT, Kind, SILENCE, read_message, write_message};
use crate::error::{Error, Hint, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket,
};
use std::thread;
use std::time::{Duration, Instant};

/// How long ranks wait for the last of them.
const PATIENCE: Duration = Duration::from_secs(300);

/// Connections to `peers`, for rank `rank` of `n_ranks`.
///
/// # Errors
/// [`Error::Rank`] for a rank that does not come, and where this one is turned away.
pub(super) fn meet(
    meeting: &Meeting,
    (rank, n_ranks): (usize, usize),
    peers: &BTreeSet<usize>,
) -> Result<BTreeMap<usize, TcpStream>> {
    let me = Me { meeting, rank, n_ranks };
    let met = if rank == 0 { me.gather() } else { me.come(peers) };
    let mut met = met?;
    met.retain(|peer, _| peers.contains(peer));
    Ok(met)
}

impl Me<'_> {
    /// Rank 0: waits for all others, and tells them where they are.
    fn gather(&self) -> Result<BTreeMap<usize, TcpStream>> {
        let listener = bind(&self.meeting.address).map_err(|error| self.failed(&error))?;
        let (mut met, mut places) = (BTreeMap::new(), BTreeMap::new());
        let (deadline, mut told) = (Instant::now() + PATIENCE, Instant::now());
        while met.len() + 1 < self.n_ranks {
            let is_wanted = |hello: Hello, met: &BTreeMap<usize, TcpStream>| {
                !met.contains_key(&(hello.rank as usize))
            };
            if let Some((hello, stream)) = self.admit(&listener, |hello| is_wanted(hello, &met))
                && let Ok(address) = stream.peer_addr()
            {
                let place = SocketAddr::new(address.ip(), hello.port as u16).to_string();
                places.insert(hello.rank as usize, place);
                met.insert(hello.rank as usize, stream);
            }
            if told.elapsed() >= HEARTBEAT {
                // Who has left may come again.
                met.retain(|_, stream| write_message(stream, Kind::Alive, &[]).is_ok());
                told = Instant::now();
            }
            if Instant::now() >= deadline {
                let missing = (1..self.n_ranks).find(|rank| !met.contains_key(rank));
                return Err(late(missing.unwrap_or_default()));
            }
        }
        let places = serde_json::to_vec(&places).unwrap_or_default();
        for (rank, stream) in &mut met {
            let written = write_message(stream, Kind::Data, &places);
            written.map_err(|error| lost(*rank, &error))?;
        }
        Ok(met)
    }

    /// Any other rank: comes to rank 0, and connects with those of its peers that come before it.
    fn come(&self, peers: &BTreeSet<usize>) -> Result<BTreeMap<usize, TcpStream>> {
        let deadline = Instant::now() + PATIENCE;
        let address = &self.meeting.address;
        let here = loop {
            match towards(address) {
                Ok(here) => break here,
                // Its name may not be known yet.
                Err(_) if Instant::now() < deadline => thread::sleep(10 * PAUSE),
                Err(error) => return Err(lost(0, &error)),
            }
        };
        let listener = TcpListener::bind((here, 0)).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(listener)
        });
        let listener = listener.map_err(|error| self.failed(&error))?;
        let port = listener.local_addr().map_err(|error| self.failed(&error))?.port();
        let mut first = self.reach(0, address, port, deadline)?;
        let places = self.places(&mut first)?;
        let mut met = BTreeMap::from([(0, first)]);
        for peer in peers.range(1..self.rank) {
            let place = places.get(peer).ok_or_else(|| late(*peer))?;
            let stream = self.reach(*peer, place, port, Instant::now() + PATIENCE)?;
            met.insert(*peer, stream);
        }
        let deadline = Instant::now() + PATIENCE;
        while let Some(missing) = peers.range(self.rank + 1..).find(|peer| !met.contains_key(peer))
        {
            let is_wanted = |hello: Hello| {
                let peer = hello.rank as usize;
                peer > self.rank && peers.contains(&peer) && !met.contains_key(&peer)
            };
            let come = self.admit(&listener, is_wanted);
            if Instant::now() >= deadline {
                return Err(late(*missing));
            }
            met.extend(come.map(|(hello, stream)| (hello.rank as usize, stream)));
        }
        Ok(met)
    }

    /// Where the other ranks listen, once all have come to rank 0.
    fn places(&self, stream: &mut TcpStream) -> Result<BTreeMap<usize, String>> {
        let set = stream.set_read_timeout(Some(SILENCE));
        set.map_err(|error| self.failed(&error))?;
        loop {
            let message = read_message(stream).map_err(|error| lost(0, &error))?;
            if message.kind == Kind::Data {
                return serde_json::from_slice(&message.bytes)
                    .map_err(|error| lost(0, &error.into()));
            }
        }
    }

    /// This rank cannot listen.
    fn failed(&self, error: &io::Error) -> Error {
        let problem = format!("cannot listen at {}: {error}", self.meeting.address);
        let hint = Hint::from("name an address of rank 0's machine, and a port that is free");
        Error::Rank { rank: self.rank, problem, hint }
    }
}

/// Another rank does not come.
fn late(rank: usize) -> Error {
    let problem = format!("it did not come within {} seconds", PATIENCE.as_secs());
    let hint = "start all ranks with the same rendezvous, at about the same time";
    Error::Rank { rank, problem, hint: hint.into() }
}

/// The address of this machine on the way to another one. Nothing is sent.
fn towards(address: &str) -> io::Result<IpAddr> {
    let mut failed = io::ErrorKind::NotFound.into();
    for address in address.to_socket_addrs()? {
        let socket = UdpSocket::bind((any(&address), 0)).and_then(|socket| {
            socket.connect(address)?;
            socket.local_addr()
        });
        match socket {
            Ok(here) => return Ok(here.ip()),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// All addresses of this machine, of the kind of another one.
fn any(address: &SocketAddr) -> IpAddr {
    match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// Listens at an address of this machine; where it is a name for this machine elsewhere, such as that
/// of a service, at its port.
fn bind(address: &str) -> io::Result<TcpListener> {
    let addresses: Vec<SocketAddr> = address.to_socket_addrs()?.collect();
    let listener = TcpListener::bind(&addresses[..]).or_else(|error| {
        let (io::ErrorKind::AddrNotAvailable, Some(address)) = (error.kind(), addresses.first())
        else {
            return Err(error);
        };
        TcpListener::bind((any(address), address.port()))
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
