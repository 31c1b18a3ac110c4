//! The space of a search: the settings to vary and their values. A setting is named as in
//! settings.toml, with the number of a layer, from 1, or `*` for all: `layer.1.training.rate`.

use crate::error::{Error, Result};
use crate::random::{Key, Purpose};
use crate::text;
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Settings and their possible values, in the order of their names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Space(Vec<(String, Choice)>);

/// The settings of one trial: a value for each name.
pub(super) type Changes = BTreeMap<String, Value>;

#[derive(Debug, Clone, PartialEq)]
enum Choice {
    /// One of these.
    Values(Vec<Value>),
    /// A number from low to high, uniform or log-uniform.
    Range { low: f64, high: f64, is_log: bool, is_whole: bool },
}

/// The table of the space in a search file.
const SPACE: &str = "search.space";

/// Maximum number of trials.
pub(super) const MOST_TRIALS: usize = 10_000;

impl Space {
    /// Reads the table `[search.space]`.
    ///
    /// # Errors
    /// [`Error::Setting`] naming a setting without a choice.
    pub fn read(table: &Table) -> Result<Self> {
        let mut choices = Vec::new();
        flatten("", table, &mut choices)?;
        choices.sort_by(|(one, _), (other, _)| one.cmp(other));
        if choices.is_empty() {
            return Err(Error::setting(SPACE, "(empty)", "one or more settings with their values"));
        }
        Ok(Self(choices))
    }

    /// The names of the settings.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Every combination of values, the last setting changing fastest.
    ///
    /// # Errors
    /// [`Error::Setting`] for a range, which has infinitely many values, and for more than 10,000
    /// combinations.
    pub fn grid(&self) -> Result<Vec<Changes>> {
        let mut rows = vec![Changes::new()];
        for (name, choice) in &self.0 {
            let Choice::Values(values) = choice else {
                let allowed = "a list of values: a grid has no ranges";
                return Err(Error::setting(&format!("{SPACE}.{name}"), "a range", allowed));
            };
            if rows.len().saturating_mul(values.len()) > MOST_TRIALS {
                let allowed = format!("at most {MOST_TRIALS}; a random search draws from them");
                return Err(Error::setting(SPACE, "more combinations", allowed));
            }
            let with = |row: &Changes, value: &Value| {
                let mut row = row.clone();
                row.insert(name.clone(), value.clone());
                row
            };
            rows = rows.iter().flat_map(|row| values.iter().map(|v| with(row, v))).collect();
        }
        Ok(rows)
    }

    /// The draw of trial `trial`, from 0: a function of the seed and its number only.
    pub fn draw(&self, seed: u64, trial: usize) -> Changes {
        let key = Key::new(seed, Purpose::Search).at_row(trial as u64);
        let draws = self.0.iter().zip(0..).map(|((name, choice), column)| {
            let unit = f64::from(key.word(column)) / 4_294_967_296.0; // on [0, 1)
            (name.clone(), choice.at(unit))
        });
        draws.collect()
    }
}

impl Choice {
    fn at(&self, unit: f64) -> Value {
        let (low, high, is_log, is_whole) = match self {
            Self::Values(values) => {
                let place = ((unit * values.len() as f64) as usize).min(values.len() - 1);
                return values[place].clone();
            }
            Self::Range { low, high, is_log, is_whole } => (*low, *high, *is_log, *is_whole),
        };
        // Every whole number has the same probability, including the last.
        let end = if is_whole { high + 1.0 } else { high };
        let value = if is_log {
            libm::exp(libm::log(low) + (libm::log(end) - libm::log(low)) * unit)
        } else {
            low + (end - low) * unit
        };
        if is_whole {
            return Value::Integer(value.clamp(low, high).floor() as i64);
        }
        // Four digits, so that people can read the settings.
        let short = format!("{value:.3e}").parse().unwrap_or(value);
        Value::Float(short.clamp(low, high))
    }
}

fn flatten(start: &str, table: &Table, choices: &mut Vec<(String, Choice)>) -> Result<()> {
    for (key, value) in table {
        let name = if start.is_empty() { key.clone() } else { format!("{start}.{key}") };
        let refused = |found: &str, allowed: &str| {
            Err(Error::setting(&format!("{SPACE}.{name}"), found, allowed))
        };
        match value {
            Value::Array(values) if !values.is_empty() => {
                choices.push((name, Choice::Values(values.clone())));
            }
            Value::Table(table) if table.contains_key("low") || table.contains_key("high") => {
                let range = range(&format!("{SPACE}.{name}"), table)?;
                choices.push((name, range));
            }
            Value::Table(table) => flatten(&name, table, choices)?,
            Value::Array(_) => return refused("[]", "a list of values, one or more"),
            other => {
                let allowed = "a list of values, or { low = .., high = .., log = true }";
                return refused(&other.to_string(), allowed);
            }
        }
    }
    Ok(())
}

fn range(name: &str, table: &Table) -> Result<Choice> {
    const KNOWN: [&str; 3] = ["low", "high", "log"];
    if let Some(key) = table.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        let allowed = format!("one of low, high, log{}", text::meant(key, KNOWN));
        return Err(Error::setting(&format!("{name}.{key}"), "(unknown)", allowed));
    }
    let number = |key: &str| match table.get(key) {
        Some(Value::Integer(number)) => Some(*number as f64),
        Some(Value::Float(number)) if number.is_finite() => Some(*number),
        _ => None,
    };
    let is_log = match table.get("log") {
        None => false,
        Some(Value::Boolean(is_log)) => *is_log,
        Some(other) => return Err(Error::setting(&format!("{name}.log"), other, "true or false")),
    };
    let is_whole = table.get("low").is_some_and(Value::is_integer)
        && table.get("high").is_some_and(Value::is_integer);
    match (number("low"), number("high")) {
        (Some(low), Some(high)) if low < high && (low > 0.0 || !is_log) => {
            Ok(Choice::Range { low, high, is_log, is_whole })
        }
        _ => {
            let allowed = "two numbers, low below high, and low above 0 where log = true";
            Err(Error::setting(name, table, allowed))
        }
    }
}

/// Sets the setting `name` in the table of a settings file.
///
/// # Errors
/// [`Error::Setting`] for a name that does not exist in the file.
pub(super) fn set(table: &mut Table, name: &str, value: &Value) -> Result<()> {
    let wrong =
        |allowed: String| Err(Error::setting(&format!("{SPACE}.{name}"), "(unknown)", allowed));
    let steps: Vec<&str> = name.split('.').collect();
    // A new table would add a stage.
    if !table.contains_key(steps[0]) {
        let tables: Vec<&str> = table.keys().map(String::as_str).collect();
        let meant = text::meant(steps[0], tables.iter().copied());
        return wrong(format!("a table of the file: {}{meant}", tables.join(", ")));
    }
    set_at(table, &steps, value).or_else(wrong)
}

fn set_at(table: &mut Table, steps: &[&str], value: &Value) -> std::result::Result<(), String> {
    let (name, rest) = match steps {
        [] => return Err("the name of a setting".into()),
        [last] => {
            table.insert((*last).to_string(), value.clone());
            return Ok(());
        }
        [name, rest @ ..] => (*name, rest),
    };
    match table.entry(name).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => set_at(inner, rest, value),
        Value::Array(items) => {
            let n = items.len();
            let numbered = |number: &str| number.parse::<usize>().ok()?.checked_sub(1);
            let chosen = match rest[0] {
                "*" => 0..n,
                number => match numbered(number).filter(|place| *place < n) {
                    Some(place) => place..place + 1,
                    None => return Err(format!("{name}.1 to {name}.{n}, or {name}.* for all")),
                },
            };
            for item in &mut items[chosen] {
                let Value::Table(inner) = item else {
                    return Err(format!("a setting of a table: {name} has none"));
                };
                set_at(inner, &rest[1..], value)?;
            }
            Ok(())
        }
        other => Err(format!("a setting of a table: {name} is {}", other.type_str())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(text: &str) -> Result<Space> {
        Space::read(&text.parse().unwrap())
    }

    #[test]
    fn a_grid_has_every_combination_once() {
        let grid = space("a.x = [1, 2, 3]\n\"b\" = [\"u\", \"v\"]").unwrap().grid().unwrap();
        let shown: Vec<String> =
            grid.iter().map(|row| format!("{}{}", row["a.x"], row["b"])).collect();
        assert_eq!(shown, ["1\"u\"", "1\"v\"", "2\"u\"", "2\"v\"", "3\"u\"", "3\"v\""]);
        let names: Vec<String> = (0..5).map(|k| format!("k{k} = [1,2,3,4,5,6,7]\n")).collect();
        let error = space(&names.concat()).unwrap().grid().unwrap_err().to_string();
        assert!(error.contains("at most 10000"), "{error}");
        let error = space("a = { low = 0, high = 1 }").unwrap().grid().unwrap_err().to_string();
        assert!(error.contains("search.space.a") && error.contains("no ranges"), "{error}");
    }

    #[test]
    fn draws_stay_in_their_ranges_and_reach_their_ends() {
        let text = "r = { low = 0.001, high = 0.1, log = true }\nn = { low = 2, high = 5 }\n\
                    c = [\"u\", \"v\"]";
        let space = space(text).unwrap();
        let draws: Vec<Changes> = (0..2000).map(|trial| space.draw(7, trial)).collect();
        let rates: Vec<f64> = draws.iter().map(|draw| draw["r"].as_float().unwrap()).collect();
        assert!(rates.iter().all(|rate| (0.001..=0.1).contains(rate)));
        // Half of the draws lie below the middle of the logarithms.
        let n_low = rates.iter().filter(|rate| **rate < 0.01).count();
        assert!((900..1100).contains(&n_low), "{n_low}");
        for number in 2..=5 {
            let count = draws.iter().filter(|draw| draw["n"].as_integer() == Some(number)).count();
            assert!((400..600).contains(&count), "{number}: {count}");
        }
        assert!(draws.iter().any(|draw| draw["c"].as_str() == Some("v")));
        assert_eq!(space.draw(7, 3), draws[3]);
        assert_ne!(space.draw(8, 3), draws[3]);
    }

    #[test]
    fn a_name_leads_to_one_layer_or_to_all() {
        let mut table: Table = "[[layer]]\n[[layer]]\nn_hidden = 3".parse().unwrap();
        set(&mut table, "layer.*.training.rate", &Value::Float(0.5)).unwrap();
        set(&mut table, "layer.2.n_hidden", &Value::Integer(9)).unwrap();
        let layers = table["layer"].as_array().unwrap();
        assert_eq!(layers[0]["training"]["rate"].as_float(), Some(0.5));
        assert_eq!(layers[1]["training"]["rate"].as_float(), Some(0.5));
        assert_eq!(layers[1]["n_hidden"].as_integer(), Some(9));
        for (name, words) in [
            ("layer.3.n_hidden", "layer.1 to layer.2"),
            ("layer.n_hidden", "layer.1 to layer.2"),
            ("layr.1.n_hidden", "did you mean layer?"),
            ("network.dropout", "a table of the file"),
            ("layer.1", "the name of a setting"),
            ("layer.2.n_hidden.x", "n_hidden is integer"),
        ] {
            let error = set(&mut table, name, &Value::Integer(1)).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains(name), "{error}");
        }
    }

    #[test]
    fn what_is_no_choice_is_named() {
        for (text, words) in [
            ("", "(empty)"),
            ("a = 3", "`search.space.a` = 3"),
            ("a.b = []", "`search.space.a.b`"),
            ("a = { low = 1 }", "low below high"),
            ("a = { low = 0, high = 1, log = true }", "low above 0"),
            ("a = { low = 0, high = 1, lgo = true }", "did you mean log?"),
            ("a = { low = 0, high = 1, log = 2 }", "true or false"),
        ] {
            let error = space(text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
