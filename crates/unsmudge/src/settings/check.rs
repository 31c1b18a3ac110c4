//! The check of a whole settings file: every key is known, every value is of its kind and in its
//! range. How settings go with each other and with the data is no concern of it.

use super::{DATA, JOINT, LAYER, LEARNERS, Learner, NETWORK, Setting, TRAINING, find, meant};
use crate::error::{Error, Result};
use crate::text;
use toml::{Table, Value};

/// Tables of a settings file, and the one setting that stands outside of them.
const TABLES: [&str; 5] = ["start", "data", "layer", "joint", "network"];

/// A table of a settings file and what it may hold.
struct Part<'a> {
    /// Where it is: `layer.1.training`.
    path: String,
    table: &'a Table,
    settings: Vec<Setting>,
    /// Its other keys: those before its settings and those after them.
    others: (&'static [&'static str], &'static [&'static str]),
}

impl<'a> Part<'a> {
    fn new(path: impl Into<String>, table: &'a Table, settings: Vec<Setting>) -> Self {
        Self { path: path.into(), table, settings, others: (&[], &[]) }
    }

    /// Its training, which is a table of it.
    fn training(&self) -> Option<Self> {
        let table = self.table.get("training")?.as_table()?;
        Some(Self::new(format!("{}.training", self.path), table, TRAINING.to_vec()))
    }

    fn known(&self) -> Vec<&'static str> {
        let settings = self.settings.iter().map(|setting| setting.name);
        let (before, after) = self.others;
        before.iter().copied().chain(settings).chain(after.iter().copied()).collect()
    }
}

/// The learner of a `[[layer]]`; the usual one where its kind is no known one.
fn learner(layer: &Table) -> Learner {
    let kind = layer.get("kind").and_then(Value::as_str);
    kind.and_then(Learner::of_kind).unwrap_or(LEARNERS[0])
}

/// All tables of a settings file.
fn parts(recipe: &Table) -> Vec<Part<'_>> {
    let mut parts = vec![Part { others: (&TABLES, &[]), ..Part::new("", recipe, Vec::new()) }];
    let table = |name: &str| recipe.get(name).and_then(Value::as_table);
    if let Some(data) = table("data") {
        parts.push(Part::new("data", data, DATA.to_vec()));
    }
    let joint = JOINT.iter().filter_map(|name| find(LAYER, name)).collect();
    let stages = [("joint", joint), ("network", NETWORK.to_vec())];
    for (name, settings) in stages {
        let Some(table) = table(name) else { continue };
        let stage = Part { others: (&[], &["training"]), ..Part::new(name, table, settings) };
        parts.extend(stage.training());
        parts.push(stage);
    }
    let layers = recipe.get("layer").and_then(Value::as_array);
    for (k, layer) in layers.into_iter().flatten().enumerate() {
        let Some(layer) = layer.as_table() else { continue };
        let own = Part::new(format!("layer.{}", k + 1), layer, learner(layer).own());
        let own = Part { others: (&["kind"], &["training"]), ..own };
        parts.extend(own.training());
        parts.push(own);
    }
    parts
}

/// Checks that every key of a settings file is known.
///
/// # Errors
/// [`Error::Setting`] naming the first that is not, and the one that is probably meant.
pub fn check_keys(recipe: &Table) -> Result<()> {
    for part in parts(recipe) {
        let known = part.known();
        let Some(key) = part.table.keys().find(|key| !known.contains(&key.as_str())) else {
            continue;
        };
        let meant = match meant(key, &part.settings) {
            Some(setting) => format!("; did you mean {}?", setting.name),
            None => text::meant(key, known.iter().copied()),
        };
        let path = if part.path.is_empty() { key.clone() } else { format!("{}.{key}", part.path) };
        let allowed = format!("one of {}{meant}", known.join(", "));
        return Err(Error::setting(&path, "(unknown)", allowed));
    }
    Ok(())
}

/// Checks every value of a settings file whose keys are known. A setting is named with its stage
/// where there are several.
///
/// # Errors
/// [`Error::Setting`] naming the first that is not of its kind or out of its range.
pub fn check_values(recipe: &Table) -> Result<()> {
    let n_layers = recipe.get("layer").and_then(Value::as_array).map_or(1, Vec::len);
    let others = ["joint", "network"].iter().filter(|stage| recipe.contains_key(**stage)).count();
    for part in parts(recipe) {
        let is_alone = part.path == "data" || n_layers + others < 2;
        for setting in &part.settings {
            let Some(value) = part.table.get(setting.name) else { continue };
            if is_alone {
                setting.check(setting.name, value)?;
            } else {
                setting.check(&format!("{}.{}", part.path, setting.name), value)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(check: fn(&Table) -> Result<()>, text: &str) -> String {
        check(&text.parse().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn values_are_named_with_their_stage_where_there_are_several() {
        let rate = "[[layer]]\n[layer.training]\nrate = -1";
        let told = "setting `rate` = -1: allowed is a number above 0";
        assert_eq!(refused(check_values, rate), told);
        let told = "setting `layer.1.training.rate` = -1: allowed is a number above 0";
        assert_eq!(refused(check_values, &format!("{rate}\n[network]")), told);
        let told = "setting `n_hidden` = 2.5: allowed is a whole number from 1";
        assert_eq!(refused(check_values, "[[layer]]\nn_hidden = 2.5"), told);
        let error = check_values(&"[[layer]]\ncorruption = 0.3".parse().unwrap()).unwrap_err();
        let hint = error.hint().unwrap().to_string();
        assert_eq!(hint, "did you mean corruption = \"masking:0.3\"?");
    }

    #[test]
    fn keys_that_fingers_type_get_the_one_that_is_meant() {
        let told = refused(check_keys, "[[layer]]\n[layer.training]\nlr = 0.1");
        assert!(told.contains("layer.1.training.lr") && told.contains("did you mean rate?"));
        let told = refused(check_keys, "[[layer]]\nencoding_dim = 3");
        assert!(told.ends_with("training; did you mean n_hidden?"), "{told}");
    }
}
