//! Settings of the data.

use super::kind::reads;
use super::{Kind, Setting};
use crate::encoding::ScalingKind;
use crate::source::HeldOut;
use crate::table::{DecimalMark, Separator};

/// `[data]` in settings.toml.
pub const DATA: &[Setting] = &[
    Setting::new(
        "source",
        Kind::Other("a folder, a file, or problem:NAME"),
        "A folder, a file, or problem:NAME",
    )
    .more("Of an NPZ archive `file.npz:NAME` is one array.")
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
    Setting::new("columns", Kind::Other("names of columns"), "Only columns to learn from")
        .told("all but ids and counters")
        .more(
            "A name with a comma is written in quotes, as in CSV. `#3` is the third column; `3` too, \
             where there is no header.",
        )
        .aliases(&["usecols", "features", "feature_names"]),
    Setting::new("ignore", Kind::Other("names of columns"), "Columns to leave out")
        .aliases(&["exclude", "drop", "skip_columns"]),
    Setting::new("categories", Kind::Other("names of columns"), "Columns that are categories")
        .told("columns of words")
        .aliases(&["categorical", "categorical_features", "category", "nominal"]),
    Setting::new("numbers", Kind::Other("names of columns"), "Columns that are numbers")
        .told("columns of numbers")
        .aliases(&["numeric", "numerical", "continuous"]),
    Setting::new(
        "separator",
        Kind::Text(Separator::FORMS, reads::<Separator>),
        "Separator of cells",
    )
    .told("found")
    .aliases(&["sep", "delimiter"]),
    Setting::new(
        "header",
        Kind::Flag(Some(("no-header", "The first line is a row"))),
        "The first line has the names of the columns",
    )
    .told("found"),
    Setting::new(
        "decimal",
        Kind::Text("point or comma", reads::<DecimalMark>),
        "Decimal mark",
    )
    .told("found"),
    Setting::new("skip", Kind::Whole(0, u64::MAX), "Number of lines before the table")
        .told("found")
        .aliases(&["skiprows", "skip_rows", "skip_lines"]),
    Setting::new("missing", Kind::Other("words"), "More words that mean a missing cell")
        .more("Empty cells, `?`, `NA`, `NaN` and `null` always do.")
        .aliases(&["na_values", "missing_values", "null_values", "nan"]),
    Setting::new("first_index", Kind::Whole(0, 1), "Index of the first column in svmlight files")
        .told("found")
        .more(
            "What is found is 0 where an index is 0, or scikit-learn's comment says so; else 1. A \
             model remembers it.",
        )
        .aliases(&["zero_based", "one_based", "index_base", "base"]),
    Setting::new(
        "schema",
        Kind::Other("a file"),
        "Schema file that says what the columns are; describe writes one",
    ),
    Setting::new(
        "valid",
        Kind::WholeOr(HeldOut::FORMS, reads::<HeldOut>),
        "Number of training rows to hold out, to choose the best epoch on",
    )
    .told("a tenth, at most 10,000")
    .more(
        "They are drawn at random, of each class in proportion. Benchmarks hold out the last rows, \
         as `last:N` does: so do folders, and files with classes of their own.",
    )
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
    Setting::new("seed", Kind::Whole(0, i64::MAX as u64), "Seed of problem:NAME and of held-out rows").is("0"),
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
