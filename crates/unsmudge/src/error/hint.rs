//! What to do about an error, as data: arguments and actions are named, not worded. It is no place
//! for the words of a front end: see [`Wording`].

use std::fmt;
use std::path::PathBuf;

/// What to do about an error, in one sentence. Settings, other arguments and actions in it are
/// data, so that each front end words them: the argument `scaling` with the value `unit` is
/// `--scaling unit` on a command line and `scaling="unit"` in Python.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hint {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Argument(&'static str, Option<String>),
    Action(Action),
}

/// Something that can be done with the program, which front ends call by different names.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Train on data into a new run folder.
    Train,
    /// Resume a run, in this folder where it is known.
    Resume(Option<PathBuf>),
    /// Show what a model consists of.
    Inspect,
    /// Describe a table, and write a schema file.
    Describe,
    /// Fill the missing cells of a table.
    Impute,
    /// Score the rows and cells of a table.
    Score,
    /// Draw samples from a model.
    Sample,
    /// Show an example of a search file.
    SearchExample,
}

/// How a front end words what a [`Hint`] names.
pub trait Wording {
    /// An argument or setting by its name, with a value to give it.
    fn argument(&self, name: &str, value: Option<&str>) -> String;
    /// What to call to do this.
    fn action(&self, action: &Action) -> String;
}

impl Hint {
    /// The same with `text` after it.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.parts.push(Part::Text(text.into()));
        self
    }

    /// The same with the name of an argument after it.
    #[must_use]
    pub fn argument(mut self, name: &'static str) -> Self {
        self.parts.push(Part::Argument(name, None));
        self
    }

    /// The same with an argument and its value after it.
    #[must_use]
    pub fn value(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parts.push(Part::Argument(name, Some(value.into())));
        self
    }

    /// The same with an action after it.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.parts.push(Part::Action(action));
        self
    }

    /// The same with another after it.
    #[must_use]
    pub fn then(mut self, other: &Self) -> Self {
        self.parts.extend(other.parts.iter().cloned());
        self
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The sentence in the words of a front end.
    pub fn worded(&self, wording: &dyn Wording) -> String {
        let word = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Argument(name, value) => wording.argument(name, value.as_deref()),
            Part::Action(action) => wording.action(action),
        };
        self.parts.iter().map(word).collect()
    }
}

impl From<&str> for Hint {
    fn from(text: &str) -> Self {
        Self::from(text.to_string())
    }
}

impl From<String> for Hint {
    fn from(text: String) -> Self {
        if text.is_empty() { Self::default() } else { Self::default().text(text) }
    }
}

/// The library's own words: settings as in settings.toml.
struct Plain;

impl Wording for Plain {
    fn argument(&self, name: &str, value: Option<&str>) -> String {
        match value {
            Some(value) if value.parse::<f64>().is_ok() => format!("{name} = {value}"),
            Some(value) => format!("{name} = \"{value}\""),
            None => name.into(),
        }
    }

    fn action(&self, action: &Action) -> String {
        match action {
            Action::Train => "training".into(),
            Action::Resume(_) => "resuming the run".into(),
            Action::Inspect => "inspecting the model".into(),
            Action::Describe => "describing the table".into(),
            Action::Impute => "filling missing cells".into(),
            Action::Score => "scoring rows".into(),
            Action::Sample => "drawing samples".into(),
            Action::SearchExample => "the guide to searches".into(),
        }
    }
}

impl fmt::Display for Hint {
    /// Settings are written as in settings.toml.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.worded(&Plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_worded_by_who_shows_it() {
        struct Flags;
        impl Wording for Flags {
            fn argument(&self, name: &str, value: Option<&str>) -> String {
                format!("--{name} {}", value.unwrap_or("X"))
            }
            fn action(&self, action: &Action) -> String {
                format!("{action:?}")
            }
        }
        let hint = Hint::from("use ").value("scaling", "unit").text(", or ").action(Action::Train);
        assert_eq!(hint.to_string(), "use scaling = \"unit\", or training");
        assert_eq!(hint.worded(&Flags), "use --scaling unit, or Train");
        assert!(Hint::from("").is_empty());
    }
}
