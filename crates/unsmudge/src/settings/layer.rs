//! Settings of a layer, and which of them each way of learning one has.

use super::kind::reads;
use super::{Kind, Range, Reach, Setting};
use crate::activation::Activation;
use crate::corruption::Corruption;
use crate::emphasis::Emphasis;
use crate::likelihood::Likelihood;

/// A way to learn a layer.
#[derive(Debug, Clone, Copy)]
pub struct Learner {
    /// `kind` in settings.toml.
    pub kind: &'static str,
    /// What it is: a phrase without a full stop.
    pub doc: &'static str,
    /// Names of the settings in [`LAYER`] that it has.
    pub settings: &'static [&'static str],
}

/// Every way to learn a layer; the first is the usual one.
pub const LEARNERS: &[Learner] = &[
    Learner {
        kind: "autoencoder",
        doc: "Layers are denoising autoencoders",
        settings: &[
            "n_hidden",
            "corruption",
            "tied",
            "activation",
            "initial_bias",
            "loss",
            "decoder",
            "emphasis",
            "walkback",
            "contraction",
            "sparsity",
            "sparsity_target",
        ],
    },
    Learner {
        kind: "rbm",
        doc: "Layers are Boltzmann machines: a stack is a deep belief network",
        settings: &["n_hidden", "steps", "persistent", "n_chains"],
    },
    Learner {
        kind: "marginalized",
        doc: "Layers are linear denoisers in closed form: a stack is mSDA",
        settings: &["corruption", "ridge"],
    },
];

/// Names of the settings in [`LAYER`] that the joint stage has too.
pub const JOINT: &[&str] = &["corruption", "emphasis", "walkback"];

fn activations() -> Vec<&'static str> {
    Activation::ALL.map(Activation::name).to_vec()
}

/// Categories have a likelihood of their own, which cannot be asked for.
fn losses() -> Vec<&'static str> {
    let asked = Likelihood::ALL.into_iter().filter(|loss| *loss != Likelihood::Categorical);
    asked.map(Likelihood::name).collect()
}

/// `[[layer]]` in settings.toml.
pub const LAYER: &[Setting] = &[
    Setting::new("n_hidden", Kind::Whole(1, u64::MAX), "Hidden units")
        .is("500")
        .more("The length of a code. Usual values: 16 to 64 for tables, 100 to 2000 for images.")
        .reach(Reach::MakesLayers)
        .aliases(&[
            "hidden",
            "hidden_dim",
            "hidden_size",
            "hidden_units",
            "hidden_layer_sizes",
            "encoding_dim",
            "latent_dim",
            "code_size",
            "n_components",
            "n_units",
            "units",
        ]),
    Setting::new(
        "corruption",
        Kind::Text("none, or NOISE:AMOUNT, several joined by +", reads::<Corruption>),
        "Corruption of the input in training",
    )
    .is("none")
    .suggests("masking:0.25")
    .more(
        "`none`; `masking`, `bernoulli`, `salt-and-pepper`, `salt`, `flip` or `swap` with a \
         fraction of the components (usual values 0.1 to 0.5); `gaussian` or `speckle` with a standard \
         deviation (usual values 0.1 to 0.5); several joined by `+`. An amount may be drawn for \
         each example (`masking:0.1..0.5`) or annealed over the epochs (`masking:0.5to0.1`).",
    )
    .reach(Reach::PerLayer)
    .number_is("masking:")
    .aliases(&[
        "noise",
        "noise_level",
        "noise_factor",
        "noise_type",
        "corruption_level",
        "corruption_rate",
        "corruption_type",
        "masking",
    ]),
    Setting::new(
        "tied",
        Kind::Flag(Some(("untied", "The decoder has weights of its own"))),
        "The decoder's weights are the encoder's, transposed",
    )
    .is("true")
    .aliases(&["tie", "tie_weights", "tied_weights", "untied"]),
    Setting::new(
        "activation",
        Kind::Word(activations, reads::<Activation>),
        "Activation of the hidden units",
    )
    .is("sigmoid")
    .aliases(&["encoder", "nonlinearity", "activation_function", "hidden_activation"]),
    Setting::new("initial_bias", Kind::Number(Range::Finite), "Initial hidden biases")
        .is("0.0")
        .more(
            "Usual values: 0, or -2 for sparse codes, from which layers above and classifiers \
             often learn more.",
        )
        .aliases(&["bias", "hidden_bias", "bias_init"]),
    Setting::new("loss", Kind::Word(losses, reads::<Likelihood>), "Reconstruction loss")
        .told("by the data")
        .more(
            "Without one: cross-entropy for data that are scaled to [0, 1], else squared error. Of \
         the lowest layer; above it the loss follows from the codes.",
        )
        .reach(Reach::FirstLayer)
        .aliases(&["criterion", "loss_function", "objective"]),
    Setting::new("decoder", Kind::Word(activations, reads::<Activation>), "Decoder activation")
        .told("by the loss")
        .more(
            "Without one: sigmoid for cross-entropy, identity for squared error. Of the lowest \
             layer.",
        )
        .reach(Reach::FirstLayer)
        .aliases(&["decoder_activation", "output_activation"]),
    Setting::new(
        "emphasis",
        Kind::Text("none, double, full, or ALPHA,BETA", reads::<Emphasis>),
        "Weights of corrupted and of untouched components in the loss",
    )
    .is("none")
    .more(
        "`none`: all weigh 1; `double`: 1 and 0.5; `full`: 1 and 0; or two numbers from 0, such \
         as `1,0.2`.",
    )
    .aliases(&["loss_weights", "alpha"]),
    Setting::new("walkback", Kind::Whole(0, 100), "Most steps of walks from an example in training")
        .is("0")
        .more(
            "Before a batch is learned from, it takes 0 to this many steps of the model's own chain: \
             corrupt, reconstruct, draw. What is learned is to come back to the clean examples, for \
             samples drawn by chains. Usual values: 3 to 5. Of the lowest layer, and of the joint \
             stage. Held-out losses are of no step; with walks, the last weights are kept.",
        )
        .reach(Reach::FirstLayer)
        .aliases(&["walkbacks", "walk_back", "walkback_steps"]),
    Setting::new("contraction", Kind::Number(Range::From0), "Weight of the contractive penalty")
        .is("0.0")
        .more(
            "The penalty is the squared norm of the derivative of the code with respect to the \
             input; with corruption, of the corrupted one. Usual values: 0.01 to 1, with corruption \
             none. Reported losses are without penalties; with one, the last weights are kept.",
        )
        .aliases(&["contractive", "contractive_penalty", "contraction_penalty", "jacobian"]),
    Setting::new("sparsity", Kind::Number(Range::From0), "Weight of the sparsity penalty")
        .is("0.0")
        .more(
            "The penalty is the divergence of each unit's mean activation in a batch from \
             `sparsity_target`, for sigmoid units. Usual values: 0.1 to 10.",
        )
        .aliases(&["sparse", "sparsity_penalty", "sparsity_weight", "sparsity_regularization"]),
    Setting::new(
        "sparsity_target",
        Kind::Number(Range::Above0Below1),
        "Mean activation that the sparsity penalty asks for",
    )
    .is("0.05")
    .more("Usual values: 0.01 to 0.2.")
    .aliases(&["rho", "sparsity_proportion", "target_sparsity", "sparsity_level"]),
    Setting::new("steps", Kind::Whole(1, 128), "Gibbs steps in each update (CD-k)")
        .is("1")
        .more("Usual values: 1 to 10.")
        .aliases(&["k", "cd", "cd_k", "gibbs_steps"]),
    Setting::new("persistent", Kind::Flag(None), "Persistent chains (PCD)")
        .is("false")
        .more("Chains continue where the update before left them; else each starts at its example.")
        .aliases(&["pcd", "persistent_chains"]),
    Setting::new("n_chains", Kind::Whole(1, u32::MAX as u64), "Number of persistent chains")
        .told("100 with persistent chains")
        .more("Usual values: 20 to 100.")
        .aliases(&["chains", "n_particles"]),
    Setting::new("ridge", Kind::Number(Range::From0), "Ridge of a marginalized layer")
        .is("1e-5")
        .more(
            "What is added to the diagonal of the system that is solved, as a share of its mean. \
             Usual values: 1e-6 to 1e-2.",
        )
        .aliases(&["ridge_penalty"]),
];

impl Learner {
    /// The settings that it has, in the order of [`LAYER`].
    pub fn own(&self) -> Vec<Setting> {
        LAYER.iter().filter(|setting| self.settings.contains(&setting.name)).copied().collect()
    }

    /// The one of this kind.
    pub fn of_kind(kind: &str) -> Option<Self> {
        LEARNERS.iter().find(|learner| learner.kind == kind).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::find;

    #[test]
    fn every_layer_setting_is_some_learners_and_every_name_is_one() {
        let named: Vec<&str> =
            LEARNERS.iter().flat_map(|learner| learner.settings).copied().collect();
        assert!(named.iter().chain(JOINT).all(|name| find(LAYER, name).is_some()));
        assert!(LAYER.iter().all(|setting| named.contains(&setting.name)));
    }
}
