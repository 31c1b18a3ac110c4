//! The one error type of the library: each variant carries the facts that disagree and where.
//! It is not a place for prose: `Display` says what is wrong, [`Error::hint`] what to do about it.

mod hint;

pub use hint::{Action, Hint, Wording};

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What every fallible function of the library returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can go wrong. Rows, columns and lines are counted from 1, as editors show them.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Two sizes that had to agree do not.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// The thing whose shape is wrong, for example `weights of the decoder`.
        what: String,
        /// The shape that fits.
        expected: String,
        /// The shape that came.
        found: String,
    },
    /// A setting with a value outside of what is allowed.
    #[error("setting `{name}` = {value}: allowed is {allowed}")]
    Setting {
        /// Name of the setting as it is written in settings.toml.
        name: String,
        /// The value that came, or the unknown word.
        value: String,
        /// The values that are allowed; may end with a suggestion.
        allowed: String,
        /// What to do, where there is more to say.
        hint: Hint,
    },
    /// A place in the data that cannot be used.
    #[error("{}: {place}expected {expected}, found {found}", .path.display())]
    Data {
        /// The file, or `<memory>` for data handed over in memory.
        path: PathBuf,
        /// The row, line or column, when there is one.
        place: Place,
        /// What a usable file has there.
        expected: String,
        /// What is there.
        found: String,
        /// What to do.
        hint: Hint,
    },
    /// A file that is not of the format it has to be, or is damaged.
    #[error("{}: not a usable {format}: expected {expected}, found {found}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The format it had to have, for example `IDX file` or `model file`.
        format: &'static str,
        /// What the format asks for.
        expected: String,
        /// What is there.
        found: String,
        /// What to do.
        hint: Hint,
    },
    /// The operating system refused a file operation.
    #[error("{}: cannot {action}: {source}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a verb: `read`, `write`, `rename`.
        action: &'static str,
        /// The system's own answer.
        source: io::Error,
    },
    /// A run folder that another process is writing to.
    #[error("{}: in use by {holder}", .path.display())]
    Busy {
        /// The run folder.
        path: PathBuf,
        /// The process that holds it, for example `process 4711`.
        holder: String,
    },
    /// A request that would need more memory than it may take.
    #[error("{what}: needs about {needed_bytes} bytes of memory, the limit is {limit_bytes}")]
    Memory {
        /// What would be allocated.
        what: String,
        /// The estimate, in bytes.
        needed_bytes: u64,
        /// The limit, in bytes.
        limit_bytes: u64,
    },
    /// Training left the numbers that can be computed with. The best weights so far are kept.
    #[error("training diverged in epoch {epoch}, batch {batch}: {tensor} {problem}")]
    Diverged {
        /// Epoch, counted from 1.
        epoch: u32,
        /// Batch within the epoch, counted from 1.
        batch: u32,
        /// The first tensor with the fault, for example `encoder.weights`, or `loss`.
        tensor: String,
        /// What it holds, for example `has a NaN at row 3, column 9`.
        problem: String,
    },
    /// A sample that is drawn step by step left the numbers that can be computed with.
    #[error("sample {chain} is not finite after step {step}")]
    Sampling {
        /// The sample, counted from 1.
        chain: u64,
        /// The step, counted from 1.
        step: usize,
    },
    /// One of several processes that train one model is lost, or does not belong to the others.
    #[error("rank {rank}: {problem}")]
    Rank {
        /// Its number, from 0.
        rank: usize,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        hint: Hint,
    },
    /// The observer asked to stop work that keeps no partial result.
    #[error("interrupted")]
    Interrupted,
}

/// Where in a data set: any of row (or line) and column, counted from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Line of a text file.
    pub line: Option<u64>,
    /// Row of the table: an example.
    pub row: Option<u64>,
    /// Column, by name where there is one, else by its number from 1.
    pub column: Option<String>,
}

impl Place {
    /// No place within the file: the file as a whole.
    pub fn whole() -> Self {
        Self::default()
    }

    /// A row of the table, counted from 1.
    pub fn row(row: u64) -> Self {
        Self { row: Some(row), ..Self::default() }
    }

    /// A cell of the table; `row` counted from 1.
    pub fn cell(row: u64, column: impl Into<String>) -> Self {
        Self { row: Some(row), column: Some(column.into()), line: None }
    }

    /// A line of a text file, counted from 1.
    pub fn line(line: u64) -> Self {
        Self { line: Some(line), ..Self::default() }
    }
}

impl fmt::Display for Place {
    /// Ends with `: ` unless empty, so that it can stand before a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(line) = self.line {
            parts.push(format!("line {line}"));
        }
        if let Some(row) = self.row {
            parts.push(format!("row {row}"));
        }
        if let Some(column) = &self.column {
            parts.push(format!("column {column}"));
        }
        if parts.is_empty() { Ok(()) } else { write!(f, "{}: ", parts.join(", ")) }
    }
}

impl Error {
    /// What the user can do about it, in one sentence.
    pub fn hint(&self) -> Option<Hint> {
        let hint = match self {
            Self::Data { hint, .. }
            | Self::Format { hint, .. }
            | Self::Setting { hint, .. }
            | Self::Rank { hint, .. } => hint.clone(),
            Self::Busy { .. } => {
                Hint::from("wait for it to end, or name another folder with ").argument("out")
            }
            Self::Memory { .. } => {
                "fewer hidden units, a smaller batch or fewer rows need less".into()
            }
            Self::Diverged { .. } => Hint::from("try a tenth of the learning rate (")
                .argument("rate")
                .text("), or ")
                .value("clip", "1"),
            Self::File { source, action, .. } => file_hint(source.kind(), action).into(),
            Self::Sampling { .. } => "train the model longer, or with a smaller rate".into(),
            Self::Shape { .. } | Self::Interrupted => Hint::default(),
        };
        (!hint.is_empty()).then_some(hint)
    }

    /// The same setting refused, with what to do.
    #[must_use]
    pub fn with_hint(mut self, text: Hint) -> Self {
        if let Self::Setting { hint, .. } = &mut self {
            *hint = text;
        }
        self
    }

    /// Shorthand for [`Error::File`] in `map_err`.
    pub fn file(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::File { path, action, source }
    }

    /// Shorthand for [`Error::Data`].
    pub fn data(
        path: &Path,
        place: Place,
        expected: impl fmt::Display,
        found: impl fmt::Display,
        hint: impl Into<Hint>,
    ) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        Self::Data { path: path.to_path_buf(), place, expected, found, hint: hint.into() }
    }

    /// Shorthand for [`Error::Format`].
    pub fn format(
        path: &Path,
        format: &'static str,
        expected: impl fmt::Display,
        found: impl fmt::Display,
        hint: impl Into<Hint>,
    ) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        Self::Format { path: path.to_path_buf(), format, expected, found, hint: hint.into() }
    }

    /// Shorthand for [`Error::Setting`].
    pub fn setting(name: &str, value: impl fmt::Display, allowed: impl Into<String>) -> Self {
        let (value, allowed) = (value.to_string(), allowed.into());
        Self::Setting { name: name.into(), value, allowed, hint: Hint::default() }
    }

    /// Shorthand for [`Error::Shape`].
    pub fn shape(what: &str, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self::Shape { what: what.into(), expected: expected.to_string(), found: found.to_string() }
    }
}

/// What to do when the system refused to do `action`; empty where nothing is to be said.
fn file_hint(kind: io::ErrorKind, action: &str) -> &'static str {
    match kind {
        io::ErrorKind::NotFound if matches!(action, "write" | "make durable") => {
            "the folder is not there, or was removed"
        }
        io::ErrorKind::NotFound => "check the spelling of the path",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "check who may read and write there"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "make room on the disk; nothing saved before is lost"
        }
        io::ErrorKind::IsADirectory => "name a file: this is a folder",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file is where a folder has to be"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_error_names_file_row_column_expected_and_found() {
        let error = Error::Data {
            path: "table.csv".into(),
            place: Place { line: Some(8), row: Some(7), column: Some("age".into()) },
            expected: "a number".into(),
            found: "\"old\"".into(),
            hint: "remove the column".into(),
        };
        assert_eq!(
            error.to_string(),
            "table.csv: line 8, row 7, column age: expected a number, found \"old\""
        );
        assert_eq!(error.hint(), Some("remove the column".into()));
    }
}
