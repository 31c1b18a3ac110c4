//! What tells data sets apart.

use super::Dataset;
use crate::error::Result;
use crate::schema::ColumnKind;
use crate::tensor_file::hexadecimal;
use sha2::{Digest, Sha256};

/// SHA-256 of shapes, cells, what is to be predicted, and weights.
pub(crate) fn fingerprint(parts: &[Option<&Dataset>]) -> Result<String> {
    let mut hash = Sha256::new();
    let floats = |hash: &mut Sha256, values: &[f32]| {
        for values in values.chunks(1 << 14) {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            hash.update(bytes);
        }
    };
    for examples in parts.iter().flatten() {
        hash.update((examples.n_rows() as u64).to_le_bytes());
        hash.update((examples.n_columns() as u64).to_le_bytes());
        for (column, offset) in examples.schema().offsets() {
            hash.update((column as u64).to_le_bytes());
            hash.update(offset.to_le_bytes());
        }
        for (column, special) in examples.schema().special_columns() {
            if special.kind != ColumnKind::Number {
                hash.update((column as u64).to_le_bytes());
                hash.update(serde_json::to_vec(&special.kind).unwrap_or_default());
            }
        }
        let are_bytes = examples.is_bytes();
        hash.update(if are_bytes { &b"bytes"[..] } else { b"floats" });
        examples.each_block(|_, values| {
            match are_bytes {
                true => hash.update(values.iter().map(|v| *v as u8).collect::<Vec<u8>>()),
                false => floats(&mut hash, values),
            }
            Ok(())
        })?;
        if let Some(labels) = examples.classes() {
            hash.update(b"labels");
            labels.iter().for_each(|label| hash.update(label.to_le_bytes()));
        }
        if let Some(values) = examples.values() {
            hash.update(b"values");
            floats(&mut hash, values.values());
        }
        if !examples.weights().is_empty() {
            hash.update(b"weights");
            floats(&mut hash, examples.weights());
        }
    }
    Ok(hexadecimal(&hash.finalize()))
}
