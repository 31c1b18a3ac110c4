//! Converts the library's errors: ValueError for invalid arguments, the matching OSError for files,
//! the package's own classes for the rest.

use pyo3::exceptions::{PyKeyboardInterrupt, PyOSError, PyValueError};
use pyo3::prelude::*;
use unsmudge::Error;
use unsmudge::error::{Action, Wording};
use unsmudge::settings::{DATA, Kind, LAYER, NETWORK, TRAINING, find};

/// Names of the classes in `unsmudge.errors`.
const CLASSES: &str = "unsmudge.errors";

/// Converts an error of the library, with its hint.
pub fn to_python(py: Python<'_>, error: Error) -> PyErr {
    let problem = match &error {
        Error::Setting { name, value, allowed, .. } => {
            format!("{}: allowed is {allowed}", parameter(name, value))
        }
        other => other.to_string(),
    };
    let text = match error.hint() {
        Some(hint) => format!("{problem}; {}", hint.worded(&Parameters)),
        None => problem,
    };
    match error {
        Error::Shape { .. } | Error::Setting { .. } | Error::Data { .. } => {
            PyValueError::new_err(text)
        }
        Error::File { path, action, source } => match source.raw_os_error() {
            Some(code) => {
                let text = format!("cannot {action}: {source}");
                PyOSError::new_err((code, text, path.into_os_string()))
            }
            None => std::io::Error::new(source.kind(), text).into(),
        },
        Error::Format { .. } => own(py, "FormatError", text),
        Error::Memory { .. } => own(py, "MemoryLimitError", text),
        Error::Diverged { .. } => own(py, "DivergedError", text),
        Error::Interrupted => PyKeyboardInterrupt::new_err(()),
        _ => own(py, "UnsmudgeError", text),
    }
}

/// A class of `unsmudge.errors`, written in Python since it has two base classes.
fn own(py: Python<'_>, name: &str, text: String) -> PyErr {
    let class = py.import(CLASSES).and_then(|module| module.getattr(name));
    match class.and_then(|class| class.call1((text,))) {
        Ok(error) => PyErr::from_value(error),
        Err(error) => error,
    }
}

/// Hints in the words of Python: parameters and attributes, and commands where only the command can
/// do it.
struct Parameters;

impl Wording for Parameters {
    fn argument(&self, name: &str, value: Option<&str>) -> String {
        match value {
            Some(value) if value.parse::<f64>().is_ok() => format!("{name}={value}"),
            Some(value) => format!("{name}={value:?}"),
            None => name.into(),
        }
    }

    fn action(&self, action: &Action) -> String {
        match action {
            Action::Train => "the command `unsmudge train`".into(),
            Action::Resume(_) => "the command `unsmudge resume`".into(),
            Action::Inspect => "`feature_names_in_`".into(),
            Action::Describe => "the command `unsmudge describe`".into(),
            Action::Impute => "`DenoisingImputer`".into(),
            Action::Score => "`DenoisingOutlierDetector`".into(),
            Action::Sample => "`DenoisingDiffusion`".into(),
            Action::SearchExample => "the command `unsmudge search --help`".into(),
            other => format!("{other:?}"),
        }
    }
}

/// A refused setting as its parameter with the value: `layer.1.training.rate` and -1 are `rate=-1`.
fn parameter(name: &str, value: &str) -> String {
    let (stage, last) = name.rsplit_once('.').unwrap_or(("", name));
    let setting = [DATA, LAYER, TRAINING, NETWORK].iter().find_map(|settings| find(settings, last));
    let is_tuned = find(TRAINING, last).is_some_and(|setting| setting.tuned.is_some());
    let parameter = match (stage, last) {
        (_, "seed") => "random_state".into(),
        (_, "threads") => "n_jobs".into(),
        ("joint.training", "epochs") => "joint_epochs".into(),
        ("network.training", _) if is_tuned => format!("tune_{last}"),
        _ => last.to_string(),
    };
    let is_text = setting.is_some_and(|setting| {
        !matches!(setting.kind, Kind::Other(_)) && value.parse::<f64>().is_err()
    });
    match value {
        "true" => format!("{parameter}=True"),
        "false" => format!("{parameter}=False"),
        _ if is_text && !value.starts_with(['(', '[', '{']) => format!("{parameter}='{value}'"),
        _ => format!("{parameter}={value}"),
    }
}
