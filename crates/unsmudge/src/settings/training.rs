//! Settings of the training of any stage, and those of the network that predicts.

use super::Usual::{Is, Nothing, Told};
use super::kind::reads;
use super::{Kind, Range, Reach, Setting};
use crate::optimizer::Optimizer;
use crate::precision::Precision;
use crate::schedule::Schedule;

/// `[layer.training]`, `[joint.training]` and `[network.training]` in settings.toml.
pub const TRAINING: &[Setting] = &[
    Setting::new(
        "epochs",
        Kind::Whole(0, 100_000),
        "Epochs: passes over the training data, for each layer",
    )
    .told("15, more where rows are few")
    .more(
        "Without one: 15, or as many as 10,000 steps take, at most 1,000. 0 before fine-tuning: no \
         pretraining, the initial weights are kept.",
    )
    .reach(Reach::Layers)
    .tuned("Most epochs", Told("100, and patience 10"))
    .aliases(&["n_epochs", "max_iter", "n_iter", "max_epochs", "iterations"]),
    Setting::new("batch", Kind::Whole(1, u64::MAX), "Rows in a batch")
        .is("20")
        .more("Usual values: 20 to 256.")
        .reach(Reach::Denoising)
        .tuned("Rows in a batch", Is("20"))
        .aliases(&["batch_size", "minibatch", "minibatch_size", "mini_batch"]),
    Setting::new(
        "optimizer",
        Kind::Text("sgd, momentum[:M], nesterov[:M], adam, adamw[:DECAY]", reads::<Optimizer>),
        "Optimizer",
    )
    .told("by the loss")
    .more("Without one: sgd for cross-entropy, whose gradient is bounded; else adam.")
    .reach(Reach::Denoising)
    .tuned("Optimizer, as in pretraining", Told("sgd for classes, adam for numbers"))
    .aliases(&["momentum", "solver", "optim", "optimiser", "nesterov", "adam", "sgd"]),
    Setting::new("rate", Kind::Number(Range::Above0), "Learning rate")
        .told("by the optimizer")
        .more("Without one: 0.1 for sgd, 0.001 for adam. Usual values: 0.0001 to 0.5.")
        .reach(Reach::Denoising)
        .tuned("Learning rate", Told("by the optimizer"))
        .aliases(&["lr", "learning_rate", "learning_rate_init", "eta", "eta0", "step_size"]),
    Setting::new(
        "schedule",
        Kind::Text("constant, inverse:E, step:E:F, cosine, one-cycle[:RISE]", reads::<Schedule>),
        "Learning rate over the epochs",
    )
    .is("constant")
    .more(
        "`inverse:E`: half after E epochs; `step:E:F`: times F every E epochs; `cosine`: down to \
         0; `one-cycle`: up, then down to 0.",
    )
    .reach(Reach::Denoising)
    .aliases(&["lr_schedule", "lr_scheduler", "scheduler", "rate_schedule", "annealing"]),
    Setting::new("l2", Kind::Number(Range::From0), "L2 penalty on weights")
        .is("0.0")
        .more("Usual values: 0 to 0.001.")
        .reach(Reach::Denoising)
        .tuned("L2 penalty on weights", Is("0.0"))
        .aliases(&["weight_decay", "l2_penalty", "l2_reg", "regularization"]),
    Setting::new("l1", Kind::Number(Range::From0), "L1 penalty on weights")
        .is("0.0")
        .more("Usual values: 0 to 0.001.")
        .reach(Reach::Denoising)
        .aliases(&["lasso", "l1_penalty", "l1_reg"]),
    Setting::new("clip", Kind::Number(Range::Above0), "Largest norm of a gradient")
        .more("Larger gradients are scaled down to it. Usual values: 1 to 10.")
        .reach(Reach::Denoising)
        .aliases(&["clip_norm", "clipnorm", "grad_clip", "gradient_clip", "max_norm"]),
    Setting::new(
        "patience",
        Kind::Whole(1, u32::MAX as u64),
        "Stop after so many epochs without a lower held-out loss",
    )
    .more("Usual values: 5 to 20.")
    .reach(Reach::Denoising)
    .tuned("Stop after so many epochs without a lower held-out error", Nothing)
    .aliases(&["early_stopping", "n_iter_no_change", "early_stop"]),
    Setting::new(
        "precision",
        Kind::Word(|| vec!["f32", "bf16"], reads::<Precision>),
        "Precision of the matrix products in training",
    )
    .is("f32")
    .more("bf16 has a relative error of 0.4 %. It is faster on Intel processors with AMX and on AMD processors with AVX-512 BF16, and not on others.")
    .reach(Reach::EveryStage)
    .aliases(&["dtype", "mixed_precision", "amp"]),
    Setting::new(
        "seed",
        Kind::Whole(0, i64::MAX as u64),
        "Seed of initial weights, order of rows and noise",
    )
    .is("0")
    .reach(Reach::EveryStage)
    .aliases(&["random_state", "random_seed"]),
    Setting::new(
        "shards",
        Kind::Whole(1, 65_536),
        "Shards of a batch, whose gradients are added in a fixed tree",
    )
    .is("1")
    .more("Several processes can train one model with as many shards as processes or more. Autoencoders and fine-tuning have shards, other layers do not.")
    .reach(Reach::EveryStage)
    .aliases(&["n_shards", "world_size", "data_parallel", "n_workers"]),
    Setting::new(
        "checkpoint_steps",
        Kind::Whole(1, u64::MAX),
        "Save every so many steps too, not only every two seconds",
    )
    .reach(Reach::EveryStage)
    .aliases(&["save_every", "checkpoint_every"]),
];

/// `[network]` in settings.toml.
pub const NETWORK: &[Setting] = &[Setting::new(
    "dropout",
    Kind::Number(Range::From0Below1),
    "Probability that a hidden unit is dropped in fine-tuning",
)
.is("0.0")
.more("Usual values: 0 to 0.5.")
.aliases(&["dropout_rate", "drop_rate", "p_dropout", "drop"])];
