//! `metrics.jsonl` of a run folder: one line of JSON an epoch, for people and their tools. What
//! resumes a run is its checkpoint.

use crate::error::{Error, Result};
use crate::event::Stage;
use crate::storage::DurableFile;
use crate::tensor_file::to_map;
use crate::train::Progress;
use serde_json::Value;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

/// The file, which only this process writes.
pub(super) struct Metrics {
    path: PathBuf,
    /// What this process has written, and how many lines; `None` before, and after a failure.
    written: Option<(File, usize)>,
}

impl Metrics {
    pub fn new(path: PathBuf) -> Self {
        Self { path, written: None }
    }

    /// Writes the epochs of all stages, durably: at first the whole file, so that it has no other,
    /// whatever an earlier process left there; then what is new.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn write<'a>(&mut self, stages: impl Iterator<Item = (Stage, &'a Progress)>) -> Result<()> {
        let n_written = self.written.as_ref().map_or(0, |(_, n_lines)| *n_lines);
        let epochs = stages.flat_map(|(stage, progress)| {
            let epochs = progress.history.iter().zip(&progress.seconds);
            epochs.map(move |(record, seconds)| (stage, record, seconds))
        });
        let lines = epochs.skip(n_written).map(|(stage, record, seconds)| {
            let mut line = to_map(record);
            line.insert("stage".into(), stage.to_string().into());
            line.insert("seconds".into(), (*seconds).into());
            Value::Object(line).to_string() + "\n"
        });
        let lines: Vec<String> = lines.collect();
        let (text, n_lines) = (lines.concat(), n_written + lines.len());
        let failed = Error::file(&self.path, "write");
        let file = match self.written.take() {
            Some((file, _)) if lines.is_empty() => file,
            Some((mut file, _)) => {
                let appended = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
                appended.map_err(failed)?;
                file
            }
            None => {
                let mut file = DurableFile::create(&self.path)?;
                file.write_all(text.as_bytes()).map_err(failed)?;
                file.commit()?
            }
        };
        self.written = Some((file, n_lines));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EpochRecord;
    use std::fs;

    /// A stage after some epochs.
    fn stage(k: usize, n_epochs: u32) -> (Stage, Progress) {
        let record = |epoch| EpochRecord {
            epoch,
            rate: 0.1,
            train_loss: 0.5,
            valid_loss: None,
            valid_error: None,
        };
        let history = (1..=n_epochs).map(record).collect();
        let seconds = vec![0.25; n_epochs as usize];
        (Stage::Layer(k), Progress { history, seconds, ..Progress::default() })
    }

    fn write(metrics: &mut Metrics, stages: &[(Stage, Progress)]) -> Result<()> {
        metrics.write(stages.iter().map(|(stage, progress)| (*stage, progress)))
    }

    #[test]
    fn lines_are_appended_and_the_file_is_written_anew_after_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics");
        let mut metrics = Metrics::new(path.clone());
        let lines = || {
            let text = fs::read_to_string(&path).unwrap();
            let line = |line: &str| {
                let line: Value = serde_json::from_str(line).unwrap();
                format!("{} {}", line["stage"].as_str().unwrap(), line["epoch"])
            };
            text.lines().map(line).collect::<Vec<_>>()
        };
        // An earlier process left another line.
        fs::write(&path, "{\"epoch\":9}\n").unwrap();
        write(&mut metrics, &[stage(1, 1)]).unwrap();
        assert_eq!(lines(), ["layer 1 1"]);
        // What is there is not written again.
        fs::write(&path, fs::read_to_string(&path).unwrap().replace("layer", "LAYER")).unwrap();
        write(&mut metrics, &[stage(1, 2), stage(2, 1)]).unwrap();
        write(&mut metrics, &[stage(1, 2), stage(2, 1)]).unwrap();
        assert_eq!(lines(), ["LAYER 1 1", "layer 1 2", "layer 2 1"]);
        // Open for reading only: as on a full disk, the write fails.
        metrics.written = Some((File::open(&path).unwrap(), 3));
        let error = write(&mut metrics, &[stage(1, 2), stage(2, 2)]).unwrap_err();
        assert!(error.to_string().contains("metrics: cannot write"), "{error}");
        write(&mut metrics, &[stage(1, 2), stage(2, 2)]).unwrap();
        assert_eq!(lines(), ["layer 1 1", "layer 1 2", "layer 2 1", "layer 2 2"]);
    }
}
