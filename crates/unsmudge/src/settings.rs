//! One definition per setting: its name, what it may be, its default, what it does and where it
//! applies. The keys of settings.toml, the flags of the command, the parameters of Python's
//! estimators and docs/settings.md come from it. It holds no values: see the settings of each
//! stage.

mod kind; // what a setting may be
mod data; // settings of the data
mod layer; // settings of a layer, and the learners
mod training; // settings of training and of the network
mod check; // of a whole settings file

pub use check::{check_keys, check_values};
pub use data::DATA;
pub use kind::{Kind, Range};
pub use layer::{JOINT, LAYER, LEARNERS, Learner};
pub use training::{NETWORK, TRAINING};

use crate::error::{Error, Hint, Result};
use toml::Value;

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its key in settings.toml, and its name in Python.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Its value where none is given.
    pub usual: Usual,
    /// What front ends put in place of `usual`.
    pub suggested: Option<&'static str>,
    /// What it does: a noun phrase without a full stop.
    pub doc: &'static str,
    /// More about it, in sentences: usual values, and what happens without one.
    pub more: &'static str,
    /// Which layers and stages one value is for.
    pub reach: Reach,
    /// The same setting of the fine-tuning, where front ends offer it: what it does there, and its
    /// usual value.
    pub tuned: Option<(&'static str, Usual)>,
    /// Other names by which people look for it, in lower case with underscores.
    pub aliases: &'static [&'static str],
    /// What stands before a number that was given in place of a text.
    pub number_is: Option<&'static str>,
}

/// The value of a setting where none is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usual {
    /// This one.
    Is(&'static str),
    /// What this phrase says, such as `by the data`.
    Told(&'static str),
    /// None: the setting has no effect.
    Nothing,
}

/// Which layers and stages of a run one value is for, where front ends take one for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All that have the setting.
    All,
    /// One value for each layer; as many values as layers.
    MakesLayers,
    /// One value for all layers, or one for each.
    PerLayer,
    /// The lowest layer: above it the value follows from the codes, or is the usual one.
    FirstLayer,
    /// Training of the layers.
    Layers,
    /// Training of the layers and of the joint stage.
    Denoising,
    /// Training of every stage.
    EveryStage,
}

impl Setting {
    /// A setting for all that have it, which has no effect where it is not given.
    const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            usual: Usual::Nothing,
            suggested: None,
            doc,
            more: "",
            reach: Reach::All,
            tuned: None,
            aliases: &[],
            number_is: None,
        }
    }

    const fn is(mut self, value: &'static str) -> Self {
        self.usual = Usual::Is(value);
        self
    }

    const fn told(mut self, phrase: &'static str) -> Self {
        self.usual = Usual::Told(phrase);
        self
    }

    const fn suggests(mut self, value: &'static str) -> Self {
        self.suggested = Some(value);
        self
    }

    const fn more(mut self, sentences: &'static str) -> Self {
        self.more = sentences;
        self
    }

    const fn reach(mut self, reach: Reach) -> Self {
        self.reach = reach;
        self
    }

    const fn tuned(mut self, doc: &'static str, usual: Usual) -> Self {
        self.tuned = Some((doc, usual));
        self
    }

    const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn number_is(mut self, start: &'static str) -> Self {
        self.number_is = Some(start);
        self
    }

    /// Checks the kind and the range of a value.
    ///
    /// # Errors
    /// [`Error::Setting`] under `name`, which says where the setting stands.
    pub fn check(&self, name: &str, value: &Value) -> Result<()> {
        self.kind.check(value).map_err(|allowed| {
            let refused = Error::setting(name, kind::shown(value), allowed);
            match (self.number_is, value.as_float()) {
                (Some(start), Some(number)) => {
                    let meant = format!("{start}{}", number as f32);
                    refused.with_hint(Hint::from("did you mean ").value(self.name, meant).text("?"))
                }
                _ => refused,
            }
        })
    }
}

/// The setting of this name.
pub fn find(settings: &[Setting], name: &str) -> Option<Setting> {
    settings.iter().find(|setting| setting.name == name).copied()
}

/// The setting of `settings` that is probably meant by a name that none of them has.
pub fn meant(word: &str, settings: &[Setting]) -> Option<Setting> {
    let word = word.to_lowercase().replace('-', "_");
    let alias = settings.iter().find(|setting| setting.aliases.contains(&word.as_str()));
    let most = word.chars().count().saturating_sub(1).min(3); // one letter is like any other
    let distance = |other: &&Setting| strsim::damerau_levenshtein(other.name, &word);
    let nearest = settings.iter().min_by_key(distance).filter(|other| distance(other) <= most);
    alias.or(nearest).copied()
}

/// Checks a whole number of the setting `name`.
///
/// # Errors
/// [`Error::Setting`] for one that is not in its range.
pub(crate) fn check_whole(settings: &[Setting], name: &str, value: u64) -> Result<()> {
    match find(settings, name) {
        Some(Setting { kind: kind @ Kind::Whole(least, most), .. })
            if !(least..=most).contains(&value) =>
        {
            Err(Error::setting(name, value, kind.allowed()))
        }
        _ => Ok(()),
    }
}

/// Checks a number of the setting `name`.
///
/// # Errors
/// [`Error::Setting`] for one that is not in its range.
pub(crate) fn check_number(settings: &[Setting], name: &str, value: f32) -> Result<()> {
    match find(settings, name) {
        Some(Setting { kind: kind @ Kind::Number(range), .. }) if !range.contains(value) => {
            Err(Error::setting(name, value, kind.allowed()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_allowed_and_names_are_told_apart() {
        for settings in [DATA, LAYER, TRAINING, NETWORK] {
            for (i, setting) in settings.iter().enumerate() {
                let usual = if let Usual::Is(usual) = setting.usual { Some(usual) } else { None };
                for text in usual.into_iter().chain(setting.suggested) {
                    let value = setting.kind.value(text);
                    assert!(setting.check(setting.name, &value).is_ok(), "{}", setting.name);
                }
                let others = &settings[i + 1..];
                assert!(others.iter().all(|other| other.name != setting.name), "{}", setting.name);
                let known = |alias: &&&str| settings.iter().any(|other| other.name == **alias);
                assert_eq!(setting.aliases.iter().find(known), None);
                assert!(!setting.doc.ends_with('.'), "{}", setting.doc);
            }
        }
    }

    #[test]
    fn names_that_fingers_type_lead_to_the_setting() {
        for (word, name) in [
            ("lr", "rate"),
            ("learning-rate", "rate"),
            ("batch_size", "batch"),
            ("epoch", "epochs"),
            ("weight-decay", "l2"),
            ("momentum", "optimizer"),
        ] {
            assert_eq!(meant(word, TRAINING).map(|setting| setting.name), Some(name), "{word}");
        }
        for (word, name) in [("hidden-dim", "n_hidden"), ("noise", "corruption")] {
            assert_eq!(meant(word, LAYER).map(|setting| setting.name), Some(name), "{word}");
        }
        assert!(meant("zzzzzzzzz", TRAINING).is_none());
    }
}
