//! Messages between two ranks, over TCP or within a process. Whoever is silent for [`SILENCE`] is
//! lost: a thread of each connection says once a second that its process is alive, and another one
//! takes in what comes, so that a rank that computes holds nobody up.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

/// A rank that says nothing for so long is lost.
pub(super) const SILENCE: Duration = Duration::from_secs(6);

/// Time between two signs of life.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(1);

/// No message is longer: 16 thousand million values.
const MOST_BYTES: u64 = 64 << 30;

/// Bytes that are read at once: what a message declares is not believed before it comes.
const AT_ONCE: u64 = 1 << 20;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A sign of life.
    Alive = 1,
    /// What was asked for.
    Data = 2,
    /// A rank is lost, by its number, and how.
    Lost = 3,
    /// Nothing more will come.
    Done = 4,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Alive, Self::Data, Self::Lost, Self::Done];
}

/// A message.
#[derive(Debug)]
pub(super) struct Message {
    pub kind: Kind,
    pub bytes: Vec<u8>,
}

/// What comes from all peers, with the rank that it comes from.
pub(super) type Inbox = Sender<(usize, Message)>;

/// The way to a peer.
#[derive(Debug)]
pub(super) enum Out {
    Tcp(Arc<Mutex<TcpStream>>),
    /// Its inbox, and who sends.
    Memory(Inbox, usize),
}

impl Message {
    /// That a rank is lost.
    pub fn lost(rank: usize, problem: &str) -> Self {
        let rank = rank as u32;
        Self { kind: Kind::Lost, bytes: [&rank.to_le_bytes(), problem.as_bytes()].concat() }
    }

    /// The rank that is lost, and how, as [`Message::lost`] wrote it.
    pub fn loss(&self) -> (usize, String) {
        let (rank, problem) = self.bytes.split_first_chunk().unwrap_or((&[0; 4], b"lost"));
        (u32::from_le_bytes(*rank) as usize, String::from_utf8_lossy(problem).into_owned())
    }
}

impl Out {
    /// A connection to `peer`, whose messages go to `inbox`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn over_tcp(stream: TcpStream, peer: usize, inbox: Inbox) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        let reader = stream.try_clone()?;
        thread::Builder::new().spawn(move || take_in(reader, peer, &inbox))?;
        let stream = Arc::new(Mutex::new(stream));
        let alive = Arc::downgrade(&stream);
        thread::Builder::new().spawn(move || keep_alive(&alive))?;
        Ok(Self::Tcp(stream))
    }

    /// Sends a message.
    ///
    /// # Errors
    /// Those of the system, a peer that takes nothing for [`SILENCE`] among them.
    pub fn send(&self, kind: Kind, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => {
                let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
                write_message(&mut stream, kind, bytes)
            }
            Self::Memory(inbox, from) => inbox
                .send((*from, Message { kind, bytes: bytes.to_vec() }))
                .map_err(|_| io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Sends nothing more.
    pub fn close(&self) {
        if let Self::Tcp(stream) = self {
            let stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
            // Where it is closed already there is nothing to do.
            let _ = stream.shutdown(Shutdown::Write);
        }
    }
}

/// Writes a message: its kind, the number of its bytes, and these.
pub(super) fn write_message(stream: &mut TcpStream, kind: Kind, bytes: &[u8]) -> io::Result<()> {
    let mut head = [0; 9];
    head[0] = kind as u8;
    head[1..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    stream.write_all(&head)?;
    stream.write_all(bytes)
}

/// Reads a message.
pub(super) fn read_message(stream: &mut impl Read) -> io::Result<Message> {
    let mut head = [0; 9];
    stream.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = u64::from_le_bytes(length);
    let kind = Kind::ALL.into_iter().find(|known| *known as u8 == kind);
    let Some(kind) = kind.filter(|_| length <= MOST_BYTES) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "sends what is no message"));
    };
    let mut bytes = Vec::new();
    let mut left = length;
    while left > 0 {
        let (start, n) = (bytes.len(), left.min(AT_ONCE));
        bytes.resize(start + n as usize, 0);
        stream.read_exact(&mut bytes[start..])?;
        left -= n;
    }
    Ok(Message { kind, bytes })
}

/// Why a peer is lost.
pub(super) fn problem(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("nothing was heard of it for {} seconds", SILENCE.as_secs())
        }
        io::ErrorKind::UnexpectedEof => "its connection was closed".into(),
        _ => format!("its connection failed: {error}"),
    }
}

/// Puts what comes from a peer into the inbox, until it has done or is lost.
fn take_in(mut stream: TcpStream, peer: usize, inbox: &Inbox) {
    loop {
        let message = match read_message(&mut stream) {
            Ok(Message { kind: Kind::Alive, .. }) => continue,
            Ok(message) => message,
            Err(error) => Message::lost(peer, &problem(&error)),
        };
        let is_last = matches!(message.kind, Kind::Lost | Kind::Done);
        // Where nobody looks into the inbox any more, nobody is waiting.
        if inbox.send((peer, message)).is_err() || is_last {
            return;
        }
    }
}

/// Sends signs of life for as long as the connection is in use. While something else is sent, that
/// is one.
fn keep_alive(stream: &Weak<Mutex<TcpStream>>) {
    loop {
        thread::sleep(HEARTBEAT);
        let Some(stream) = stream.upgrade() else { return };
        if let Ok(mut stream) = stream.try_lock()
            && write_message(&mut stream, Kind::Alive, &[]).is_err()
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_and_lengths_beyond_all_measure_are_no_messages() {
        let read = |bytes: &[u8]| read_message(&mut &bytes[..]).map(|message| message.bytes);
        assert_eq!(read(&[2, 3, 0, 0, 0, 0, 0, 0, 0, 7, 8, 9]).unwrap(), [7, 8, 9]);
        for bytes in [b"GET / HTTP/1.1\r\n".as_slice(), &[2, 0, 0, 0, 0, 0, 0, 0, 255, 1], &[9; 9]]
        {
            assert_eq!(read(bytes).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
        // A declared length is not allocated before its bytes come.
        assert_eq!(
            read(&[2, 0, 0, 0, 0, 8, 0, 0, 0, 1]).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
        assert_eq!(Message::lost(7, "gone").loss(), (7, "gone".to_string()));
    }
}
