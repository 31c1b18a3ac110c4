//! The directory of a ZIP archive, and the content of one member, stored or deflated. Nothing is
//! unpacked to disk: names of members are only compared. What the directory says of sizes is checked
//! against the file before anything is allocated for it.

use crate::error::{Error, Place, Result};
use crate::text::{self, listed};
use crate::write::npz::{END, ENTRY, LONG_END, LONG_END_PLACE, LONG_SIZES, MEMBER};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// What to do with a file that is cut or damaged.
pub(super) const CUT: &str = "copy or download the file again";
/// Deflate writes at least one bit for 129 bytes (1032 to 1): beyond this a size is a lie.
pub(super) const MOST_INFLATION: u64 = 1100;

const FORMAT: &str = "NPZ archive";
/// How the name of an array ends.
pub(super) const ENDING: &str = ".npy";

/// The longest directory that is read: two hundred thousand arrays fit.
const MOST_DIRECTORY_BYTES: u64 = 16 << 20;
/// What ends a directory, without and with its comment.
const END_BYTES: usize = 22;
const MOST_END_BYTES: u64 = END_BYTES as u64 + u16::MAX as u64;
const ENTRY_BYTES: usize = 46;
const HEADER_BYTES: usize = 30;

/// A member, as the directory has it.
#[derive(Debug)]
pub(super) struct Member {
    pub name: String,
    /// Bytes of its content.
    pub bytes: u64,
    packed_bytes: u64,
    method: u16,
    is_encrypted: bool,
    crc: u32,
    place: u64, // of its header
}

/// The members of an archive, by its directory.
///
/// # Errors
/// [`Error::Format`] for a damaged directory, and a name that is there twice; [`Error::File`].
fn directory(file: &mut File, path: &Path) -> Result<Vec<Member>> {
    let failed = |error| Error::file(path, "read")(error);
    let file_bytes = file.metadata().map_err(failed)?.len();
    let wrong = |found: &str| Error::format(path, FORMAT, "a whole directory", found, CUT);
    let tail_place = file_bytes.saturating_sub(MOST_END_BYTES);
    let tail = block(file, tail_place, file_bytes - tail_place).map_err(failed)?;
    let is_end = |place: &usize| {
        let comment = short(&tail, place + 20).map(usize::from);
        tail[*place..].starts_with(&END)
            && comment.is_some_and(|n| place + END_BYTES + n == tail.len())
    };
    let last = tail.len().saturating_sub(END_BYTES);
    let end = (0..=last).rev().find(is_end).ok_or_else(|| wrong("none: the file is cut"))?;
    let end_place = tail_place + end as u64;
    let mut size = word(&tail, end + 12).map(u64::from);
    let mut place = word(&tail, end + 16).map(u64::from);
    if [size, place].contains(&Some(u64::from(u32::MAX))) {
        let before = end_place.checked_sub(20).ok_or_else(|| wrong("none"))?;
        let locator = block(file, before, 20).map_err(failed)?;
        let long_place = long(&locator, 8).filter(|_| locator.starts_with(&LONG_END_PLACE));
        let long_place = long_place.filter(|place| place.saturating_add(56) <= before);
        let long_place = long_place.ok_or_else(|| wrong("none beyond 4 GiB"))?;
        let found = block(file, long_place, 56).map_err(failed)?;
        let is_long = found.starts_with(&LONG_END);
        size = long(&found, 40).filter(|_| is_long);
        place = long(&found, 48).filter(|_| is_long);
    }
    let (Some(size), Some(place)) = (size, place) else { return Err(wrong("none")) };
    if size > MOST_DIRECTORY_BYTES || place.checked_add(size).is_none_or(|end| end > end_place) {
        return Err(wrong(&format!("one of {size} bytes at {place}, of a file of {file_bytes}")));
    }
    let directory = block(file, place, size).map_err(failed)?;
    let (mut members, mut rest) = (Vec::new(), directory.as_slice());
    let mut names = HashSet::new();
    while !rest.is_empty() {
        let (member, n_bytes) = entry(rest).ok_or_else(|| wrong("a damaged entry"))?;
        if !names.insert(member.name.clone()) {
            let found = format!("{:?} twice", member.name);
            return Err(Error::format(path, FORMAT, "names that differ", found, "write it again"));
        }
        members.push(member);
        rest = rest.get(n_bytes..).ok_or_else(|| wrong("an entry that is cut"))?;
    }
    Ok(members)
}

/// The first entry of a directory, and its length.
fn entry(bytes: &[u8]) -> Option<(Member, usize)> {
    if bytes.len() < ENTRY_BYTES || !bytes.starts_with(&ENTRY) {
        return None;
    }
    let [name, extra, comment] = [28, 30, 32].map(|at| short(bytes, at).map(usize::from));
    let (name, extra, comment) = (name?, extra?, comment?);
    let [packed, whole, place] = [20, 24, 42].map(|at| word(bytes, at).map(u64::from));
    let (mut packed, mut whole, mut place) = (packed?, whole?, place?);
    let text = bytes.get(ENTRY_BYTES..ENTRY_BYTES + name)?;
    let mut fields = bytes.get(ENTRY_BYTES + name..ENTRY_BYTES + name + extra)?;
    while let (Some(kind), Some(length)) = (short(fields, 0), short(fields, 2)) {
        let field = fields.get(4..4 + usize::from(length))?;
        if kind == LONG_SIZES {
            let mut numbers = field.chunks_exact(8).filter_map(|number| long(number, 0));
            for size in [&mut whole, &mut packed, &mut place] {
                if *size == u64::from(u32::MAX) {
                    *size = numbers.next()?;
                }
            }
        }
        fields = &fields[4 + usize::from(length)..];
    }
    let member = Member {
        name: String::from_utf8_lossy(text).into_owned(),
        bytes: whole,
        packed_bytes: packed,
        method: short(bytes, 10)?,
        is_encrypted: short(bytes, 8)? & 1 == 1,
        crc: word(bytes, 16)?,
        place,
    };
    Some((member, ENTRY_BYTES + name + extra + comment))
}

/// The content of the array `name` of the archive `file`, and how many bytes it has; `path` is that
/// of the array, for errors.
pub(super) fn open(path: &Path, file: &Path, array: &str) -> Result<(Box<dyn BufRead>, u64)> {
    let (opened, members) = members(file)?;
    let Some(member) = members.iter().find(|member| name(member) == array) else {
        let names: Vec<String> = members.iter().map(name).map(str::to_string).collect();
        let meant = text::meant(array, names.iter().map(String::as_str));
        let hint = meant.strip_prefix("; ").unwrap_or("name one of these: file.npz:NAME");
        let (expected, found) = (format!("an array \"{array}\""), listed(&names));
        return Err(Error::data(file, Place::whole(), expected, found, hint));
    };
    Ok((member.open(opened, path)?, member.bytes))
}

/// The arrays of an archive.
pub(super) fn members(path: &Path) -> Result<(File, Vec<Member>)> {
    let mut file = File::open(path).map_err(Error::file(path, "open"))?;
    let mut members = directory(&mut file, path)?;
    members.retain(|member| member.name.ends_with(ENDING));
    Ok((file, members))
}

/// The name of an array.
pub(super) fn name(member: &Member) -> &str {
    member.name.strip_suffix(ENDING).unwrap_or(&member.name)
}

impl Member {
    /// Its content, which ends in an error where it is not as long, or has not the checksum, that the
    /// directory says. `path` is that of the array, for errors.
    ///
    /// # Errors
    /// [`Error::Format`] for one that is encrypted, packed in another way than by deflate, or larger
    /// than it can be; [`Error::File`].
    pub fn open(&self, mut file: File, path: &Path) -> Result<Box<dyn BufRead>> {
        let failed = |error| Error::file(path, "read")(error);
        let file_bytes = file.metadata().map_err(failed)?.len();
        let wrong = |expected: &str, found: String, hint: &'static str| {
            Err(Error::format(path, FORMAT, expected, found, hint))
        };
        let again = "save it again with numpy.savez";
        if self.is_encrypted || !matches!(self.method, 0 | 8) {
            let found = if self.is_encrypted {
                "an encrypted one".to_string()
            } else {
                format!("compression method {}", self.method)
            };
            return wrong("an array that is stored or deflated", found, again);
        }
        let most = if self.method == 0 { 1 } else { MOST_INFLATION };
        if self.bytes > self.packed_bytes.saturating_mul(most) {
            let found = format!("{} bytes, which cannot hold them", self.packed_bytes);
            return wrong(&format!("{} bytes, as the directory says", self.bytes), found, CUT);
        }
        let header = block(&mut file, self.place, HEADER_BYTES as u64).map_err(failed)?;
        let lengths = (short(&header, 26), short(&header, 28));
        let (Some(name), Some(extra), true) = (lengths.0, lengths.1, header.starts_with(&MEMBER))
        else {
            return wrong("a header before the array", format!("none at {}", self.place), CUT);
        };
        let start = self.place + HEADER_BYTES as u64 + u64::from(name) + u64::from(extra);
        if start.checked_add(self.packed_bytes).is_none_or(|end| end > file_bytes) {
            let found = format!("a file of {file_bytes} bytes");
            return wrong(&format!("{} bytes at {start}", self.packed_bytes), found, CUT);
        }
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let packed = BufReader::with_capacity(1 << 16, file.take(self.packed_bytes));
        let content: Box<dyn Read> = match self.method {
            0 => Box::new(packed),
            _ => Box::new(DeflateDecoder::new(packed)),
        };
        let checked = Checked { content, left: self.bytes, crc: Crc::new(), expected: self.crc };
        Ok(Box::new(BufReader::with_capacity(1 << 16, checked)))
    }
}

/// Content of a known length and checksum.
struct Checked {
    content: Box<dyn Read>,
    left: u64,
    crc: Crc,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return if self.left == 0 && self.crc.sum() != self.expected {
                Err(io::Error::new(io::ErrorKind::InvalidData, "a wrong checksum"))
            } else {
                Ok(0)
            };
        }
        let count = self.content.read(&mut buffer[..most])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.crc.update(&buffer[..count]);
        self.left -= count as u64;
        Ok(count)
    }
}

fn block(file: &mut File, place: u64, n_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(place))?;
    file.take(n_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}
