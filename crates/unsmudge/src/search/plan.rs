//! Reads a search file into the recipes of all trials, checked before the first trial starts.

use super::space::{Changes, MOST_TRIALS, Space, set};
use crate::error::{Action, Error, Hint, Result};
use crate::run::{Recipe, table_of};
use crate::settings::JOINT;
use crate::storage::read_whole;
use crate::text;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// A search: a settings file with a table `[search]`, which has a `method` and a `[search.space]`.
#[derive(Debug, Clone)]
pub struct Search {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) method: Method,
    /// The settings that each trial changes, and the resulting recipe.
    pub(super) trials: Vec<(Changes, Recipe)>,
}

/// The method that chooses trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Every combination of values.
    Grid,
    /// A number of random draws (Bergstra and Bengio 2012).
    Random,
    /// Random draws that are trained for a fraction of the epochs; the best of them, one in `eta`,
    /// are trained `eta` times as long, and so on (Jamieson and Talwalkar 2016).
    Halving {
        /// 2 or more; usually 3.
        eta: usize,
    },
}

/// Limit of a search file.
const MOST_BYTES: u64 = 1 << 20;
const KEYS: [&str; 5] = ["method", "trials", "eta", "seed", "space"];
const METHODS: [&str; 3] = ["grid", "random", "halving"];
const USUAL_ETA: usize = 3;

/// Settings that change what a held-out loss measures, in any stage. In the stage of the loss those
/// of [`JOINT`] do too.
const MEASURES: [&str; 3] = ["loss", "scaling", "kind"];

impl Search {
    /// Reads a search file and checks all of its trials.
    ///
    /// # Errors
    /// [`Error::Format`] for a file that is not TOML; [`Error::Setting`] for an unknown key (with
    /// the nearest known one), values that no trial could be trained with, no held-out rows to
    /// choose on, or trials whose held-out losses cannot be compared; [`Error::File`].
    ///
    /// # Example
    /// ```
    /// use unsmudge::search::Search;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("search.toml");
    /// let text = "
    /// data.source = 'table.csv'
    /// [[layer]]
    /// training.epochs = 9
    /// [search]
    /// method = 'halving'
    /// trials = 9
    /// [search.space]
    /// 'layer.1.n_hidden' = [16, 64, 256]
    /// ";
    /// std::fs::write(&path, text).unwrap();
    /// let search = Search::read(&path)?;
    /// let trials: Vec<usize> = (1..=search.n_rungs()).map(|rung| search.n_trials(rung)).collect();
    /// assert_eq!(trials, [9, 3, 1]);
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn read(path: &Path) -> Result<Self> {
        let wrong = |found: String| {
            let hint = Hint::default().action(Action::SearchExample).text(" shows one");
            let expected = "TOML: a settings file with a table [search]";
            Error::format(path, "search file", expected, found, hint)
        };
        let bytes = read_whole(path, MOST_BYTES)?;
        let text =
            String::from_utf8(bytes).map_err(|_| wrong("bytes that are not UTF-8".into()))?;
        let one_line = |error: toml::de::Error| wrong(error.to_string().replace('\n', " "));
        let mut base: Table = text.parse().map_err(one_line)?;
        let Some(Value::Table(search)) = base.remove("search") else {
            return Err(wrong("no table [search]".into()));
        };
        let settings = Settings::read(&search)?;
        let changes = match settings.method {
            Method::Grid => settings.space.grid()?,
            _ => (0..settings.n_trials).map(|k| settings.space.draw(settings.seed, k)).collect(),
        };
        check_comparable(&base, &settings.space)?;
        let recipe_of = |changes: Changes| {
            let mut table = base.clone();
            for (name, value) in &changes {
                set(&mut table, name, value)?;
            }
            Ok((changes, recipe(&table, path)?))
        };
        let trials = changes.into_iter().map(recipe_of).collect::<Result<Vec<_>>>()?;
        let search = Self { path: path.to_path_buf(), text, method: settings.method, trials };
        for rung in 1..=search.n_rungs() {
            for trial in 0..search.trials.len() {
                search.recipe(trial, rung)?;
            }
        }
        Ok(search)
    }

    /// Number of rungs of successive halving; 1 for the other methods.
    pub fn n_rungs(&self) -> usize {
        match self.method {
            Method::Halving { eta } => self.trials.len().max(1).ilog(eta) as usize + 1,
            _ => 1,
        }
    }

    /// Number of trials of a rung, from 1: all on the first, one in `eta` of them on the next.
    pub fn n_trials(&self, rung: usize) -> usize {
        match self.method {
            Method::Halving { eta } => self.trials.len() / eta.pow(rung as u32 - 1),
            _ => self.trials.len(),
        }
    }

    /// The recipe of trial `trial`, from 0, on a rung, from 1. On the last rung every stage has the
    /// epochs of the file, on each rung below 1 / eta of the rung above.
    pub(super) fn recipe(&self, trial: usize, rung: usize) -> Result<Recipe> {
        let mut recipe = self.trials[trial].1.clone();
        let Method::Halving { eta } = self.method else { return Ok(recipe) };
        let share = (eta as f64).powi(rung as i32 - self.n_rungs() as i32);
        for (stage, training) in recipe.trainings() {
            let Some(epochs) = training.epochs else {
                let name = format!("{}.training.epochs", table_of(stage));
                let allowed = "a whole number: successive halving gives each rung a share of it";
                return Err(Error::setting(&name, "(none)", allowed));
            };
            // 1 or more; 0 stays 0.
            let short = (f64::from(epochs) * share).round() as u32;
            training.epochs = Some(short.max(epochs.min(1)));
        }
        Ok(recipe)
    }
}

struct Settings {
    method: Method,
    n_trials: usize, // unused for a grid
    seed: u64,
    space: Space,
}

impl Settings {
    fn read(table: &Table) -> Result<Self> {
        if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
            let allowed = format!("one of {}{}", KEYS.join(", "), text::meant(key, KEYS));
            return Err(Error::setting(&format!("search.{key}"), "(unknown)", allowed));
        }
        let whole = |key: &str, least: i64| match table.get(key) {
            None => Ok(None),
            Some(Value::Integer(number)) if *number >= least => Ok(Some(*number)),
            Some(other) => {
                let allowed = format!("a whole number from {least}");
                Err(Error::setting(&format!("search.{key}"), other, allowed))
            }
        };
        let (trials, eta) = (whole("trials", 1)?, whole("eta", 2)?);
        let method = match table.get("method").and_then(Value::as_str) {
            Some("grid") => Method::Grid,
            Some("random") => Method::Random,
            Some("halving") => Method::Halving { eta: eta.map_or(USUAL_ETA, |eta| eta as usize) },
            found => {
                let meant = text::meant(found.unwrap_or_default(), METHODS);
                let allowed = format!("one of {}{meant}", METHODS.join(", "));
                let found = table.get("method").map_or("(none)".into(), Value::to_string);
                return Err(Error::setting("search.method", found, allowed));
            }
        };
        let n_trials = match (method, trials) {
            (Method::Grid, Some(trials)) => {
                let allowed = "left out: a grid has as many as its values combine to";
                return Err(Error::setting("search.trials", trials, allowed));
            }
            (Method::Grid, None) => 0,
            (_, Some(trials)) if trials as usize <= MOST_TRIALS => trials as usize,
            (_, trials) => {
                let found = trials.map_or("(none)".into(), |trials| trials.to_string());
                let allowed = format!("a whole number from 1 to {MOST_TRIALS}");
                return Err(Error::setting("search.trials", found, allowed));
            }
        };
        if let (Some(eta), false) = (eta, matches!(method, Method::Halving { .. })) {
            return Err(Error::setting("search.eta", eta, "left out: only halving has it"));
        }
        let Some(Value::Table(space)) = table.get("space") else {
            let allowed = "a table [search.space]: settings with the values they may have";
            return Err(Error::setting("search.space", "(none)", allowed));
        };
        let seed = whole("seed", 0)?.unwrap_or(0) as u64;
        Ok(Self { method, n_trials, seed, space: Space::read(space)? })
    }
}

/// The recipe of a settings table, with its stages checked.
fn recipe(table: &Table, path: &Path) -> Result<Recipe> {
    let text = toml::to_string(table)
        .map_err(|error| Error::setting("search", error, "what TOML can hold"))?;
    let recipe = Recipe::parse(&text, path)?;
    recipe.check()?;
    if recipe.data.valid.is_some_and(|held_out| held_out.n_rows() == 0) {
        let allowed = "rows to hold out, one or more: a search chooses on them";
        return Err(Error::setting("data.valid", 0, allowed));
    }
    Ok(recipe)
}

/// Checks that the scores of all trials are comparable. Held-out errors always are; held-out losses
/// only for the same kind of loss, the same noise and the same inputs.
fn check_comparable(base: &Table, space: &Space) -> Result<()> {
    let has = |name: &str| base.contains_key(name);
    let refused = |name: &str, allowed: &str| {
        Err(Error::setting(&format!("search.space.{name}"), "searched", allowed))
    };
    for name in space.names() {
        let last = name.rsplit('.').next().unwrap_or(name);
        if name.starts_with("data.") && name != "data.scaling" {
            return refused(name, "the same held-out rows for every trial: set it in the file");
        }
        let is_last_stage = !has("joint") || name.starts_with("joint.");
        let is_measure = MEASURES.contains(&last) || is_last_stage && JOINT.contains(&last);
        if !has("network") && is_measure {
            let allowed = "the same loss for every trial; with labels and a table [network] it is \
                           the held-out error that decides";
            return refused(name, allowed);
        }
    }
    let n_layers = base.get("layer").and_then(Value::as_array).map_or(1, Vec::len);
    if n_layers > 1 && !has("network") && !has("joint") {
        let allowed = "one [[layer]], or a table [joint], or labels and a table [network]: the \
                       loss of a layer depends on the codes below it";
        return Err(Error::setting("layer", format!("{n_layers} of them"), allowed));
    }
    Ok(())
}
