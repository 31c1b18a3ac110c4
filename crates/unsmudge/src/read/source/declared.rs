//! What the header of a binary file declares of the rows after it: checked against what the file can
//! hold before anything is allocated for it, and against what then comes.

use crate::dataset::layout::Layout;
use crate::error::{Error, Result};
use crate::read::source::{Packing, Source};
use crate::read::zip::{CUT, MOST_INFLATION};

/// Bytes read at once; a multiple of every number's size.
pub(in crate::read) const BLOCK_BYTES: usize = 1 << 16;

impl Source {
    /// Refuses declared rows that this file cannot hold, before anything is allocated for them.
    /// Returns their bytes.
    pub fn check_declared(&self, layout: &Layout) -> Result<u64> {
        let size = layout.n_rows().checked_mul(layout.row_bytes());
        let whole = size.and_then(|size| size.checked_add(layout.header_bytes));
        let (Some(size), Some(whole)) = (size, whole) else {
            let found = format!("a file of {} bytes", self.file_bytes);
            return Err(Error::format(&self.path, layout.format, expected(layout), found, CUT));
        };
        if self.packing == Packing::Gzip {
            if whole > self.file_bytes.saturating_mul(MOST_INFLATION) {
                let found = format!("{} bytes, which cannot inflate to that many", self.file_bytes);
                return Err(Error::format(&self.path, layout.format, expected(layout), found, CUT));
            }
        } else if whole > self.file_bytes {
            let found_bytes = self.file_bytes.saturating_sub(layout.header_bytes);
            return Err(self.cut(layout, found_bytes));
        } else if whole < self.file_bytes {
            return Err(self.trailing(layout, &format!("{} bytes", self.file_bytes - whole)));
        }
        Ok(size)
    }

    /// Calls `take` with the bytes of all declared rows in order, [`BLOCK_BYTES`] at a time. Then
    /// the content has to end, which also checks the checksum of a gzip file.
    pub fn each_block(
        &mut self,
        layout: &Layout,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let size = (layout.n_rows() * layout.row_bytes()) as usize; // checked against the file
        let mut block = vec![0; BLOCK_BYTES.min(size)];
        for before in (0..size).step_by(BLOCK_BYTES) {
            let wanted = BLOCK_BYTES.min(size - before);
            let found = self.read_block(&mut block[..wanted])?;
            if found < wanted {
                return Err(self.cut(layout, (before + found) as u64));
            }
            take(&block[..wanted])?;
        }
        match self.read_block(&mut [0])? {
            0 => Ok(()),
            _ => Err(self.trailing(layout, "more bytes")),
        }
    }

    /// The error for content that ends after `found_bytes` of the declared rows.
    fn cut(&self, layout: &Layout, found_bytes: u64) -> Error {
        let row = found_bytes / layout.row_bytes() + 1;
        let found = format!("its end in row {row}, after {found_bytes} bytes of rows");
        Error::format(&self.path, layout.format, expected(layout), found, CUT)
    }

    fn trailing(&self, layout: &Layout, more: &str) -> Error {
        let (n_rows, row_bytes) = (layout.n_rows(), layout.row_bytes());
        let expected = format!("its end after {n_rows} rows of {row_bytes} bytes");
        let hint = "the header and the rows do not belong together: write the file again";
        Error::format(&self.path, layout.format, expected, format!("{more} after them"), hint)
    }
}

fn expected(layout: &Layout) -> String {
    let (n_rows, row_bytes) = (layout.n_rows(), layout.row_bytes());
    format!("{n_rows} rows of {row_bytes} bytes, as its header says")
}
