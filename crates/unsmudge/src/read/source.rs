//! A data file opened: plain or gzipped, which its first bytes say and not its name, or an array of
//! an NPZ archive. Nothing is inflated or allocated beyond what the format's header promises and the
//! file can hold.

mod declared; // what a header declares, checked against the file

pub(super) use declared::BLOCK_BYTES;

use crate::error::{Error, Place, Result};
use crate::read::zip::{self, CUT};
use crate::write::npz::split;
use flate2::bufread::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::path::{Path, PathBuf};

/// How much of the content [`Source::start`] shows.
pub(super) const START_BYTES: usize = 1 << 16;

/// The longest line or record of a text file: a million columns fit, an endless line does not.
const MOST_RECORD_BYTES: u64 = 16 << 20;

/// Text of numbers shrinks at most about 250 times (empty pictures written as `0.0000000e+00`).
const MOST_TEXT_INFLATION: u64 = 300;
const FREE_TEXT_BYTES: u64 = 64 << 20;

/// The content of one file, inflated where it is gzipped, read from front to back.
pub(super) struct Source {
    path: PathBuf,
    content: Chain<Cursor<Vec<u8>>, Box<dyn BufRead>>,
    file_bytes: u64,
    packing: Packing,
    taken_bytes: u64,
    record_bytes: u64, // taken since the record began
    is_text: bool,     // whose size is limited
}

/// How the content lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    /// An array of an archive, whose directory has its size.
    Archive,
}

impl Source {
    /// Opens `path`, or an array in an archive, and looks at its start.
    pub fn open(path: &Path) -> Result<Self> {
        let (file_path, array) = split(path);
        // Before opening: a pipe would block until somebody writes to it.
        let found = fs::metadata(file_path).map_err(Error::file(path, "open"))?;
        if found.is_dir() {
            return Err(Error::file(path, "read")(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        if !found.is_file() {
            let found = "a pipe or a device, which has no size to check against";
            let hint = "write it to a file first";
            return Err(Error::data(path, Place::whole(), "an ordinary file", found, hint));
        }
        let (packing, rest, file_bytes) = match array {
            Some(array) => {
                let (content, bytes) = zip::open(path, file_path, array)?;
                (Packing::Archive, content, bytes)
            }
            None => {
                let (packing, content) = plain_or_gzipped(path)?;
                (packing, content, found.len())
            }
        };
        let mut source = Self {
            path: path.to_path_buf(),
            content: Cursor::new(Vec::new()).chain(rest),
            file_bytes,
            packing,
            taken_bytes: 0,
            record_bytes: 0,
            is_text: false,
        };
        let mut start = Vec::new();
        let (_, rest) = source.content.get_mut();
        let looked = rest.take(START_BYTES as u64).read_to_end(&mut start);
        source.taken_bytes = start.len() as u64;
        looked.map_err(|error| source.failed(error))?;
        source.taken_bytes = 0;
        *source.content.get_mut().0 = Cursor::new(start);
        Ok(source)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the content is not that of the file as it lies.
    pub fn is_packed(&self) -> bool {
        self.packing != Packing::Plain
    }

    /// The first [`START_BYTES`] of the content, or all of it; does not move on.
    pub fn start(&self) -> &[u8] {
        self.content.get_ref().0.get_ref()
    }

    /// How much of the content was taken.
    pub fn taken_bytes(&self) -> u64 {
        self.taken_bytes
    }

    /// How long the content can be, if it is text.
    pub fn most_text_bytes(&self) -> u64 {
        match self.packing {
            Packing::Gzip => {
                self.file_bytes.saturating_mul(MOST_TEXT_INFLATION).max(FREE_TEXT_BYTES)
            }
            _ => self.file_bytes,
        }
    }

    /// Fills `block` as far as the content goes; fewer bytes than asked for mean its end.
    pub fn read_block(&mut self, block: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < block.len() {
            match self.read(&mut block[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(filled)
    }

    /// Reads the next line, with its end, over what `line` holds. `false` at the content's end.
    pub fn read_line(&mut self, line: &mut Vec<u8>) -> Result<bool> {
        line.clear();
        let read = self.by_ref().take(MOST_RECORD_BYTES + 1).read_until(b'\n', line);
        let read = read.and_then(|count| {
            self.record_bytes = count as u64;
            self.check_text().map(|()| count > 0)
        });
        read.map_err(|error| self.failed(error))
    }

    /// From here on refuses records that do not end, and text that inflates beyond all that tables
    /// of numbers do.
    pub fn limit_text(&mut self) {
        self.is_text = true;
    }

    /// The next record begins here.
    pub fn begin_record(&mut self) {
        self.record_bytes = 0;
    }

    /// What a failed read of the content means.
    pub fn failed(&self, error: io::Error) -> Error {
        use io::ErrorKind::{FileTooLarge, InvalidData, InvalidInput, Other, UnexpectedEof};
        let format = match self.packing {
            Packing::Archive => "NPZ archive",
            _ => "gzip file",
        };
        let after = format!("after {} bytes of content", self.taken_bytes);
        match error.kind() {
            FileTooLarge => {
                let expected = "lines of numbers, none longer than 16 MiB";
                let hint = "is a quote left open, or is this no table? A gzipped table that is \
                            meant to be so large can be read after gunzip";
                Error::format(&self.path, "text file", expected, error.to_string(), hint)
            }
            UnexpectedEof if self.is_packed() => {
                let found = format!("its end {after}: the file is cut");
                Error::format(&self.path, format, "a whole compressed stream", found, CUT)
            }
            InvalidData | InvalidInput | Other if self.is_packed() => {
                let expected = "an undamaged compressed stream with a matching checksum";
                Error::format(&self.path, format, expected, format!("{error}, {after}"), CUT)
            }
            _ => Error::file(&self.path, "read")(error),
        }
    }

    fn check_text(&self) -> io::Result<()> {
        let most = self.most_text_bytes();
        let problem = if self.is_text && self.record_bytes > MOST_RECORD_BYTES {
            "a line that does not end".into()
        } else if self.is_text && self.packing == Packing::Gzip && self.taken_bytes > most {
            format!("{} bytes that inflate to more than {most}", self.file_bytes)
        } else {
            return Ok(());
        };
        Err(io::Error::new(io::ErrorKind::FileTooLarge, problem))
    }
}

fn plain_or_gzipped(path: &Path) -> Result<(Packing, Box<dyn BufRead>)> {
    let file = File::open(path).map_err(Error::file(path, "open"))?;
    let mut file = BufReader::with_capacity(1 << 16, file);
    let start = file.fill_buf().map_err(Error::file(path, "read"))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        let content = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file));
        return Ok((Packing::Gzip, Box::new(content)));
    }
    Ok((Packing::Plain, Box::new(file)))
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.taken_bytes += count as u64;
        self.record_bytes += count as u64;
        self.check_text().map(|()| count)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.content.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.taken_bytes += count as u64;
        self.content.consume(count);
    }
}
