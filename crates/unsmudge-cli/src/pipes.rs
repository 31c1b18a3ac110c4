//! Data from standard input (`-`) and from pipes: they are read more than once, so that they are
//! spooled to a file before the command runs. It lies in the cache of a run that is about to start,
//! else in the system's folder for temporary files: on Linux without a name, so that it is gone with
//! this process however that ends, SIGKILL included. Elsewhere a file cannot be opened anew without
//! its name, and a process that is killed leaves it behind.

use crate::arguments::{Command, TrainArguments};
use crate::output::call;
use anyhow::Result;
use std::fs::{self, File};
use std::io::{self, Read, Write};
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
    /// Files without a name.
    open: Vec<File>,
    folder: Option<TempDir>,
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
    let mut spooled = Spooled { in_run: None, open: Vec::new(), folder: None };
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
        let file_name = if is_standard_input {
            SPOOLED_INPUT.to_string()
        } else {
            format!("pipe-{}", number + 1)
        };
        let mut pipe: Box<dyn Read> = if is_standard_input {
            Box::new(io::stdin().lock())
        } else {
            Box::new(File::open(&*path).map_err(Error::file(path, "open"))?)
        };
        *path = match &run {
            Some(run) => {
                let file = cache_of_new(run)?.join(file_name);
                spooled.in_run = Some((run.clone(), file.clone()));
                copy_durably(&mut pipe, &name, &file)?;
                file
            }
            None => spooled.copy(&mut pipe, &name, &file_name)?,
        };
        call(path, &name);
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

/// The path by which this process opens an open file anew, from its start.
fn path_of_open(file: &File) -> Option<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        path.exists().then_some(path)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        None
    }
}

impl Spooled {
    /// Copies all of a pipe to a temporary file.
    fn copy(&mut self, pipe: &mut dyn Read, name: &str, file_name: &str) -> Result<PathBuf> {
        let temporary = std::env::temp_dir();
        let mut file = tempfile::tempfile().map_err(Error::file(&temporary, "make a file in"))?;
        if let Some(path) = path_of_open(&file) {
            let copied = copy(pipe, &mut file).map_err(Error::file(&temporary, "write to"))?;
            check(copied, name)?;
            self.open.push(file);
            return Ok(path);
        }
        let folder = match &self.folder {
            Some(folder) => folder,
            None => {
                let made = tempfile::Builder::new().prefix("unsmudge-").tempdir();
                self.folder.insert(made.map_err(Error::file(&temporary, "make a folder in"))?)
            }
        };
        let path = folder.path().join(file_name);
        copy_durably(pipe, name, &path)?;
        Ok(path)
    }
}

/// Copies all of a pipe to a file that stays.
fn copy_durably(pipe: &mut dyn Read, name: &str, to: &Path) -> Result<()> {
    let mut copied = Ok(0);
    write_durably_with(to, |file| {
        copied = copy(pipe, file)?;
        Ok(())
    })?;
    check(copied, name)
}

/// Copies all of a pipe: how many bytes these were, or why it could not be read.
fn copy(pipe: &mut dyn Read, to: &mut dyn Write) -> io::Result<io::Result<u64>> {
    let mut n_bytes = 0;
    let mut block = vec![0; 1 << 16];
    loop {
        match pipe.read(&mut block) {
            Ok(0) => return Ok(Ok(n_bytes)),
            Ok(count) => {
                n_bytes += count as u64;
                to.write_all(&block[..count])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// Refuses a pipe that could not be read, or gave nothing.
fn check(copied: io::Result<u64>, name: &str) -> Result<()> {
    if copied.map_err(Error::file(Path::new(name), "read"))? == 0 {
        let hint = "the program that writes to the pipe wrote nothing: did it fail?";
        return Err(Error::data(Path::new(name), Place::whole(), "data", "none", hint).into());
    }
    Ok(())
}
