//! Settings of the data.

use super::kind::reads;
use super::{Kind, Setting};
use crate::encoding::ScalingKind;

/// `[data]` in settings.toml.
pub const DATA: &[Setting] = &[
    Setting::new(
        "source",
        Kind::Other("a folder, a file, or problem:NAME"),
        "A folder, a file, or problem:NAME",
    )
    .aliases(&["path", "file", "data", "input"]),
    Setting::new("stream", Kind::Flag(None), "Rows are read from disk instead of loaded")
        .told("if they need more than a quarter of the memory"),
    Setting::new(
        "labels",
        Kind::Other("true, or names of columns"),
        "Classes to predict, or labels of 0 and 1",
    )
    .more("`true`: the source's own; one name: a column of classes; several: columns of 0 and 1.")
    .aliases(&["label", "classes", "y"]),
    Setting::new("targets", Kind::Other("names of columns, or true"), "Numbers to predict")
        .aliases(&["target"]),
    Setting::new(
        "beside",
        Kind::Other("a file"),
        "File that holds the labels or targets, a row for each row of the source",
    ),
    Setting::new(
        "valid",
        Kind::Whole(0, u64::MAX),
        "Number of the last training rows to hold out, to choose the best epoch on",
    )
    .told("a tenth, at most 10,000")
    .more("Rows that are sorted should be shuffled first.")
    .aliases(&["validation_fraction", "validation_split", "n_valid", "held_out"]),
    Setting::new("size", Kind::Other("TRAIN,VALID,TEST"), "Numbers of examples of problem:NAME")
        .told("the paper's"),
    Setting::new(
        "digits",
        Kind::Other("a folder"),
        "Folder of MNIST files for the digits of problem:NAME",
    )
    .told("drawn by the program"),
    Setting::new(
        "photos",
        Kind::Other("a folder"),
        "Folder of photographs, PNG or JPEG, for problem:NAME",
    )
    .told("drawn by the program"),
    Setting::new("seed", Kind::Whole(0, i64::MAX as u64), "Seed of problem:NAME").is("0"),
    Setting::new(
        "scaling",
        Kind::Word(|| ScalingKind::ALL.map(ScalingKind::name).to_vec(), reads::<ScalingKind>),
        "Scaling of the columns",
    )
    .told("by the data")
    .more(
        "Without one: bytes are divided by 255, data in [0, 1] are left as they are, all else is \
         standardised.",
    )
    .aliases(&["scale", "scaler", "normalize", "normalization", "preprocessing"]),
];
