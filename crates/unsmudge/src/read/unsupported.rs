//! Files that are no data we read, told by their content, so that the refusal can name them. Never
//! opened further: a pickle, for one, could run code.

/// What the refusal of any other file says can be read.
pub(super) const READABLE: &str = "an IDX, NPY, NPZ, CSV, svmlight, MatrixMarket or amat file, plain or \
                                   gzipped, or a Parquet or Arrow file";

/// Start of a file, what such a file is, and how to get data out of it.
type Mark = (&'static [u8], &'static str, &'static str);

const NUMPY: &str = "open it in Python and save the numbers: numpy.save(path, array)";
const PANDAS: &str = "open it in Python and save the table: frame.to_csv(path, index=False)";
const UNPACK: &str = "unpack it and give the files in it";
const PICTURES: &str = "put the grey values of all pictures into one array (pictures x height x \
                        width) and save it: numpy.save(path, array)";
const UTF8: &str = "save the table as UTF-8";

const MARKS: [Mark; 31] = [
    (b"PAR1", "a Parquet file, which this program was built without", PANDAS),
    (b"ARROW1", "an Arrow file, which this program was built without", PANDAS),
    (b"FEA1", "a Feather file of version 1", PANDAS),
    (b"ORC", "an ORC file", PANDAS),
    (b"Obj\x01", "an Avro file", PANDAS),
    (b"SQLite format 3\0", "an SQLite database", PANDAS),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", NUMPY),
    (b"CDF\x01", "a NetCDF file", NUMPY),
    (b"MATLAB 5.0 MAT-file", "a MATLAB file", NUMPY),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", PANDAS),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", PICTURES),
    (b"\xff\xd8\xff", "a JPEG picture", PICTURES),
    (b"GIF8", "a GIF picture", PICTURES),
    (b"II*\0", "a TIFF picture", PICTURES),
    (b"MM\0*", "a TIFF picture", PICTURES),
    (b"RIFF", "a sound, video or WebP file", NUMPY),
    (b"%PDF-", "a PDF document", ""),
    (b"\x1f\x8b", "a gzip file within a gzip file", "unpack it with gunzip"),
    (b"BZh", "a bzip2 file", "unpack it with bunzip2"),
    (b"\xfd7zXZ\0", "an xz file", "unpack it with unxz"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "unpack it with unzstd"),
    (b"\x04\x22\x4d\x18", "an LZ4 file", "unpack it with unlz4"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"Rar!\x1a", "a RAR archive", UNPACK),
    (b"\x80\x02", "a Python pickle, which could run code", NUMPY),
    (b"\x80\x03", "a Python pickle, which could run code", NUMPY),
    (b"\x80\x04", "a Python pickle, which could run code", NUMPY),
    (b"\x80\x05", "a Python pickle, which could run code", NUMPY),
    (b"\xff\xfe", "text in UTF-16", UTF8),
    (b"\xfe\xff", "text in UTF-16", UTF8),
    (b"{", "a JSON file", PANDAS),
];

/// The name of what starts with `start` and what to do, when it is known and none of ours.
pub(super) fn name(start: &[u8]) -> Option<(&'static str, &'static str)> {
    // A column may be called PAR1: a mark of letters and digits counts in a binary file only.
    let is_word = |mark: &[u8]| mark.iter().all(u8::is_ascii_alphanumeric);
    let is_text = start.iter().take(64).all(|byte| is_text_byte(*byte));
    let is_marked = |mark: &[u8]| start.starts_with(mark) && !(is_text && is_word(mark));
    if let Some((_, name, hint)) = MARKS.iter().find(|(mark, _, _)| is_marked(mark)) {
        return Some((name, hint));
    }
    let contains = |word: &[u8]| start.windows(word.len()).any(|window| window == word);
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return Some(match () {
            () if contains(b"data.pkl") => ("a PyTorch file, which could run code", NUMPY),
            () if contains(b"[Content_Types].xml") => ("an Excel or Word file", PANDAS),
            () => ("a ZIP archive", UNPACK),
        });
    }
    if start.get(257..262) == Some(b"ustar") {
        return Some(("a tar archive", UNPACK));
    }
    if start.get(8) == Some(&b'{') && start.get(5..8) == Some(&[0, 0, 0]) {
        return Some(("a safetensors file, as models are", "give the data, not the model"));
    }
    // A protocol buffer: the version of ONNX, then who wrote it.
    if let [0x08, 1..=32, 0x12, ..] = start {
        return Some(("an ONNX model", "give the data, not the model"));
    }
    if let [first, 0, second, 0, ..] | [0, first, 0, second, ..] = start
        && is_text_byte(*first)
        && is_text_byte(*second)
    {
        return Some(("text in UTF-16", UTF8));
    }
    name_of_text(start)
}

fn name_of_text(start: &[u8]) -> Option<(&'static str, &'static str)> {
    let text = start.trim_ascii_start();
    let begins = |word: &str| {
        text.get(..word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    if begins("<!doctype") || begins("<html") || begins("<?xml") {
        return Some(("a web page or XML", "was the download refused? Look into the file"));
    }
    if begins("@relation") {
        return Some(("an ARFF file", PANDAS));
    }
    None
}

/// Whether this is no text: more control bytes than a damaged table has, or more bytes beyond ASCII
/// than Latin-1 has.
pub(super) fn is_binary(start: &[u8]) -> bool {
    let count = |is: fn(&u8) -> bool| start.iter().filter(|byte| is(byte)).count();
    let n_control = count(|byte| *byte < b' ' && !is_space(*byte));
    let n_beyond = count(|byte| *byte >= 0x80);
    // A character that the start's end cuts is no fault.
    let is_utf8 = std::str::from_utf8(start).map_or_else(|e| e.error_len().is_none(), |_| true);
    n_control * 20 > start.len() || !is_utf8 && n_beyond * 4 > start.len()
}

fn is_text_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() || is_space(byte)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_files_are_named_by_their_content() {
        for (start, word) in [
            (&b"PK\x03\x04 archive/data.pkl"[..], "PyTorch"),
            (b"PAR1\x15\x04", "Parquet"),
            (b"\x89PNG\r\n\x1a\n", "PNG"),
            (b"\x80\x04\x95", "pickle"),
            (b"\x40\0\0\0\0\0\0\0{\"a\"", "safetensors"),
            (b"\x08\x0a\x12\x08unsmudge", "ONNX"),
            (b"1\0,\x002\0", "UTF-16"),
            (b"\n<!DOCTYPE html>", "web page"),
        ] {
            assert!(name(start).is_some_and(|(name, _)| name.contains(word)), "{word}");
        }
        for table in [&b"a,b\n1,2\n"[..], b"PAR1,FEA1\n1,2\n", b"1 2 3\n", b"t,12:30\n", b""] {
            assert_eq!(name(table), None);
        }
    }
}
