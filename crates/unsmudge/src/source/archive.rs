//! Arrays of an NPZ archive by the names that people give them: `X` and `y`, or those with the name of
//! a part, `x_train`, `y_train`, `x_test`, `y_test`.

use crate::dataset::{Dataset, Splits};
use crate::error::{Error, Place, Result};
use crate::read::{Columns, Request, Role, array_path, arrays, read_beside, read_streaming};
use crate::schema::Schema;
use crate::source::DataSettings;
use crate::spill::Streaming;
use crate::text::listed;
use std::path::Path;

/// The words for each part in the names of its arrays.
const TRAIN: &[&str] = &["train", ""];
const VALID: &[&str] = &["valid", "val", "dev"];
const TEST: &[&str] = &["test"];

/// How names of arrays of rows, and of labels or targets, begin.
const ROWS: &[&str] = &["x", "images", "data"];
const TARGETS: &[&str] = &["y", "labels", "label", "targets", "target"];

/// Whether a path is that of an array in an archive that is there.
pub(super) fn holds(path: &Path) -> bool {
    // The file of such a path is all before the last colon.
    let file = path.to_str().and_then(|text| text.rsplit_once(".npz:"));
    file.is_some_and(|(file, _)| Path::new(&format!("{file}.npz")).is_file())
}

/// The array with one of these names for a part, in any case.
fn find<'a>(names: &'a [String], starts: &[&str], words: &[&str]) -> Option<&'a str> {
    let mut wanted = words.iter().flat_map(|word| starts.iter().map(move |start| (start, word)));
    wanted.find_map(|(start, word)| {
        let is_it = |name: &&String| {
            let name = name.to_ascii_lowercase();
            let rest = name.strip_prefix(start).map(|rest| rest.trim_start_matches('_'));
            let other = name.strip_suffix(start).map(|rest| rest.trim_end_matches('_'));
            rest == Some(word) || other == Some(word) && !word.is_empty()
        };
        names.iter().find(is_it).map(String::as_str)
    })
}

impl DataSettings {
    /// The parts of an archive whose arrays say by their names what they are; `None` for any other
    /// source.
    pub(super) fn archive_parts(
        &self,
        role: Role,
        known: Option<&Schema>,
        streaming: &Streaming,
    ) -> Result<Option<Splits>> {
        let Some(names) = arrays(&self.source)? else { return Ok(None) };
        let Some(train) = find(&names, ROWS, TRAIN) else { return Ok(None) };
        let part = |rows: &str, words: &[&str]| -> Result<Dataset> {
            let path = array_path(&self.source, rows);
            let settings = Some(&self.table);
            let read = |role| read_streaming(&path, Request { role, settings, known }, streaming);
            let own = match (role, &self.beside) {
                (Role::Labels(_) | Role::Numbers(_), Some(path)) => Some(path.clone()),
                (Role::Labels(Columns::Own) | Role::Numbers(Columns::Own), None) => {
                    let array =
                        find(&names, TARGETS, words).ok_or_else(|| self.no_targets(&names))?;
                    Some(array_path(&self.source, array))
                }
                _ => None,
            };
            match own {
                Some(path) => read_beside(read(Role::Inputs)?, &path, role),
                None => read(role),
            }
        };
        let others = [VALID, TEST].map(|words| Some((find(&names, ROWS, words)?, words)));
        let train = part(train, TRAIN)?;
        if others.iter().flatten().next().is_some() && self.beside.is_some() {
            let allowed = "only with one array of rows; this archive has several parts";
            return Err(Error::setting("beside", "given", allowed));
        }
        let [valid, test] = others.map(|other| {
            let Some((rows, words)) = other else { return Ok(None) };
            let found = part(rows, words)?;
            if (found.n_columns(), found.image()) != (train.n_columns(), train.image()) {
                let expected = format!("{} columns, as the training rows have", train.n_columns());
                let hint = "these are parts of different data sets";
                let path = array_path(&self.source, rows);
                return Err(Error::data(&path, Place::whole(), expected, found.n_columns(), hint));
            }
            Ok(Some(found))
        });
        Ok(Some(Splits { train, valid: valid?, test: test? }))
    }

    fn no_targets(&self, names: &[String]) -> Error {
        let hint = "name another array with beside: file.npz:NAME";
        let expected = "an array y of what is to be predicted";
        Error::data(&self.source, Place::whole(), expected, listed(names), hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_known_by_their_usual_names() {
        let names = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let keras = names(&["x_test", "x_train", "y_train", "y_test"]);
        assert_eq!(find(&keras, ROWS, TRAIN), Some("x_train"));
        assert_eq!(find(&keras, TARGETS, TEST), Some("y_test"));
        assert_eq!(find(&keras, ROWS, VALID), None);
        let medical = names(&["train_images", "val_images", "train_labels"]);
        assert_eq!(find(&medical, ROWS, TRAIN), Some("train_images"));
        assert_eq!(find(&medical, ROWS, VALID), Some("val_images"));
        let plain = names(&["y", "X"]);
        assert_eq!(
            (find(&plain, ROWS, TRAIN), find(&plain, TARGETS, TRAIN)),
            (Some("X"), Some("y"))
        );
        assert_eq!(find(&names(&["arr_0", "arr_1"]), ROWS, TRAIN), None);
    }
}
