//! Codes of classes that a source names by text.

use std::collections::HashMap;

/// Names of classes and the codes they get, in order of appearance.
#[derive(Default)]
pub(super) struct Codes {
    names: Vec<String>,
    codes: HashMap<String, u32>, // of names, and of cells as they are written
}

impl Codes {
    /// The code of a cell.
    pub fn code(&mut self, cell: &str) -> u32 {
        if let Some(code) = self.codes.get(cell) {
            return *code;
        }
        let name = canonical(cell.trim());
        let next = self.names.len() as u32;
        let code = *self.codes.entry(name.to_string()).or_insert(next);
        if code == next {
            self.names.push(name.to_string());
        }
        self.codes.insert(cell.to_string(), code);
        code
    }

    /// The names, each at its code.
    pub fn into_names(self) -> Vec<String> {
        self.names
    }
}

/// `3.0` names the class 3: tables with a missing cell write whole numbers so.
fn canonical(name: &str) -> &str {
    match name.split_once('.') {
        Some((whole, zeros))
            if whole.parse::<i64>().is_ok() && zeros.bytes().all(|digit| digit == b'0') =>
        {
            whole
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_one_class_however_it_is_written() {
        let mut codes = Codes::default();
        let found: Vec<u32> =
            ["3", "3.0", " 3", "03", "x.0", "3.5"].map(|cell| codes.code(cell)).into();
        assert_eq!(found, [0, 0, 0, 1, 2, 3]);
        assert_eq!(codes.into_names(), ["3", "03", "x.0", "3.5"]);
    }
}
