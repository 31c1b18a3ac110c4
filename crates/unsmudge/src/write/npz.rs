//! NPZ archives: ZIP files of arrays, as `numpy.savez` writes them. One array is written, as it comes;
//! the path of an array in an archive is `file.npz:NAME`.

use flate2::Crc;
use std::path::Path;

/// The name of an array that is written alone.
const NAME: &[u8] = b"X.npy";

/// First bytes of the header before a member, of its entry in the directory, and of what ends it.
pub(crate) const MEMBER: [u8; 4] = *b"PK\x03\x04";
pub(crate) const ENTRY: [u8; 4] = *b"PK\x01\x02";
pub(crate) const END: [u8; 4] = *b"PK\x05\x06";
pub(crate) const LONG_END: [u8; 4] = *b"PK\x06\x06";
pub(crate) const LONG_END_PLACE: [u8; 4] = *b"PK\x06\x07";

/// The extra field of sizes beyond 32 bits.
pub(crate) const LONG_SIZES: u16 = 1;

/// The version of the format that has [`LONG_SIZES`].
const VERSION: u16 = 45;
/// 1980-01-01: the same array gives the same bytes.
const DATE: u16 = (1 << 5) | 1;

/// Bytes of what stands before the array.
pub(crate) const START_BYTES: usize = 30 + NAME.len() + 20;

/// The archive that a path is in, and the name of the array in it: `file.npz:NAME`. A file that has
/// such a name itself is a file.
pub(crate) fn split(path: &Path) -> (&Path, Option<&str>) {
    const MARK: &str = ".npz:";
    let Some(text) = path.to_str() else { return (path, None) };
    match text.to_ascii_lowercase().rfind(MARK) {
        Some(place) if !path.exists() => {
            let (file, name) = text.split_at(place + MARK.len() - 1);
            (Path::new(file), Some(&name[1..]))
        }
        _ => (path, None),
    }
}

/// Whether the name of a file asks for an archive.
pub(crate) fn is_asked(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("npz"))
}

/// An archive of one array that is being written.
#[derive(Debug, Default)]
pub(crate) struct Archive {
    crc: Crc,
    n_bytes: u64,
}

impl Archive {
    /// Takes account of bytes of the array.
    pub fn add(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.n_bytes += bytes.len() as u64;
    }

    /// What stands before the array, [`START_BYTES`].
    pub fn start(&self) -> Vec<u8> {
        let mut bytes = MEMBER.to_vec();
        self.put_common(&mut bytes);
        bytes.extend(20_u16.to_le_bytes()); // of the extra field
        bytes.extend(NAME);
        self.put_sizes(&mut bytes, &[]);
        bytes
    }

    /// What follows the array: the directory, and its end.
    pub fn end(&self) -> Vec<u8> {
        let place = START_BYTES as u64 + self.n_bytes;
        let mut bytes = ENTRY.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        self.put_common(&mut bytes);
        bytes.extend(28_u16.to_le_bytes()); // of the extra field
        bytes.extend([0; 10]); // comment, disk, attributes
        bytes.extend(u32::MAX.to_le_bytes()); // place of the member: see the sizes
        bytes.extend(NAME);
        self.put_sizes(&mut bytes, &[0]);
        let directory_bytes = bytes.len() as u64;
        bytes.extend(LONG_END);
        bytes.extend(44_u64.to_le_bytes()); // of what follows
        bytes.extend([VERSION, VERSION].map(u16::to_le_bytes).concat());
        bytes.extend([0; 8]); // disks
        let numbers = [1, 1, directory_bytes, place];
        bytes.extend(numbers.map(u64::to_le_bytes).concat());
        bytes.extend(LONG_END_PLACE);
        bytes.extend([0; 4]);
        bytes.extend((place + directory_bytes).to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(END);
        bytes.extend([0; 4]); // disks
        bytes.extend([0xff; 12]); // counts, size and place: see the long end
        bytes.extend([0; 2]); // comment
        bytes
    }

    /// From the version to the length of the name.
    fn put_common(&self, bytes: &mut Vec<u8>) {
        let numbers = [VERSION, 0, 0, 0, DATE]; // no flags, not compressed, midnight
        bytes.extend(numbers.map(u16::to_le_bytes).concat());
        bytes.extend([self.crc.sum(), u32::MAX, u32::MAX].map(u32::to_le_bytes).concat());
        bytes.extend((NAME.len() as u16).to_le_bytes());
    }

    /// Both sizes, and more numbers, as an extra field.
    fn put_sizes(&self, bytes: &mut Vec<u8>, more: &[u64]) {
        let length = 16 + 8 * more.len() as u16;
        bytes.extend([LONG_SIZES, length].map(u16::to_le_bytes).concat());
        bytes.extend([self.n_bytes, self.n_bytes].map(u64::to_le_bytes).concat());
        more.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_in_an_archive_is_named_after_a_colon() {
        let split = |text: &'static str| split(Path::new(text));
        assert_eq!(split("a/b.npz:X"), (Path::new("a/b.npz"), Some("X")));
        assert_eq!(split("b.NPZ:x_train"), (Path::new("b.NPZ"), Some("x_train")));
        assert_eq!(split("b.npz"), (Path::new("b.npz"), None));
        assert_eq!(split("problem:rect"), (Path::new("problem:rect"), None));
        assert!(is_asked(Path::new("codes.NPZ")) && !is_asked(Path::new("npz")));
    }
}
