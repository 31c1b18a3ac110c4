//! docs/settings.md: every setting by the table it stands in.

use super::wrapped;
use unsmudge::settings::{DATA, JOINT, LAYER, LEARNERS, NETWORK, Setting, TRAINING, Usual};

const START: &str = "\
# Settings

Every setting by its table in `settings.toml`, which lies in each run folder and which `unsmudge
train --settings FILE` reads. The command has a flag for each setting of layers and training: its
name with dashes, `--hidden` for `n_hidden`, and `--tune-` before it for the training of the
network. Python's estimators have parameters of the same names; `seed` is `random_state` there.

This file is generated from `crates/unsmudge/src/settings/` by `make generated`.
";

pub fn document() -> String {
    let mut text = START.to_string();
    section(&mut text, "`[data]`", "What is learned from.", DATA);
    let kinds: Vec<String> = LEARNERS
        .iter()
        .map(|learner| {
            let names: Vec<_> = learner.own().iter().map(|s| format!("`{}`", s.name)).collect();
            format!("`kind = \"{}\"` has {}.", learner.kind, names.join(", "))
        })
        .collect();
    let about = format!("One table a layer, lowest first. {}", kinds.join(" "));
    section(&mut text, "`[[layer]]`", &about, LAYER);
    let about = "How a stage is trained: `[layer.training]`, `[joint.training]` and \
                 `[network.training]`.";
    section(&mut text, "Training", about, TRAINING);
    let names: Vec<_> = JOINT.iter().map(|name| format!("`{name}`")).collect();
    let about = format!(
        "All layers learn together to undo a corruption of the input. It has {} as a layer has \
         them, and `training`.",
        names.join(", ")
    );
    section(&mut text, "`[joint]`", &about, &[]);
    let about = "The fine-tuning of a network that predicts `data.labels` or `data.targets`. It \
                 has `training` too.";
    section(&mut text, "`[network]`", about, NETWORK);
    text
}

fn section(text: &mut String, title: &str, about: &str, settings: &[Setting]) {
    *text += &format!("\n## {title}\n\n{}\n", wrapped(about, 100).join("\n"));
    for setting in settings {
        let lines = wrapped(&description(setting), 98);
        *text += &format!("\n* {}\n", lines.join("\n  "));
    }
}

fn description(setting: &Setting) -> String {
    let Setting { name, kind, doc, more, .. } = setting;
    let usual = match setting.usual {
        Usual::Is(value) => format!("; default `{value}`"),
        Usual::Told(phrase) => format!("; default: {phrase}"),
        Usual::Nothing => String::new(),
    };
    let suggested = match setting.suggested {
        Some(value) => format!(" (`{value}` from the command and in Python)"),
        None => String::new(),
    };
    format!("**`{name}`**: {doc}. {more} Allowed: {}{usual}{suggested}.", kind.allowed())
}
