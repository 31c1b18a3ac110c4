//! Converts the arguments of `train` to a recipe.

use crate::arguments::TrainArguments;
use unsmudge::Error;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::rbm::RbmSettings;
use unsmudge::run::Recipe;
use unsmudge::stack::{JointTraining, LayerLearner, LayerSettings};
use unsmudge::train::TrainSettings;

/// Arguments over the settings file over what is usual.
pub fn recipe(arguments: &TrainArguments) -> unsmudge::Result<Recipe> {
    let mut recipe = match &arguments.settings {
        Some(path) => Recipe::read(path)?,
        None => {
            let usual = AutoencoderSettings {
                corruption: "masking:0.25".parse()?,
                ..AutoencoderSettings::default()
            };
            let learner = LayerLearner::Autoencoder(usual);
            let layers = vec![LayerSettings { learner, ..LayerSettings::default() }];
            Recipe { layers, ..Recipe::default() }
        }
    };
    recipe.data = arguments.data.over(recipe.data);
    if recipe.data.source.as_os_str().is_empty() {
        return Err(Error::setting("DATA", "(none)", "a folder, a file, or problem:NAME"));
    }
    recipe.data.scaling = arguments.scaling.or(recipe.data.scaling);
    if let (n, Some(last)) = (arguments.hidden.len(), recipe.layers.last().cloned())
        && n > 0
    {
        recipe.layers.resize(n, last);
    }
    if let Some(start) = &arguments.start {
        recipe.start = Some(super::model_path(start)?);
        recipe.layers.clear();
    }
    let n_layers = recipe.layers.len();
    let n_corruptions = arguments.corruption.len();
    if n_corruptions > 1 && n_corruptions != n_layers {
        let allowed = format!("one, or one for each of {n_layers} layers");
        return Err(Error::setting("corruption", format!("{n_corruptions} of them"), allowed));
    }
    for (k, layer) in recipe.layers.iter_mut().enumerate() {
        over_layer(arguments, k, layer);
    }
    over_joint(arguments, &mut recipe);
    over_network(arguments, &mut recipe);
    Ok(recipe)
}

/// Arguments over layer `k`, from 0.
fn over_layer(arguments: &TrainArguments, k: usize, layer: &mut LayerSettings) {
    let n_hidden = arguments.hidden.get(k).copied().unwrap_or(layer.learner.n_hidden());
    if arguments.rbm && !matches!(layer.learner, LayerLearner::Rbm(_)) {
        layer.learner = LayerLearner::Rbm(RbmSettings::default());
    }
    match &mut layer.learner {
        LayerLearner::Rbm(machine) => machine.n_hidden = n_hidden,
        LayerLearner::Autoencoder(network) => {
            network.n_hidden = n_hidden;
            network.tied = (network.tied || arguments.tied) && !arguments.untied;
            network.activation = arguments.activation.unwrap_or(network.activation);
            network.initial_bias = arguments.initial_bias.unwrap_or(network.initial_bias);
            network.emphasis = arguments.emphasis.unwrap_or(network.emphasis);
            // The inputs of the layers above are codes: their loss follows from the activation.
            if k == 0 {
                network.decoder = arguments.decoder.or(network.decoder);
                network.loss = arguments.loss.or(network.loss);
            }
            let corruption = arguments.corruption.get(k).or(arguments.corruption.first());
            if let Some(corruption) = corruption {
                network.corruption = corruption.clone();
            }
        }
    }
    let training = &mut layer.training;
    training.epochs = arguments.epochs.or(training.epochs);
    over_training(arguments, training);
}

fn over_joint(arguments: &TrainArguments, recipe: &mut Recipe) {
    if let (Some(_), None) = (arguments.joint_epochs, &recipe.joint) {
        recipe.joint = Some(JointTraining::default());
    }
    let Some(joint) = &mut recipe.joint else { return };
    if let Some(LayerSettings { learner: LayerLearner::Autoencoder(first), .. }) =
        recipe.layers.first()
        && arguments.joint_epochs.is_some()
    {
        joint.settings.corruption = first.corruption.clone();
        joint.settings.emphasis = first.emphasis;
    }
    let training = &mut joint.training;
    training.epochs = arguments.joint_epochs.or(training.epochs);
    over_training(arguments, training);
}

/// What is the same for every stage that denoises, but for the epochs.
fn over_training(arguments: &TrainArguments, training: &mut TrainSettings) {
    training.batch = arguments.batch.unwrap_or(training.batch);
    training.optimizer = arguments.optimizer.or(training.optimizer);
    training.rate = arguments.rate.or(training.rate);
    training.schedule = arguments.schedule.unwrap_or(training.schedule);
    training.l2 = arguments.l2.unwrap_or(training.l2);
    training.l1 = arguments.l1.unwrap_or(training.l1);
    training.clip = arguments.clip.or(training.clip);
    training.patience = arguments.patience.or(training.patience);
    over_any_training(arguments, training);
}

/// What is the same for every stage of all.
fn over_any_training(arguments: &TrainArguments, training: &mut TrainSettings) {
    training.precision = arguments.precision.unwrap_or(training.precision);
    training.seed = arguments.seed.unwrap_or(training.seed);
    training.checkpoint_steps = arguments.checkpoint_steps.or(training.checkpoint_steps);
}

fn over_network(arguments: &TrainArguments, recipe: &mut Recipe) {
    let tuning = &arguments.tuning;
    if tuning.labels.is_some() || tuning.targets.is_some() {
        recipe.data.labels.clone_from(&tuning.labels);
        recipe.data.targets.clone_from(&tuning.targets);
        recipe.network.get_or_insert_default();
    }
    recipe.data.beside = tuning.beside.clone().or(recipe.data.beside.take());
    let Some(network) = &mut recipe.network else { return };
    network.settings.dropout = tuning.dropout.unwrap_or(network.settings.dropout);
    let training = &mut network.training;
    training.epochs = tuning.tune_epochs.or(training.epochs);
    training.rate = tuning.tune_rate.or(training.rate);
    training.batch = tuning.tune_batch.unwrap_or(training.batch);
    training.optimizer = tuning.tune_optimizer.or(training.optimizer);
    training.l2 = tuning.tune_l2.unwrap_or(training.l2);
    training.patience = tuning.tune_patience.or(training.patience);
    over_any_training(arguments, training);
}
