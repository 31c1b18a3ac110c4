//! A recipe: what data, what network, how trained; as settings.toml has it.

use crate::error::{Error, Result};
use crate::event::Stage;
use crate::network::FineTuning;
use crate::settings::{check_keys, check_values};
use crate::source::DataSettings;
use crate::stack::{JointTraining, LayerSettings, StackSettings};
use crate::storage::read_whole;
use crate::train::TrainSettings;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use toml::Table;

/// Everything that determines the result of a run. The context does not: it changes no bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// A model file whose stack is taken over, learned as it is, in place of layers of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<PathBuf>,
    /// What is learned from.
    pub data: DataSettings,
    /// The layers of the stack, lowest first, each with settings of its own.
    #[serde(rename = "layer", skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerSettings>,
    /// The layers learn on together; without it each keeps what it learned alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joint: Option<JointTraining>,
    /// The fine-tuning of a network that predicts; without it nothing is predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<FineTuning>,
}

impl Default for Recipe {
    fn default() -> Self {
        let layers = vec![LayerSettings::default()];
        let data = DataSettings::default();
        Self { start: None, data, layers, joint: None, network: None }
    }
}

/// A larger settings file is none.
const MOST_BYTES: u64 = 1 << 20;

impl Recipe {
    /// Reads a settings file. Keys that are not there keep their usual values.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is no TOML or has a value of the wrong kind;
    /// [`Error::Setting`] for an unknown key, with the nearest known one; [`Error::File`].
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = read_whole(path, MOST_BYTES)?;
        let text = String::from_utf8(bytes);
        Self::parse(&text.map_err(|_| wrong(path)("bytes that are not UTF-8".into()))?, path)
    }

    /// Reads the text of a settings file. `path` is its origin, for errors.
    ///
    /// # Errors
    /// As [`Recipe::read`].
    ///
    /// # Example
    /// ```
    /// use unsmudge::event::Stage;
    /// use unsmudge::run::Recipe;
    ///
    /// let text = "[[layer]]\nn_hidden = 64\n[[layer]]\nn_hidden = 32";
    /// let recipe = Recipe::parse(text, "settings.toml".as_ref())?;
    /// assert_eq!(recipe.stages(), [Stage::Layer(1), Stage::Layer(2)]);
    /// let error = Recipe::parse("[[layer]]\nn_hiden = 64", "settings.toml".as_ref()).unwrap_err();
    /// assert!(error.to_string().contains("did you mean n_hidden?"));
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        let wrong = wrong(path);
        let one_line = |error: &toml::de::Error| error.to_string().replace('\n', " ");
        let table: Table = text.parse().map_err(|error| wrong(one_line(&error)))?;
        check_keys(&table)?;
        let recipe: Self = toml::from_str(text).map_err(|error| wrong(one_line(&error)))?;
        Ok(recipe.with_layers_of(&table))
    }

    /// Reads settings that are no text: those of a program.
    ///
    /// # Errors
    /// [`Error::Setting`] for an unknown key, with the nearest known one, and for a value of the
    /// wrong kind or out of its range.
    pub fn from_table(table: Table) -> Result<Self> {
        check_keys(&table)?;
        check_values(&table)?;
        let recipe: Self = table.clone().try_into().map_err(|error: toml::de::Error| {
            Error::setting("settings", error.message(), "what settings.toml can hold")
        })?;
        Ok(recipe.with_layers_of(&table))
    }

    /// The settings as the tables of settings.toml.
    ///
    /// # Errors
    /// As [`Recipe::text`].
    pub fn table(&self) -> Result<Table> {
        let text = self.text()?;
        text.parse().map_err(|error| Error::setting("settings", error, "what TOML can hold"))
    }

    /// Without the usual layer where layers come from a model.
    fn with_layers_of(mut self, table: &Table) -> Self {
        if self.start.is_some() && !table.contains_key("layer") {
            self.layers.clear();
        }
        self
    }

    /// What is learned, in order.
    pub fn stages(&self) -> Vec<Stage> {
        let layers = (1..=self.layers.len()).map(Stage::Layer);
        let joint = self.joint.iter().map(|_| Stage::Joint);
        layers.chain(joint).chain(self.network.iter().map(|_| Stage::Network)).collect()
    }

    /// The training of each stage, in order.
    pub(crate) fn trainings(&mut self) -> impl Iterator<Item = (Stage, &mut TrainSettings)> {
        let stages = self.stages().into_iter();
        let layers = self.layers.iter_mut().map(|layer| &mut layer.training);
        let joint = self.joint.iter_mut().map(|joint| &mut joint.training);
        let network = self.network.iter_mut().map(|network| &mut network.training);
        stages.zip(layers.chain(joint).chain(network))
    }

    /// Checks what the stages say of each other.
    ///
    /// # Errors
    /// [`Error::Setting`] for no layer at all, for layers whose inputs cannot be in the range that
    /// they need, for 0 epochs where nothing is learned afterwards.
    pub fn check(&self) -> Result<()> {
        match &self.start {
            None => StackSettings { layers: self.layers.clone() }.check()?,
            Some(path) if !self.layers.is_empty() => {
                let allowed = "a model without layers beside it: its own are taken over";
                return Err(Error::setting("start", path.display(), allowed));
            }
            Some(path) if self.stages().is_empty() => {
                let allowed = "a model and labels to predict, or a joint stage: else nothing is \
                               left to train";
                return Err(Error::setting("start", path.display(), allowed));
            }
            Some(_) => {
                if let Some(scaling) = self.data.scaling {
                    let allowed = "none beside start: the scaling of that model is used";
                    return Err(Error::setting("data.scaling", scaling, allowed));
                }
            }
        }
        for (k, layer) in self.layers.iter().enumerate() {
            self.within(Stage::Layer(k + 1), "training.", layer.training.check())?;
            if layer.training.epochs == Some(0) && self.joint.is_none() && self.network.is_none() {
                let allowed =
                    "a whole number from 1; 0 only with labels to predict, or a joint stage";
                let refused = Err(Error::setting("epochs", 0, allowed));
                return self.within(Stage::Layer(k + 1), "training.", refused);
            }
        }
        let positive = |training: &TrainSettings| match training.epochs {
            Some(0) => Err(Error::setting("epochs", 0, "a whole number from 1")),
            _ => training.check(),
        };
        if let Some(joint) = &self.joint {
            self.within(Stage::Joint, "training.", positive(&joint.training))?;
        }
        let Some(network) = &self.network else { return Ok(()) };
        if self.data.labels.is_none() && self.data.targets.is_none() {
            let allowed = "what the network is to predict: labels or targets";
            return Err(Error::setting("data.labels", "(none)", allowed));
        }
        self.within(Stage::Network, "", network.settings.check())?;
        self.within(Stage::Network, "training.", positive(&network.training))
    }

    /// The settings file of this recipe.
    ///
    /// # Errors
    /// [`Error::Setting`] for a path that is not UTF-8 or a seed from 2^63: TOML holds neither.
    pub fn text(&self) -> Result<String> {
        for (name, path) in [
            ("start", self.start.as_ref()),
            ("source", Some(&self.data.source)),
            ("beside", self.data.beside.as_ref()),
            ("schema", self.data.table.schema.as_ref()),
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

    /// Names the stage whose setting is refused, where there are several.
    pub(super) fn within<T>(&self, stage: Stage, table: &str, checked: Result<T>) -> Result<T> {
        checked.map_err(|error| match error {
            Error::Setting { name, value, allowed, hint } if self.stages().len() > 1 => {
                let name = format!("{}.{table}{name}", table_of(stage));
                Error::Setting { name, value, allowed, hint }
            }
            other => other,
        })
    }
}

/// The name of the table of a stage; layers count from 1.
pub(crate) fn table_of(stage: Stage) -> String {
    match stage {
        Stage::Layer(k) => format!("layer.{k}"),
        Stage::Joint => "joint".into(),
        Stage::Network => "network".into(),
    }
}

/// A file that is no recipe.
fn wrong(path: &Path) -> impl Fn(String) -> Error {
    move |found| {
        let expected = "TOML with the tables [data], [[layer]], [joint] and [network]";
        let hint = "`settings.toml` in any run folder is an example";
        Error::format(path, "settings file", expected, found, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoencoder::AutoencoderSettings;
    use crate::precision::Precision;
    use crate::rbm::RbmSettings;
    use crate::stack::{DenoisingSettings, LayerLearner};

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
        let autoencoder = AutoencoderSettings {
            corruption: "masking:0.25".parse().unwrap(),
            loss: Some("cross-entropy".parse().unwrap()),
            decoder: Some("sigmoid".parse().unwrap()),
            ..AutoencoderSettings::default()
        };
        let training = TrainSettings {
            epochs: Some(3),
            optimizer: Some("adam".parse().unwrap()),
            rate: Some(0.1),
            clip: Some(1.5),
            patience: Some(2),
            precision: Precision::Bf16,
            checkpoint_steps: Some(7),
            ..TrainSettings::default()
        };
        let machine = RbmSettings { persistent: true, n_chains: Some(3), ..RbmSettings::default() };
        recipe.layers = vec![
            LayerSettings {
                learner: LayerLearner::Autoencoder(autoencoder),
                training: training.clone(),
            },
            LayerSettings { learner: LayerLearner::Rbm(machine), ..LayerSettings::default() },
        ];
        let settings = DenoisingSettings::default();
        recipe.joint = Some(JointTraining { settings, training: training.clone() });
        recipe.network = Some(FineTuning { training, ..FineTuning::default() });
        assert_eq!(read(&recipe.text().unwrap()).unwrap(), recipe);
    }

    #[test]
    fn a_layer_is_an_autoencoder_where_nothing_else_is_said() {
        let recipe = read("[[layer]]\nn_hidden = 3\n[[layer]]\nkind = \"rbm\"").unwrap();
        let n_hidden = recipe.layers.iter().map(|l| l.learner.description().n_hidden);
        assert_eq!(n_hidden.collect::<Vec<_>>(), [Some(3), Some(500)]);
        assert!(matches!(recipe.layers[1].learner, LayerLearner::Rbm(_)));
        assert_eq!(read("").unwrap(), Recipe::default());
    }

    #[test]
    fn an_unknown_key_gets_the_nearest_known_one() {
        for (text, words) in [
            ("[layer.training]\nepoch = 3", ["layer", "[[layer]]"]),
            ("[[layer]]\n[layer.training]\nepoch = 3", ["layer.1.training.epoch", "mean epochs?"]),
            ("[[layer]]\n[[layer]]\nn_hiden = 3", ["layer.2.n_hiden", "mean n_hidden?"]),
            ("[[layer]]\nkind = \"rbm\"\ntied = true", ["layer.1.tied", "n_chains"]),
            ("[network]\ndropuot = 3", ["network.dropuot", "mean dropout?"]),
            ("[network.training]\nrat = 3", ["network.training.rat", "mean rate?"]),
            ("[netwrk]", ["netwrk", "mean network?"]),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }

    #[test]
    fn values_of_the_wrong_kind_are_named() {
        for text in [
            "[[layer]]\n[layer.training]\nepochs = \"many\"",
            "[[layer",
            "[[layer]]\ntied = 3",
            "[[layer]]\nkind = \"svm\"",
        ] {
            let error = read(text).unwrap_err();
            assert!(matches!(error, Error::Format { .. }), "{error}");
        }
        let error = read("[[layer]]\ncorruption = \"maskin:0.1\"").unwrap_err().to_string();
        assert!(error.contains("did you mean masking?"), "{error}");
    }

    #[test]
    fn layers_that_cannot_follow_each_other_are_named() {
        for (text, word) in [
            ("layer = []", "layers"),
            ("start = \"m\"", "start"),
            ("start = \"m\"\n[data]\nscaling = \"unit\"\n[joint]", "data.scaling"),
            ("start = \"m\"\n[joint]\n[[layer]]", "start"),
            ("[[layer]]\nactivation = \"relu\"\n[[layer]]\nkind = \"rbm\"", "layer.2.kind"),
            (
                "[[layer]]\nactivation = \"tanh\"\n[[layer]]\nloss = \"cross-entropy\"",
                "layer.2.loss",
            ),
            ("[[layer]]\n[layer.training]\nepochs = 0", "epochs"),
            ("[[layer]]\n[layer.training]\nrate = 0\n[network]", "layer.1.training.rate"),
            ("[network]", "data.labels"),
            ("[data]\nlabels = true\n[network]\ndropout = 1.0", "network.dropout"),
        ] {
            let error = read(text).unwrap().check().unwrap_err();
            assert!(matches!(&error, Error::Setting { name, .. } if name == word), "{error}");
        }
        let random = "[data]\nlabels = true\n[[layer]]\n[layer.training]\nepochs = 0\n[network]";
        assert!(read(random).unwrap().check().is_ok());
    }
}
