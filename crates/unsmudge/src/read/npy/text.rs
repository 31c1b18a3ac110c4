//! Arrays of text: the classes of rows by name.

use super::header::Letters;
use super::{FORMAT, HINT};
use crate::dataset::layout::Layout;
use crate::dataset::{Dataset, Storage};
use crate::error::{Error, Place, Result};
use crate::read::Role;
use crate::read::codes::Codes;
use crate::read::source::Source;
use crate::schema::Schema;
use crate::spill::Table;
use crate::spill::row_buffer::{check_rows, reserved};

impl Letters {
    /// A text without the zeros that fill it up; `None` for what is no text.
    fn text(self, bytes: &[u8]) -> Option<String> {
        let text = match self {
            Self::Bytes => String::from_utf8(bytes.to_vec()).ok()?,
            Self::CodePoints { big_endian } => {
                let (points, _) = bytes.as_chunks::<4>();
                let point = |point: [u8; 4]| {
                    if big_endian { u32::from_be_bytes(point) } else { u32::from_le_bytes(point) }
                };
                points.iter().map(|bytes| char::from_u32(point(*bytes))).collect::<Option<_>>()?
            }
        };
        Some(text.trim_end_matches('\0').to_string())
    }
}

/// Reads the classes: one text a row, of which `layout` has the bytes: n_examples x bytes, or
/// n_examples x 1 x bytes.
///
/// # Errors
/// [`Error::Format`] for more than one column, or a layout that does not fit the file;
/// [`Error::Data`] naming the row of a class without a name; what [`Role::places`] gives.
pub(super) fn read(
    mut source: Source,
    (layout, letters): (Layout, Letters),
    role: Role,
) -> Result<Table> {
    let path = source.path().to_path_buf();
    let ([(1..), bytes] | [(1..), 1, bytes]) = layout.shape[..] else {
        let found = layout.shape[..layout.shape.len() - 1].iter().map(u64::to_string);
        let found = format!("texts of the shape {}", found.collect::<Vec<_>>().join(" x "));
        return Err(Error::format(&path, FORMAT, "one text for each row", found, HINT));
    };
    role.places(None, 1, &path)?;
    let size = source.check_declared(&layout)?;
    check_rows(&path, layout.n_rows())?;
    let mut all = reserved(&path, size as usize)?;
    source.each_block(&layout, |block| {
        all.extend_from_slice(block);
        Ok(())
    })?;
    let mut codes = Codes::default();
    let mut classes = reserved(&path, layout.n_rows() as usize)?;
    for (row, bytes) in all.chunks_exact(bytes as usize).enumerate() {
        let wrong = |found: &str, hint: &str| {
            let place = Place { row: Some(row as u64 + 1), ..Place::whole() };
            Error::data(&path, place, "a class to predict", found, hint)
        };
        let text = letters.text(bytes);
        let text = text.ok_or_else(|| wrong("what is no text", "is the file damaged?"))?;
        if text.trim().is_empty() {
            return Err(wrong("an empty text", "remove the row, or fill in its class"));
        }
        classes.push(codes.code(&text));
    }
    let rows = Dataset::from_storage(Storage::Bytes(Vec::new()), classes.len(), Schema::new(0));
    let examples = rows.with_classes(classes, Some(codes.into_names()))?;
    Ok(Table { examples, is_split: true, hash: None })
}
