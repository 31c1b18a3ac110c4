//! Who is let in: both sides of a connection prove that they know the secret, and say who they are.

use super::link::{SILENCE, problem};
use super::secret::{N_BYTES, are_equal, nonce, proof};
use crate::error::{Error, Hint, Result};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

/// The version of the protocol.
const VERSION: u32 = 1;
const NAME: &[u8; 8] = b"unsmudge";

/// A stranger may take so long to show that it is one.
const INTRODUCTION: Duration = Duration::from_secs(2);

/// Time between two looks at whether somebody has come.
pub(super) const PAUSE: Duration = Duration::from_millis(10);

/// Where ranks meet, and what shows that they belong together.
pub(super) struct Meeting {
    pub address: String,
    pub secret: Vec<u8>,
}

/// What a rank says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hello {
    pub rank: u32,
    n_ranks: u32,
    /// Where it listens.
    pub port: u32,
}

/// What it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Welcome = 0,
    OtherSecret = 1,
    OtherRanks = 2,
    Taken = 3,
}

/// A rank that meets others.
pub(super) struct Me<'a> {
    pub meeting: &'a Meeting,
    pub rank: usize,
    pub n_ranks: usize,
}

impl Me<'_> {
    /// Somebody who has come to `listener` and is wanted; `None` where nobody has, or a stranger.
    pub fn admit(
        &self,
        listener: &TcpListener,
        is_wanted: impl Fn(Hello) -> bool,
    ) -> Option<(Hello, TcpStream)> {
        let Ok((mut stream, _)) = listener.accept() else {
            thread::sleep(PAUSE);
            return None;
        };
        // A stranger's connection may fail in any way: it is closed.
        stream.set_nonblocking(false).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_write_timeout(Some(INTRODUCTION)).ok()?;
        let deadline = Instant::now() + INTRODUCTION;
        let ours = nonce();
        stream.write_all(&[&NAME[..], &VERSION.to_le_bytes(), &ours].concat()).ok()?;
        let mut said = [0; Hello::N_BYTES + 2 * N_BYTES];
        read_until(&mut stream, &mut said, deadline).ok()?;
        let (hello, rest) = said.split_first_chunk::<{ Hello::N_BYTES }>()?;
        let (theirs, shown) = rest.split_first_chunk::<N_BYTES>()?;
        let shown = shown.first_chunk::<N_BYTES>()?;
        let secret = &self.meeting.secret;
        let expected = proof(secret, &[b"comes", &ours, theirs, hello]);
        let known = Hello::read(hello)?;
        let answer = if !are_equal(&expected, shown) {
            Answer::OtherSecret
        } else if known.n_ranks as usize != self.n_ranks || known.rank >= known.n_ranks {
            Answer::OtherRanks
        } else if !is_wanted(known) || known.rank == 0 {
            Answer::Taken
        } else {
            Answer::Welcome
        };
        let answered = match answer {
            Answer::Welcome => proof(secret, &[b"welcomes", theirs, &ours, hello]),
            _ => [0; N_BYTES],
        };
        stream.write_all(&[&[answer as u8][..], &answered].concat()).ok()?;
        (answer == Answer::Welcome).then_some((known, stream))
    }

    /// A connection to `peer` at `address`, which may not listen yet; this rank listens at `port`.
    ///
    /// # Errors
    /// [`Error::Rank`] where it turns this rank away, or the deadline has passed.
    pub fn reach(
        &self,
        peer: usize,
        address: &str,
        port: u16,
        deadline: Instant,
    ) -> Result<TcpStream> {
        loop {
            let reached = connect(address).and_then(|mut stream| {
                let refused = self.introduce(&mut stream, peer, port, deadline)?;
                Ok((stream, refused))
            });
            match reached {
                Ok((stream, None)) => return Ok(stream),
                Ok((_, Some(refused))) => return Err(refused),
                Err(error) if Instant::now() >= deadline => return Err(lost(peer, &error)),
                // A proxy between may take what it cannot pass on yet.
                Err(_) => thread::sleep(10 * PAUSE),
            }
        }
    }

    /// Says to `peer` who this is, and proves it. Returns why it turns this rank away, if it does.
    fn introduce(
        &self,
        stream: &mut TcpStream,
        peer: usize,
        port: u16,
        deadline: Instant,
    ) -> io::Result<Option<Error>> {
        let mut said = [0; 12 + N_BYTES];
        read_until(stream, &mut said, deadline)?;
        let (name, rest) = said.split_at(NAME.len());
        let (version, theirs) = rest.split_at(4);
        if name != NAME || version != VERSION.to_le_bytes() {
            let problem = "it is no rank of this version of the program";
            return Ok(Some(self.refused(peer, problem, "")));
        }
        let hello =
            Hello { rank: self.rank as u32, n_ranks: self.n_ranks as u32, port: port.into() };
        let (hello, ours, secret) = (hello.written(), nonce(), &self.meeting.secret);
        let shown = proof(secret, &[b"comes", theirs, &ours, &hello]);
        stream.write_all(&[&hello[..], &ours, &shown].concat())?;
        let mut answer = [0; 1 + N_BYTES];
        read_until(stream, &mut answer, deadline)?;
        let [answer, shown @ ..] = answer;
        let (problem, hint) = match answer {
            0 if are_equal(&shown, &proof(secret, &[b"welcomes", &ours, theirs, &hello])) => {
                return Ok(None);
            }
            0 | 1 => (
                "its secret is another one",
                "start all ranks with the same secret, from an environment variable",
            ),
            2 => (
                "it knows another number of ranks",
                "start all ranks with the same number of ranks",
            ),
            _ => (
                "it has this rank already",
                "start each rank once; other trainings need other ports",
            ),
        };
        Ok(Some(self.refused(peer, problem, hint)))
    }

    /// This rank was turned away by another one.
    fn refused(&self, peer: usize, problem: &str, hint: &str) -> Error {
        let problem = format!("turned away by rank {peer}: {problem}");
        Error::Rank { rank: self.rank, problem, hint: hint.into() }
    }
}

impl Hello {
    const N_BYTES: usize = 12;

    fn written(self) -> [u8; Self::N_BYTES] {
        let mut bytes = [0; Self::N_BYTES];
        for (to, number) in bytes.chunks_exact_mut(4).zip([self.rank, self.n_ranks, self.port]) {
            to.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    fn read(bytes: &[u8; Self::N_BYTES]) -> Option<Self> {
        let number = |at: usize| Some(u32::from_le_bytes(*bytes[at..].first_chunk()?));
        Some(Self { rank: number(0)?, n_ranks: number(4)?, port: number(8)? })
    }
}

/// Another rank is lost.
pub(super) fn lost(rank: usize, error: &io::Error) -> Error {
    Error::Rank { rank, problem: problem(error), hint: Hint::default() }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut failed = io::ErrorKind::NotFound.into();
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, SILENCE) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                stream.set_write_timeout(Some(SILENCE))?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Fills `bytes` before the deadline.
fn read_until(stream: &mut TcpStream, bytes: &mut [u8], deadline: Instant) -> io::Result<()> {
    let mut n_read = 0;
    while n_read < bytes.len() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut bytes[n_read..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => n_read += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
