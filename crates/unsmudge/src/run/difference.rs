//! Where two recipes differ, by the names of settings.toml.

use crate::error::Result;
use crate::run::Recipe;
use toml::{Table, Value};

/// The first setting that differs, and what each of both has; empty where none does.
///
/// # Errors
/// As [`Recipe::text`].
pub(super) fn first_difference(known: &Recipe, given: &Recipe) -> Result<String> {
    let difference = of_values("", &Value::Table(known.table()?), &Value::Table(given.table()?));
    Ok(difference.unwrap_or_default())
}

fn of_values(name: &str, known: &Value, given: &Value) -> Option<String> {
    match (known, given) {
        (Value::Table(known), Value::Table(given)) => of_tables(name, known, given),
        (Value::Array(known), Value::Array(given)) if known.len() == given.len() => {
            let mut pairs = (1..).zip(known.iter().zip(given));
            pairs.find_map(|(i, (known, given))| of_values(&format!("{name} {i}"), known, given))
        }
        _ if known == given => None,
        _ => Some(format!("there {name} is {}, here {}", short(known), short(given))),
    }
}

fn of_tables(start: &str, known: &Table, given: &Table) -> Option<String> {
    let absent = Value::String("not set".into());
    let others = given.keys().filter(|key| !known.contains_key(*key));
    known.keys().chain(others).find_map(|key| {
        let name = if start.is_empty() { key.clone() } else { format!("{start}.{key}") };
        let of = |table: &Table| table.get(key).unwrap_or(&absent).clone();
        of_values(&name, &of(known), &of(given))
    })
}

/// A value in one line.
fn short(value: &Value) -> String {
    match value {
        Value::Table(_) => "set".into(),
        Value::Array(values) => format!("{} of them", values.len()),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_setting_that_differs_is_named_with_both_values() {
        let recipe = |text: &str| Recipe::parse(text, "settings".as_ref()).unwrap();
        let one = recipe("[[layer]]\nn_hidden = 2\n[layer.training]\nseed = 1");
        let says = |text: &str| first_difference(&one, &recipe(text)).unwrap();
        assert_eq!(says("[[layer]]\nn_hidden = 2\n[layer.training]\nseed = 1"), "");
        let other = says("[[layer]]\nn_hidden = 2\n[layer.training]\nseed = 3");
        assert_eq!(other, "there layer 1.training.seed is 1, here 3");
        let longer = says("[[layer]]\nn_hidden = 2\n[[layer]]\nn_hidden = 2");
        assert_eq!(longer, "there layer is 1 of them, here 2 of them");
        let network = says("[network]\n[[layer]]\nn_hidden = 2\n[layer.training]\nseed = 1");
        assert_eq!(network, "there network is not set, here set");
    }
}
