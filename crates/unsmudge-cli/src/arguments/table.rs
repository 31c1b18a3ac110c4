//! The arguments of tables: how they are laid out, and which columns are used for what.

use super::{data_help, parse_columns, parse_word};
use clap::Args;
use std::path::PathBuf;
use unsmudge::Result;
use unsmudge::read::Columns;
use unsmudge::table::{DecimalMark, Separator, TableSettings, parse_names};

const HEADING: &str = "Tables";

/// How a table is laid out, documented in the library's registry.
#[derive(Debug, Args)]
pub struct LayoutArguments {
    #[arg(long, value_name = "SEPARATOR", allow_hyphen_values = true, value_parser = parse_word::<Separator>, help = data_help("separator"), help_heading = HEADING)]
    pub separator: Option<Separator>,
    #[arg(long, overrides_with = "no_header", help = data_help("header"), help_heading = HEADING)]
    pub header: bool,
    /// The first line is a row
    #[arg(long, help_heading = HEADING)]
    pub no_header: bool,
    #[arg(long, value_name = "DECIMAL", value_parser = parse_word::<DecimalMark>, help = data_help("decimal"), help_heading = HEADING)]
    pub decimal: Option<DecimalMark>,
    #[arg(long, value_name = "N", help = data_help("skip"), help_heading = HEADING)]
    pub skip: Option<usize>,
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true, value_parser = parse_list, help = data_help("missing"), help_heading = HEADING)]
    pub missing: Option<List>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1), help = data_help("first_index"), help_heading = HEADING)]
    pub first_index: Option<u32>,
}

/// What columns are, documented in the library's registry.
#[derive(Debug, Args)]
pub struct ColumnArguments {
    #[arg(long, value_name = "COLUMNS", value_parser = parse_list, help = data_help("columns"), help_heading = HEADING)]
    pub columns: Option<List>,
    #[arg(long, value_name = "COLUMNS", value_parser = parse_list, help = data_help("ignore"), help_heading = HEADING)]
    pub ignore: Option<List>,
    #[arg(long, value_name = "COLUMNS", value_parser = parse_list, help = data_help("categories"), help_heading = HEADING)]
    pub categories: Option<List>,
    #[arg(long, value_name = "COLUMNS", value_parser = parse_list, help = data_help("numbers"), help_heading = HEADING)]
    pub numbers: Option<List>,
    #[arg(long, value_name = "FILE", help = data_help("schema"), help_heading = HEADING)]
    pub schema: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  unsmudge describe table.csv
  unsmudge describe table.csv --labels=species -o species.toml
  unsmudge train table.csv --out run --schema schema.toml")]
pub struct DescribeArguments {
    /// Table as text, such as CSV, also gzipped; or Parquet or Arrow
    pub file: PathBuf,
    /// Schema file to write [default: schema.toml, if there is none]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Columns of classes, or of labels of 0 and 1
    #[arg(long, value_name = "COLUMNS", num_args = 1, require_equals = true, value_parser = parse_columns)]
    pub labels: Option<Columns>,
    /// Columns of numbers to predict
    #[arg(long, value_name = "COLUMNS", num_args = 1, require_equals = true, value_parser = parse_columns)]
    pub targets: Option<Columns>,
    #[command(flatten)]
    pub layout: LayoutArguments,
    #[command(flatten)]
    pub columns: ColumnArguments,
    /// One JSON object on standard output
    #[arg(long)]
    pub json: bool,
}

/// Names, or words.
#[derive(Debug, Clone)]
pub struct List(Vec<String>);

fn parse_list(text: &str) -> Result<List> {
    Ok(List(parse_names(text)?))
}

fn list(given: &Option<List>) -> Vec<String> {
    given.as_ref().map_or(Vec::new(), |list| list.0.clone())
}

impl LayoutArguments {
    /// `settings` with these arguments applied.
    pub fn over(&self, settings: TableSettings) -> TableSettings {
        let given = TableSettings {
            separator: self.separator,
            header: (self.header || self.no_header).then_some(self.header),
            decimal: self.decimal,
            skip: self.skip,
            missing: list(&self.missing),
            first_index: self.first_index,
            ..TableSettings::default()
        };
        given.or(settings)
    }
}

impl ColumnArguments {
    /// `settings` with these arguments applied.
    pub fn over(&self, settings: TableSettings) -> TableSettings {
        let given = TableSettings {
            columns: list(&self.columns),
            ignore: list(&self.ignore),
            categories: list(&self.categories),
            numbers: list(&self.numbers),
            schema: self.schema.clone(),
            ..TableSettings::default()
        };
        given.or(settings)
    }
}
