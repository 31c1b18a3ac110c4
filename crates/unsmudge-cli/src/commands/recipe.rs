//! From the arguments of `train` to a recipe: given settings take their place in the tables of the
//! settings file.

use crate::arguments::{SettingArguments, TrainArguments};
use toml::{Table, Value};
use unsmudge::Error;
use unsmudge::run::Recipe;
use unsmudge::settings::{
    DATA, JOINT, LAYER, LEARNERS, Learner, NETWORK, Reach, Setting, TRAINING, find,
};

/// Arguments over the settings file over what is usual.
pub fn recipe(arguments: &TrainArguments) -> unsmudge::Result<Recipe> {
    let mut recipe = match &arguments.settings {
        Some(path) => Recipe::read(path)?,
        None => Recipe::from_table(suggested())?,
    };
    recipe.data = arguments.data.over(recipe.data);
    if recipe.data.source.as_os_str().is_empty() {
        return Err(Error::setting("DATA", "(none)", "a folder, a file, or problem:NAME"));
    }
    recipe.data.table = arguments.columns.over(recipe.data.table);
    if let Some(start) = &arguments.start {
        recipe.start = Some(super::model_path(start)?);
        recipe.layers.clear();
    }
    let tuning = &arguments.tuning;
    let asks_for_labels = tuning.labels.is_some() || tuning.targets.is_some();
    if asks_for_labels {
        recipe.data.labels.clone_from(&tuning.labels);
        recipe.data.targets.clone_from(&tuning.targets);
    }
    let had_labels = recipe.data.labels.is_some() || recipe.data.targets.is_some();
    recipe.data = recipe.data.with_schema()?;
    let has_labels = recipe.data.labels.is_some() || recipe.data.targets.is_some();
    if has_labels && (asks_for_labels || !had_labels) {
        recipe.network.get_or_insert_default();
    }
    recipe.data.beside = tuning.beside.clone().or(recipe.data.beside.take());
    let mut table = recipe.table()?;
    let given = &arguments.given;
    let scaling = find(DATA, "scaling");
    inside(&mut table, "data", |data| put_all(given, &scaling, data));
    over_layers(given, &mut table)?;
    over_joint(given, arguments.joint_epochs, &mut table);
    over_network(given, &mut table);
    Recipe::from_table(table)
}

/// What is trained where nothing is asked for.
fn suggested() -> Table {
    let of =
        |setting: &Setting| Some((setting.name.into(), setting.kind.value(setting.suggested?)));
    let layer: Table = LAYER.iter().filter_map(of).collect();
    Table::from_iter([("layer".into(), Value::Array(vec![Value::Table(layer)]))])
}

/// Changes the table `name` of a table, made where it is not there.
fn inside(table: &mut Table, name: &str, change: impl FnOnce(&mut Table)) {
    let mut inner = match table.remove(name) {
        Some(Value::Table(inner)) => inner,
        _ => Table::new(),
    };
    change(&mut inner);
    table.insert(name.into(), Value::Table(inner));
}

/// The value given to a setting of layer `k`, from 0.
fn value_of(given: &SettingArguments, setting: &Setting, k: usize) -> Option<Value> {
    if given.is_opposed(setting) {
        return Some(Value::Boolean(false));
    }
    let values = given.of(setting);
    values.get(k).or(values.first()).map(|text| setting.kind.value(text))
}

/// The settings that were given, into their table.
fn put_all<'a>(
    given: &SettingArguments,
    settings: impl IntoIterator<Item = &'a Setting>,
    table: &mut Table,
) {
    for setting in settings {
        if let Some(value) = value_of(given, setting, 0) {
            table.insert(setting.name.into(), value);
        }
    }
}

fn over_layers(given: &SettingArguments, table: &mut Table) -> unsmudge::Result<()> {
    let Some(Value::Array(layers)) = table.get_mut("layer") else { return Ok(()) };
    // Layers without a size of their own are as many as the values of what each has.
    let has_size = |learner: Learner| learner.own().iter().any(|s| s.reach == Reach::MakesLayers);
    let has_no_size = given.learner().is_some_and(|asked| !has_size(asked));
    let makes = if has_no_size { Reach::PerLayer } else { Reach::MakesLayers };
    for setting in LAYER.iter().filter(|setting| setting.reach == makes) {
        if let (n @ 1.., Some(last)) = (given.of(setting).len(), layers.last().cloned()) {
            layers.resize(n, last);
        }
    }
    let n_layers = layers.len();
    for setting in LAYER.iter().filter(|setting| setting.reach == Reach::PerLayer) {
        let n = given.of(setting).len();
        if n > 1 && n != n_layers {
            let allowed = format!("one, or one for each of {n_layers} layers");
            return Err(Error::setting(setting.name, format!("{n} of them"), allowed));
        }
    }
    let mut layers: Vec<&mut Table> = layers.iter_mut().filter_map(Value::as_table_mut).collect();
    for (k, layer) in layers.iter_mut().enumerate() {
        over_layer(given, k, layer);
    }
    for setting in LAYER.iter().filter(|setting| value_of(given, setting, 0).is_some()) {
        if n_layers > 0
            && !layers.iter().any(|layer| learner(layer).settings.contains(&setting.name))
        {
            let value = given.of(setting).join(",");
            return Err(Error::setting(setting.name, value, "none for layers of this kind"));
        }
    }
    Ok(())
}

/// The learner of a layer of a recipe's table, which always has a kind.
fn learner(layer: &Table) -> Learner {
    let kind = layer.get("kind").and_then(Value::as_str);
    kind.and_then(Learner::of_kind).unwrap_or(LEARNERS[0])
}

/// Arguments over layer `k`, from 0.
fn over_layer(given: &SettingArguments, k: usize, layer: &mut Table) {
    if let Some(asked) = given.learner().filter(|asked| asked.kind != learner(layer).kind) {
        // Its training stays, and its size where the other kind has one.
        layer.retain(|name, _| {
            let mut own = asked.own().into_iter();
            let is_size = own.any(|s| s.name == name && s.reach == Reach::MakesLayers);
            name == "training" || is_size
        });
        layer.insert("kind".into(), asked.kind.into());
    }
    for setting in learner(layer).own() {
        let is_above = k > 0 && setting.reach == Reach::FirstLayer;
        if let Some(value) = value_of(given, &setting, k).filter(|_| !is_above) {
            layer.insert(setting.name.into(), value);
        }
    }
    inside(layer, "training", |training| put_all(given, TRAINING, training));
}

fn over_joint(given: &SettingArguments, epochs: Option<u32>, table: &mut Table) {
    if epochs.is_none() && !table.contains_key("joint") {
        return;
    }
    let first = table.get("layer").and_then(|layers| layers.get(0)).cloned();
    inside(table, "joint", |joint| {
        // It undoes the corruption of the first layer.
        for name in JOINT.iter().filter(|_| epochs.is_some()) {
            if let Some(value) = first.as_ref().and_then(|first| first.get(name)) {
                joint.insert((*name).into(), value.clone());
            }
        }
        inside(joint, "training", |training| {
            if let Some(epochs) = epochs {
                training.insert("epochs".into(), i64::from(epochs).into());
            }
            put_all(given, TRAINING.iter().filter(|s| s.reach != Reach::Layers), training);
        });
    });
}

fn over_network(given: &SettingArguments, table: &mut Table) {
    if !table.contains_key("network") {
        return;
    }
    inside(table, "network", |network| {
        put_all(given, NETWORK, network);
        inside(network, "training", |training| {
            put_all(given, TRAINING.iter().filter(|s| s.reach == Reach::EveryStage), training);
            for setting in TRAINING {
                if let Some(text) = given.of_tuning(setting) {
                    training.insert(setting.name.into(), setting.kind.value(text));
                }
            }
        });
    });
}
