//! A recipe: what data, what network, how trained; as settings.toml has it.

use crate::autoencoder::AutoencoderSettings;
use crate::error::{Error, Result};
use crate::source::DataSettings;
use crate::storage::read_whole;
use crate::train::TrainSettings;
use serde::{Deserialize, Serialize};
use std::path::Path;
use toml::{Table, Value};

/// Everything that decides what a run learns. Threads are no part of it: they change no bit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// What is learned from.
    pub data: DataSettings,
    /// What is learned.
    pub autoencoder: AutoencoderSettings,
    /// How.
    pub training: TrainSettings,
}

/// A larger settings file is none.
const MOST_BYTES: u64 = 1 << 20;

/// Every key there is, by table.
const KEYS: [(&str, &[&str]); 3] = [
    ("data", &["source", "valid", "size", "digits", "photos", "seed", "scaling"]),
    (
        "autoencoder",
        &["n_hidden", "tied", "activation", "loss", "decoder", "corruption", "emphasis"],
    ),
    (
        "training",
        &[
            "epochs",
            "batch",
            "optimizer",
            "rate",
            "schedule",
            "l2",
            "l1",
            "clip",
            "patience",
            "seed",
            "checkpoint_steps",
        ],
    ),
];

impl Recipe {
    /// Reads a settings file. Keys that are not there keep their usual values.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is no TOML or has a value of the wrong kind;
    /// [`Error::Setting`] for an unknown key, with the nearest known one; [`Error::File`].
    pub fn read(path: &Path) -> Result<Self> {
        let wrong = |found: String| Error::Format {
            path: path.to_path_buf(),
            format: "settings file",
            expected: "TOML with the tables [data], [autoencoder] and [training]".into(),
            found,
            hint: "`settings.toml` in any run folder is an example".into(),
        };
        let bytes = read_whole(path, MOST_BYTES)?;
        let text =
            String::from_utf8(bytes).map_err(|_| wrong("bytes that are not UTF-8".into()))?;
        let one_line = |error: &toml::de::Error| error.to_string().replace('\n', " ");
        let table: Table = text.parse().map_err(|error| wrong(one_line(&error)))?;
        check_keys(&table)?;
        toml::from_str(&text).map_err(|error| wrong(one_line(&error)))
    }

    /// The settings file of this recipe.
    ///
    /// # Errors
    /// [`Error::Setting`] for a path that is not UTF-8 or a seed from 2^63: TOML holds neither.
    pub fn text(&self) -> Result<String> {
        for (name, path) in [
            ("source", Some(&self.data.source)),
            ("digits", self.data.digits.as_ref()),
            ("photos", self.data.photos.as_ref()),
        ] {
            if let Some(path) = path.filter(|path| path.to_str().is_none()) {
                let allowed = "a path in UTF-8, to be recorded in settings.toml; a link will do";
                return Err(Error::setting(name, path.display(), allowed));
            }
        }
        // TOML holds whole numbers in 64 bits with a sign.
        if self.data.seed > i64::MAX as u64 {
            return Err(Error::setting(
                "seed",
                self.data.seed,
                "a whole number from 0 to 2^63 - 1",
            ));
        }
        let text = toml::to_string(self);
        text.map_err(|error| Error::setting("recipe", error, "what TOML can hold"))
    }
}

fn check_keys(table: &Table) -> Result<()> {
    let tables: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
    for (name, value) in table {
        let Some((_, keys)) = KEYS.iter().find(|(known, _)| known == name) else {
            return Err(unknown(name, &tables));
        };
        let Value::Table(table) = value else { continue };
        if let Some(key) = table.keys().find(|key| !keys.contains(&key.as_str())) {
            return Err(unknown(&format!("{name}.{key}"), keys));
        }
    }
    Ok(())
}

fn unknown(key: &str, known: &[&str]) -> Error {
    let word = key.rsplit('.').next().unwrap_or(key);
    let distance = |other: &&&str| strsim::damerau_levenshtein(other, word);
    let nearest = known.iter().min_by_key(distance).filter(|other| distance(other) <= 3);
    let meant = nearest.map_or(String::new(), |other| format!("; did you mean {other}?"));
    Error::setting(key, "(unknown)", format!("one of {}{meant}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Recipe> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, text).unwrap();
        Recipe::read(&path)
    }

    #[test]
    fn a_recipe_survives_a_round_trip_and_every_key_is_known() {
        let mut recipe = Recipe::default();
        recipe.data.source = "problem:basic".into();
        recipe.autoencoder.corruption = "masking:0.25".parse().unwrap();
        recipe.training.optimizer = Some("adam".parse().unwrap());
        recipe.training.clip = Some(1.5);
        assert_eq!(read(&recipe.text().unwrap()).unwrap(), recipe);
    }

    #[test]
    fn an_unknown_key_gets_the_nearest_known_one() {
        let error = read("[training]\nepoch = 3").unwrap_err().to_string();
        assert!(
            error.contains("training.epoch") && error.contains("did you mean epochs?"),
            "{error}"
        );
        let error = read("[traning]\nepochs = 3").unwrap_err().to_string();
        assert!(error.contains("did you mean training?"), "{error}");
    }

    #[test]
    fn values_of_the_wrong_kind_are_named() {
        for text in ["[training]\nepochs = \"many\"", "[training", "[autoencoder]\ntied = 3"] {
            let error = read(text).unwrap_err();
            assert!(matches!(error, Error::Format { .. }), "{error}");
        }
        let error = read("[autoencoder]\ncorruption = \"maskin:0.1\"").unwrap_err().to_string();
        assert!(error.contains("did you mean masking?"), "{error}");
    }
}
