//! Data from standard input (`-`) and from pipes: they are read more than once, so that they are
//! spooled to a file before the command runs. It lies in the cache of a run that is about to start,
//! else in the system's folder for temporary files.

use crate::arguments::{Command, TrainArguments};
use crate::output::call;
use anyhow::Result;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use unsmudge::Error;
use unsmudge::error::Place;
use unsmudge::run::{CACHE_NAME, Recipe, SETTINGS_NAME, cache_of_new};
use unsmudge::storage::write_durably_with;

/// What messages call it.
const STANDARD_INPUT: &str = "standard input";
/// The name of its file.
const SPOOLED_INPUT: &str = "standard-input";

/// Files that stand for pipes while a command runs.
pub struct Spooled {
    /// The folder of a run, and its file; it is kept where the run has started.
    in_run: Option<(PathBuf, PathBuf)>,
    _folder: Option<TempDir>,
}

impl Drop for Spooled {
    fn drop(&mut self) {
        if let Some((run, file)) = &self.in_run
            && !run.join(SETTINGS_NAME).exists()
        {
            // Best effort: the next attempt overwrites it.
            let _ = fs::remove_file(file);
        }
    }
}

/// Replaces `-` and pipes among the data of a command by files of what they give.
pub fn spool(command: &mut Command) -> Result<Spooled> {
    let run = run_of(command);
    let mut spooled = Spooled { in_run: None, _folder: None };
    let mut has_standard_input = false;
    for (number, path) in data_of(command).into_iter().enumerate() {
        let is_standard_input = path.as_os_str() == "-";
        if !is_standard_input && !is_pipe(path) {
            continue;
        }
        if is_standard_input && has_standard_input {
            let allowed = "once: standard input is read from front to back";
            return Err(Error::setting("DATA", "-", allowed).into());
        }
        has_standard_input |= is_standard_input;
        let name =
            if is_standard_input { STANDARD_INPUT.into() } else { path.display().to_string() };
        let folder = match (&run, &spooled._folder) {
            (Some(run), _) => cache_of_new(run)?,
            (None, Some(folder)) => folder.path().to_path_buf(),
            (None, None) => {
                let made = tempfile::Builder::new().prefix("unsmudge-").tempdir();
                let temporary = std::env::temp_dir();
                let made = made.map_err(Error::file(&temporary, "make a folder in"))?;
                spooled._folder.insert(made).path().to_path_buf()
            }
        };
        let file = folder.join(match (is_standard_input, number) {
            (true, _) => SPOOLED_INPUT.to_string(),
            (false, number) => format!("pipe-{}", number + 1),
        });
        if let Some(run) = &run {
            spooled.in_run = Some((run.clone(), file.clone()));
        }
        call(&file, &name);
        if is_standard_input {
            copy(&mut io::stdin().lock(), &name, &file)?;
        } else {
            let mut pipe = File::open(&*path).map_err(Error::file(path, "open"))?;
            copy(&mut pipe, &name, &file)?;
        }
        *path = file;
    }
    Ok(spooled)
}

/// Refuses to resume a run whose data came from standard input and are no longer there.
pub fn check_there(run: &Path) -> Result<()> {
    let settings = run.join(SETTINGS_NAME);
    if !settings.exists() {
        return Ok(());
    }
    let source = Recipe::read(&settings)?.data.source;
    if source.exists() || !source.ends_with(Path::new(CACHE_NAME).join(SPOOLED_INPUT)) {
        return Ok(());
    }
    let expected = "the data of the run, which came from standard input";
    let found = "none: they are removed when a run is finished";
    let hint = "its model is complete; train a new run on the data to change something";
    Err(Error::data(&source, Place::whole(), expected, found, hint).into())
}

/// The paths of the data that a command reads.
fn data_of(command: &mut Command) -> Vec<&mut PathBuf> {
    let of_use = |of: (_, _)| {
        let (source, beside): (&mut Option<PathBuf>, &mut Option<PathBuf>) = of;
        source.iter_mut().chain(beside).collect()
    };
    match command {
        Command::Describe(of) => vec![&mut of.file],
        Command::Train(of) => of_use((&mut of.data.source, &mut of.tuning.beside)),
        Command::Encode(of) => of_use((&mut of.use_of.data.source, &mut of.use_of.beside)),
        Command::Denoise(of) => of_use((&mut of.use_of.data.source, &mut of.use_of.beside)),
        Command::Predict(of) => of_use((&mut of.use_of.data.source, &mut of.use_of.beside)),
        Command::Evaluate(of) => of_use((&mut of.use_of.data.source, &mut of.use_of.beside)),
        Command::Impute(of) => vec![of.file.as_mut().unwrap_or(&mut of.source)],
        Command::Score(of) => vec![of.file.as_mut().unwrap_or(&mut of.source)],
        Command::Sample(of) => of.from.iter_mut().chain(&mut of.clamp).collect(),
        _ => Vec::new(),
    }
}

/// The folder of the run that a command starts.
fn run_of(command: &Command) -> Option<PathBuf> {
    match command {
        Command::Train(of) => {
            let TrainArguments { tabular, diffusion, out, .. } = &**of;
            (!tabular && !diffusion).then(|| out.clone())
        }
        _ => None,
    }
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_path: &Path) -> bool {
    false
}

/// Copies all of a pipe to a file.
fn copy(from: &mut dyn Read, name: &str, to: &Path) -> Result<()> {
    let mut n_bytes = 0;
    let mut failed = None;
    let mut block = vec![0; 1 << 16];
    write_durably_with(to, |file| {
        loop {
            match from.read(&mut block) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    n_bytes += count;
                    io::Write::write_all(file, &block[..count])?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    failed = Some(error);
                    return Ok(());
                }
            }
        }
    })?;
    if let Some(error) = failed {
        return Err(Error::file(Path::new(name), "read")(error).into());
    }
    if n_bytes == 0 {
        let hint = "the program that writes to the pipe wrote nothing: did it fail?";
        return Err(Error::data(Path::new(name), Place::whole(), "data", "none", hint).into());
    }
    Ok(())
}
