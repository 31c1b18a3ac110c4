//! What the messages of an Arrow file promise, checked before the library allocates memory for it.

use arrow_ipc::reader::read_footer_length;
use arrow_ipc::{Block, Message, root_as_footer, root_as_message};
use arrow_schema::ArrowError;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// Cells that repeat shrink much: a compressed file may hold this many times its size, or what is
/// little in any case.
const MOST_INFLATION: u64 = 1000;
const FREE_BYTES: u64 = 64 << 20;

/// Before the length of a message's metadata.
const CONTINUATION: [u8; 4] = [0xff; 4];

type Result<T> = std::result::Result<T, ArrowError>;

/// Checks the blocks of a file, which its footer lists.
pub fn check_file(file: &mut File) -> Result<()> {
    let n_bytes = file.metadata()?.len();
    let mut end = [0; 10];
    let at = n_bytes.checked_sub(end.len() as u64).ok_or_else(|| wrong("no footer"))?;
    read_at(file, at, &mut end)?;
    let length = read_footer_length(end)?;
    let start = at.checked_sub(length as u64);
    let start = start.ok_or_else(|| wrong("a footer that is longer than the file"))?;
    let mut footer = vec![0; length];
    read_at(file, start, &mut footer)?;
    let footer = root_as_footer(&footer).map_err(|_| wrong("a damaged footer"))?;
    let lists = [footer.dictionaries(), footer.recordBatches()];
    let blocks: Vec<Block> = lists.into_iter().flatten().flatten().copied().collect();
    for block in blocks {
        let start = u64::try_from(block.offset()).map_err(|_| wrong("a negative offset"))?;
        let promised = check_message(file, start, n_bytes)?;
        let lengths = [i64::from(block.metaDataLength()), block.bodyLength()];
        let ends = lengths.iter().try_fold(start, |sum, part| sum.checked_add_signed(*part));
        if promised.is_none() || ends.is_none_or(|end| end > n_bytes) {
            return Err(wrong("a block of rows beyond the end of the file"));
        }
    }
    file.rewind()?;
    Ok(())
}

/// Checks the messages of a stream, one after the other.
pub fn check_stream(file: &mut File) -> Result<()> {
    let n_bytes = file.metadata()?.len();
    let mut at = 0;
    while at < n_bytes {
        match check_message(file, at, n_bytes)? {
            Some(end) => at = end,
            None => break,
        }
    }
    file.rewind()?;
    Ok(())
}

/// Checks the message at `at`. Returns where it ends; `None` for the mark of the last.
fn check_message(file: &mut File, at: u64, n_bytes: u64) -> Result<Option<u64>> {
    let mut start = [0; 8];
    read_at(file, at, &mut start)?;
    let [length, first] = match start.starts_with(&CONTINUATION) {
        true => [u32::from_le_bytes([start[4], start[5], start[6], start[7]]), 8],
        // As before version 0.15.
        false => [u32::from_le_bytes([start[0], start[1], start[2], start[3]]), 4],
    };
    if length == 0 {
        return Ok(None);
    }
    let body = at + u64::from(first) + u64::from(length);
    if body > n_bytes {
        return Err(wrong("a message beyond the end of the file"));
    }
    let mut message = vec![0; length as usize];
    read_at(file, at + u64::from(first), &mut message)?;
    let message = root_as_message(&message).map_err(|_| wrong("a damaged message"))?;
    let end = body.checked_add_signed(message.bodyLength()).filter(|end| *end <= n_bytes);
    let end = end.ok_or_else(|| wrong("rows beyond the end of the file"))?;
    check_buffers(file, &message, body..end, n_bytes)?;
    Ok(Some(end))
}

/// Checks where buffers say that they are, and how long compressed ones say that they are.
fn check_buffers(file: &mut File, message: &Message, body: Range<u64>, n_bytes: u64) -> Result<()> {
    let dictionary = message.header_as_dictionary_batch();
    let batch = message.header_as_record_batch().or(dictionary.and_then(|of| of.data()));
    let Some(batch) = batch else { return Ok(()) };
    for buffer in batch.buffers().into_iter().flatten() {
        let lies_in = |n: i64| u64::try_from(n).ok().filter(|n| *n <= body.end - body.start);
        let both = lies_in(buffer.offset()).zip(lies_in(buffer.length()));
        let start = both.filter(|(offset, length)| body.start + offset + length <= body.end);
        let (offset, length) = start.ok_or_else(|| wrong("cells beyond the end of their rows"))?;
        if batch.compression().is_none() || length < 8 {
            continue;
        }
        let mut length = [0; 8];
        read_at(file, body.start + offset, &mut length)?;
        // -1: it is not compressed.
        let length = i64::from_le_bytes(length);
        let most = n_bytes.saturating_mul(MOST_INFLATION).max(FREE_BYTES);
        if length < -1 || u64::try_from(length).is_ok_and(|length| length > most) {
            return Err(wrong("cells that inflate to more than any file of its size does"));
        }
    }
    Ok(())
}

fn read_at(file: &mut File, at: u64, bytes: &mut [u8]) -> Result<()> {
    file.seek(SeekFrom::Start(at))?;
    match file.read_exact(bytes) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(wrong("its end")),
        other => Ok(other?),
    }
}

fn wrong(found: &str) -> ArrowError {
    ArrowError::ParseError(found.into())
}
