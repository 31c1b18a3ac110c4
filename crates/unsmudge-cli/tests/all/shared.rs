//! A temporary folder to run the program in, and what came of it.

use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The arguments of a small problem.
pub const SMALL: [&str; 3] = ["problem:rect", "--size", "200,50,20"];

/// A temporary folder in which the program runs.
pub struct Folder(TempDir);

/// What a run of the program came to.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a finished run `run` of the small problem: 4 hidden units, 2 epochs.
    pub fn with_run() -> Self {
        let folder = Self::new();
        folder.train("run", &["--hidden", "4", "--epochs", "2", "--quiet"]).succeeded();
        folder
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn text(&self, name: impl AsRef<Path>) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    pub fn exists(&self, name: impl AsRef<Path>) -> bool {
        self.path(name).exists()
    }

    /// The names in a folder, sorted.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program, not started; one thread unless told otherwise.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unsmudge"));
        command.args(arguments).current_dir(self.0.path());
        for name in ["NO_COLOR", "CLICOLOR_FORCE", "UNSMUDGE_INSTRUCTION_SET"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Done {
        self.command(arguments).output().unwrap().into()
    }

    /// `train` on the small problem into `out`.
    pub fn train(&self, out: &str, more: &[&str]) -> Done {
        let start = ["train", "--out", out];
        self.run(start.iter().chain(&SMALL).chain(more))
    }

    /// A shell script in which `$UNSMUDGE` is the program.
    pub fn shell(&self, script: &str) -> Done {
        let mut command = Command::new("bash");
        command.args(["-c", script]).current_dir(self.0.path());
        command.env("UNSMUDGE", env!("CARGO_BIN_EXE_unsmudge")).stdin(Stdio::null());
        command.output().unwrap().into()
    }
}

impl From<Output> for Done {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Done {
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Failed with this exit code and exactly these words on standard error, none on the other.
    #[track_caller]
    pub fn failed(self, code: i32, stderr: &str) {
        assert_eq!(self.stderr, stderr);
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{self:?}");
    }

    /// Failed with this exit code; the first line starts as every failure does, and standard error
    /// has all of `words`.
    #[track_caller]
    pub fn failed_with(self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{self:?}");
        let is_told = |line: &str| line.starts_with("unsmudge: ");
        assert!(self.stderr.lines().any(is_told), "{}", self.stderr);
        self.says(words);
    }

    #[track_caller]
    pub fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.stderr.contains(word), "no `{word}` in: {}", self.stderr);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }

    /// Standard output, which must be one line with one JSON object.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}", self.stdout);
        let value: Value = serde_json::from_str(&self.stdout).unwrap();
        assert!(value.is_object(), "{value}");
        value
    }

    /// Standard error with speeds as `N`.
    pub fn timeless(&self) -> String {
        let lines = self.stderr.lines().map(|line| match line.split_once(" examples/s") {
            Some((start, end)) => {
                let start = start.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',');
                format!("{start}N examples/s{end}\n")
            }
            None => format!("{line}\n"),
        });
        lines.collect()
    }
}

/// Waits until `is_so`, for a minute at most: the machine may have other work.
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a signal by its name without SIG.
pub fn send(signal: &str, child: &Child) {
    let line = format!("kill -{signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
}

/// metrics.jsonl without its times.
pub fn timeless_metrics(text: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("seconds").unwrap();
        value
    });
    lines.collect()
}
