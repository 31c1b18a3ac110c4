//! What a binary file's header says of the rows after it, held against what the file can hold
//! before anything is allocated for it, and against what then comes.

use crate::error::{Error, Result};
use crate::read::source::{CUT, Source};

/// Deflate writes at least one bit for 129 bytes (1032 to 1): beyond this a header lies.
const MOST_INFLATION: u64 = 1100;

/// What a header says that follows it: so many rows of so many bytes, and nothing else.
pub(in crate::read) struct DeclaredSize {
    /// The format, as [`Error::Format`] names it.
    pub format: &'static str,
    /// Bytes of the header itself.
    pub header_bytes: u64,
    /// Rows; at least one.
    pub n_rows: u64,
    /// Bytes of a row; at least one.
    pub row_bytes: u64,
}

impl DeclaredSize {
    fn expected(&self) -> String {
        format!("{} rows of {} bytes, as its header says", self.n_rows, self.row_bytes)
    }
}

impl Source {
    /// Refuses a declared that this file cannot keep, before anything is allocated for it.
    /// Returns the count of bytes promised.
    ///
    /// # Errors
    /// [`Error::Format`].
    pub fn check_declared(&self, declared: &DeclaredSize) -> Result<u64> {
        let size = declared.n_rows.checked_mul(declared.row_bytes);
        let whole = size.and_then(|size| size.checked_add(declared.header_bytes));
        let expected = declared.expected();
        let (Some(size), Some(whole)) = (size, whole) else {
            let found = format!("a file of {} bytes", self.file_bytes);
            return Err(self.format_error(declared.format, expected, found, CUT));
        };
        if self.is_gzipped {
            if whole > self.file_bytes.saturating_mul(MOST_INFLATION) {
                let found = format!("{} bytes, which cannot inflate to that many", self.file_bytes);
                return Err(self.format_error(declared.format, expected, found, CUT));
            }
        } else if whole > self.file_bytes {
            let found_bytes = self.file_bytes.saturating_sub(declared.header_bytes);
            return Err(self.cut(declared, found_bytes));
        } else if whole < self.file_bytes {
            return Err(self.trailing(declared, &format!("{} bytes", self.file_bytes - whole)));
        }
        Ok(size)
    }

    /// The error for content that ends after `found_bytes` of what was promised.
    pub fn cut(&self, declared: &DeclaredSize, found_bytes: u64) -> Error {
        let expected = declared.expected();
        let row = found_bytes / declared.row_bytes + 1;
        let found = format!("its end in row {row}, after {found_bytes} bytes of rows");
        self.format_error(declared.format, expected, found, CUT)
    }

    /// Checks that the content ends here, which also checks a gzip file's checksum.
    ///
    /// # Errors
    /// [`Error::Format`] when there is more, or the checksum is wrong.
    pub fn expect_end(&mut self, declared: &DeclaredSize) -> Result<()> {
        match self.read_block(&mut [0])? {
            0 => Ok(()),
            _ => Err(self.trailing(declared, "more bytes")),
        }
    }

    fn trailing(&self, declared: &DeclaredSize, more: &str) -> Error {
        let DeclaredSize { n_rows, row_bytes, .. } = declared;
        let expected = format!("its end after {n_rows} rows of {row_bytes} bytes");
        let hint = "the header and the rows do not belong together: write the file again";
        self.format_error(declared.format, expected, format!("{more} after them"), hint)
    }
}
