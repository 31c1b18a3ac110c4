//! _parameters.py: signatures and documentation of the estimators' parameters.

use super::wrapped;
use std::collections::BTreeMap;
use std::fmt::Write;
use unsmudge::settings::{
    DATA, JOINT, Kind, LAYER, Learner, NETWORK, Reach, Setting, TRAINING, Usual, find,
};

/// One parameter of an estimator.
#[derive(Clone)]
struct Parameter {
    name: String,
    /// As numpydoc has it: `int`, `{"f32", "bf16"}`.
    kind: String,
    default: String,
    doc: String,
}

const START: &str = r#""""Parameters of the estimators, generated from the library's settings by ``make generated``."""

from ._suggestion import suggesting

"#;

pub fn module() -> String {
    let mut text = START.to_string();
    let learner = |kind| Learner::of_kind(kind).unwrap().own();
    let (autoencoder, machine) = (learner("autoencoder"), learner("rbm"));
    let marginalized = learner("marginalized");
    let first: Vec<Setting> =
        LAYER.iter().filter(|setting| setting.reach == Reach::FirstLayer).copied().collect();
    for (name, settings) in [
        ("AUTOENCODER", &autoencoder),
        ("MACHINE", &machine),
        ("MARGINALIZED", &marginalized),
        ("FIRST_LAYER", &first),
        ("TRAINING", &training()),
    ] {
        constant(&mut text, name, &settings.iter().map(|setting| setting.name).collect::<Vec<_>>());
    }
    constant(&mut text, "JOINT", JOINT);
    text += "TUNING = {\n";
    for setting in tuned() {
        let name = setting.name;
        writeln!(text, "    \"tune_{name}\": \"{name}\",").unwrap();
    }
    text += "}\nALIASES = {\n";
    for (alias, name) in aliases() {
        writeln!(text, "    \"{alias}\": \"{name}\",").unwrap();
    }
    text += "}\n";
    let of = |settings: &[Setting]| settings.iter().map(parameter).collect::<Vec<_>>();
    let trained = of(&training());
    let single = [of(&autoencoder), vec![encoding()], trained.clone(), rest()].concat();
    class(&mut text, "AutoencoderParameters", &single);
    let patient = trained.iter().filter(|parameter| parameter.name != "patience").cloned();
    let unit = Parameter {
        default: "\"unit\"".into(),
        doc: "Encoding of the columns into [0, 1]; probabilities are learned. Data that are in \
              [0, 1] as a whole may better be left ``\"as-is\"``."
            .into(),
        ..encoding()
    };
    let parts = [of(&machine), vec![unit], patient.collect(), rest()];
    class(&mut text, "MachineParameters", &parts.concat());
    let noise = |of: Parameter| match of.name.as_str() {
        "corruption" => Parameter { default: "\"bernoulli:0.5\"".into(), doc: noise(), ..of },
        _ => of,
    };
    let closed = of(&marginalized).into_iter().map(noise).map(per_layer).collect();
    let unseeded = rest().into_iter().filter(|of| of.name != "random_state").collect();
    let parts = [vec![n_layers(), layer()], closed, vec![encoding()], unseeded];
    class(&mut text, "MarginalizedParameters", &parts.concat());
    let layers: Vec<_> = of(&autoencoder).into_iter().map(per_layer).collect();
    let above = [vec![layers[0].clone(), layer()], layers[1..].to_vec()].concat();
    let parts = [above, vec![joint_epochs(), encoding()], trained.clone(), rest()];
    class(&mut text, "StackParameters", &parts.concat());
    let tuning: Vec<_> = of(NETWORK).into_iter().chain(tuned().iter().map(tuning)).collect();
    let network = [layers, vec![joint_epochs(), encoding()], trained, tuning].concat();
    class(&mut text, "RegressorParameters", &[network.clone(), rest()].concat());
    class(&mut text, "ClassifierParameters", &[network, vec![class_weight()], rest()].concat());
    text
}

/// Settings of training that are parameters: the seed is another, there is one process, and nothing
/// is saved.
fn training() -> Vec<Setting> {
    let is_other =
        |setting: &&Setting| !["seed", "shards", "checkpoint_steps"].contains(&setting.name);
    TRAINING.iter().filter(is_other).copied().collect()
}

fn tuned() -> Vec<Setting> {
    TRAINING.iter().filter(|setting| setting.tuned.is_some()).copied().collect()
}

fn constant(text: &mut String, name: &str, values: &[&str]) {
    writeln!(text, "{name} = (").unwrap();
    for value in values {
        writeln!(text, "    \"{value}\",").unwrap();
    }
    *text += ")\n";
}

/// Names that fingers type, with the parameter that is meant.
fn aliases() -> BTreeMap<&'static str, &'static str> {
    let data = DATA.iter().filter(|setting| ["scaling", "valid"].contains(&setting.name));
    let settings = LAYER.iter().chain(TRAINING).chain(NETWORK).chain(data);
    let is_parameter =
        |setting: &&Setting| !["seed", "shards", "checkpoint_steps"].contains(&setting.name);
    let mut aliases = BTreeMap::from([
        ("n_threads", "n_jobs"),
        ("num_threads", "n_jobs"),
        ("threads", "n_jobs"),
        ("seed", "random_state"),
        ("random_seed", "random_state"),
        ("shape", "image_shape"),
        ("callbacks", "callback"),
    ]);
    for setting in settings.filter(is_parameter) {
        for alias in setting.aliases {
            aliases.entry(alias).or_insert(setting.name);
        }
    }
    aliases
}

fn parameter(setting: &Setting) -> Parameter {
    let usual = setting.suggested.map_or(setting.usual, Usual::Is);
    let sentences = format!("{}. {}", setting.doc, setting.more);
    described(setting.name, &setting.kind, usual, &sentences)
}

fn tuning(setting: &Setting) -> Parameter {
    let (doc, usual) = setting.tuned.unwrap();
    let sentences = format!("{doc}. Of fine-tuning.");
    described(&format!("tune_{}", setting.name), &setting.kind, usual, &sentences)
}

fn described(name: &str, kind: &Kind, usual: Usual, sentences: &str) -> Parameter {
    let (kind, is_text) = match kind {
        Kind::Whole(..) => ("int".into(), false),
        Kind::Number(_) => ("float".into(), false),
        Kind::Flag(_) => ("bool".into(), false),
        Kind::Word(words, _) => {
            let words: Vec<_> = words().iter().map(|word| format!("\"{word}\"")).collect();
            (format!("{{{}}}", words.join(", ")), true)
        }
        Kind::WholeOr(..) => ("int or str".into(), false),
        Kind::Text(..) | Kind::Other(_) => ("str".into(), true),
    };
    let default = match usual {
        Usual::Is("true") => "True".into(),
        Usual::Is("false") => "False".into(),
        Usual::Is(value) if is_text => format!("\"{value}\""),
        Usual::Is(value) => value.into(),
        Usual::Told(_) | Usual::Nothing => "None".to_string(),
    };
    let mut doc = sentences.replace("Without one:", "None:").replace('`', "``");
    if let Usual::Told(phrase) = usual
        && !doc.contains("None:")
    {
        write!(doc, " None: {phrase}.").unwrap();
    }
    Parameter { name: name.into(), kind, default, doc }
}

fn encoding() -> Parameter {
    parameter(&find(DATA, "scaling").unwrap())
}

/// A parameter that may have a value for each layer.
fn per_layer(of: Parameter) -> Parameter {
    match of.name.as_str() {
        "n_hidden" => Parameter {
            kind: "int or sequence of int".into(),
            default: "(500, 500, 500)".into(),
            doc: "Hidden units of each layer, lowest first. Usual values: 16 to 64 for tables, \
                  100 to 2000 for images."
                .into(),
            ..of
        },
        "corruption" => Parameter {
            kind: "str or sequence of str".into(),
            doc: format!("{} One for all layers, or one for each.", of.doc.trim_end()),
            ..of
        },
        _ => of,
    }
}

fn own(name: &str, kind: &str, default: &str, doc: &str) -> Parameter {
    Parameter { name: name.into(), kind: kind.into(), default: default.into(), doc: doc.into() }
}

fn n_layers() -> Parameter {
    own("n_layers", "int", "1", "Number of layers, each with as many hidden units as inputs.")
}

/// The corruption of a marginalized layer.
fn noise() -> String {
    "The noise that is undone: ``bernoulli:P``, each input masked with probability P from 0 to \
     below 1. Usual values: 0.1 to 0.9."
        .into()
}

fn layer() -> Parameter {
    let doc = "The layer whose codes ``transform`` returns: 1 is the lowest, -1 the topmost. It \
               may be changed without fitting again.";
    own("layer", "int", "-1", doc)
}

fn joint_epochs() -> Parameter {
    let doc = "Epochs in which all layers are trained together, after each was trained alone. \
               None: no such stage.";
    own("joint_epochs", "int", "None", doc)
}

fn class_weight() -> Parameter {
    let doc = "How much rows of each class count in the loss and in the error of held-out rows. \
               ``\"balanced\"``: as much as those of any other class together. None: as the \
               ``sample_weight`` of ``fit`` says.";
    own("class_weight", "dict or \"balanced\"", "None", doc)
}

/// What every estimator has beside settings of its layers and their training.
fn rest() -> Vec<Parameter> {
    vec![
        parameter(&find(DATA, "valid").unwrap()),
        own(
            "image_shape",
            "tuple of two int",
            "None",
            "Height and width, where rows are images: for ``plot_filters``, and kept in the file.",
        ),
        own(
            "random_state",
            "int, RandomState instance or None",
            "None",
            "Seed of initial weights, order of rows and noise. An int is the seed that the command \
             calls ``--seed``, and gives the same bits for any number of threads.",
        ),
        own(
            "n_jobs",
            "int",
            "None",
            "Number of threads. None and -1: one for each core (None: as many as \
             ``OMP_NUM_THREADS`` says).",
        ),
        own(
            "verbose",
            "int",
            "0",
            "Whether progress is shown: by tqdm where it is installed, else in lines.",
        ),
        own(
            "callback",
            "callable",
            "None",
            "``callback(epoch, history)`` after each epoch; training stops when it returns True.",
        ),
    ]
}

fn class(text: &mut String, name: &str, parameters: &[Parameter]) {
    write!(text, "\n\nclass {name}:\n    \"\"\"Parameters\n    ----------\n").unwrap();
    for (i, of) in parameters.iter().enumerate() {
        let space = if i == 0 { "" } else { "\n" };
        writeln!(text, "{space}    {} : {}, default={}", of.name, of.kind, of.default).unwrap();
        for line in wrapped(&of.doc, 92) {
            writeln!(text, "        {line}").unwrap();
        }
    }
    *text += "    \"\"\"\n\n    @suggesting\n    def __init__(\n        self,\n";
    for (i, of) in parameters.iter().enumerate() {
        writeln!(text, "        {}={},", of.name, of.default).unwrap();
        if i == 0 {
            *text += "        *,\n";
        }
    }
    *text += "    ):\n";
    for of in parameters {
        writeln!(text, "        self.{0} = {0}", of.name).unwrap();
    }
}
