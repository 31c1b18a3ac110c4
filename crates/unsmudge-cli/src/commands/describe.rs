//! `describe`: what a table is, in words or as JSON, and as a schema file.

use crate::arguments::DescribeArguments;
use crate::output::{WIDTH, counted, cut, grouped, print, say, wrapped};
use anyhow::Result;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use unicode_width::UnicodeWidthStr;
use unsmudge::Error;
use unsmudge::source::DataSettings;
use unsmudge::storage::write_durably;
use unsmudge::table::{ColumnDescription, ColumnType, TableDescription, Use};
use unsmudge_lab::report::table::padded;

/// The usual schema file.
const SCHEMA_NAME: &str = "schema.toml";
/// The longest name of a column that is printed whole.
const MOST_NAME: usize = 24;

pub fn describe(arguments: &DescribeArguments) -> Result<ExitCode> {
    let out = arguments.out.as_deref();
    if let Some(path) = out {
        super::ending(path, &["toml"])?;
        if path.exists() {
            let allowed = "a file that is not there yet: nothing is overwritten";
            return Err(Error::setting("out", path.display(), allowed).into());
        }
    }
    let mut data = DataSettings::of(&arguments.file);
    data.table = arguments.columns.over(arguments.layout.over(data.table));
    data.labels.clone_from(&arguments.labels);
    data.targets.clone_from(&arguments.targets);
    let table = data.describe()?;
    print(&if arguments.json { format!("{}\n", as_json(&table)) } else { as_text(&table) })?;
    let path = out.unwrap_or(Path::new(SCHEMA_NAME));
    if path.exists() {
        say(&format!("{SCHEMA_NAME} is there already and stays; -o FILE names another"));
    } else {
        write_durably(path, table.schema_text()?.as_bytes())?;
        say(&format!("schema  {}", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(table: &TableDescription) -> serde_json::Value {
    let mut object = json!(table);
    object["line"] = json!(table.line());
    object["warnings"] = json!(table.warnings());
    object
}

fn as_text(table: &TableDescription) -> String {
    let mut text = wrapped(&format!("{}; {}", table.line(), counted(table.n_rows, "row")), 0);
    let names: Vec<String> =
        table.columns.iter().map(|column| cut(&column.name, MOST_NAME)).collect();
    let width = names.iter().map(|name| name.width()).max().unwrap_or(0).max(6);
    text += &format!("\n{:width$}  {:8}  {:>9}  values\n", "column", "kind", "missing");
    for (name, column) in names.iter().zip(&table.columns) {
        let kind = match column.role {
            Use::Input => column.kind.name(),
            Use::Ignored => "left out",
            Use::Class => "class",
            Use::Target => "target",
        };
        let missing = grouped(column.n_missing);
        let start = format!("{}  {kind:8}  {missing:>9}  ", padded(name, width));
        let left = WIDTH.saturating_sub(start.width());
        text += &format!("{}\n", format!("{start}{}", values(column, left)).trim_end());
    }
    text
}

/// What a column has, in at most `width` characters.
fn values(column: &ColumnDescription, width: usize) -> String {
    if let Some(reason) = &column.reason {
        return cut(reason, width);
    }
    match (column.kind, column.range_text()) {
        (ColumnType::Category, _) => levels(column, width),
        (_, Some(range)) => cut(&range, width),
        (_, None) => "none".into(),
    }
}

/// The number of levels, and the first of them that fit, with their counts.
fn levels(column: &ColumnDescription, width: usize) -> String {
    let n_levels = column.levels.len();
    if n_levels == 0 {
        return cut("texts", width);
    }
    let mut text = format!("{}: ", counted(n_levels as u64, "level"));
    for (number, level) in column.levels.iter().enumerate() {
        let reserved = if number + 1 == n_levels { 0 } else { ", ...".len() };
        let count = format!(" ({})", grouped(level.count));
        let separator = if number > 0 { ", " } else { "" };
        let start = format!("{text}{separator}");
        let left = width.saturating_sub(start.width() + count.len() + reserved);
        let name = cut(&level.name, MOST_NAME);
        // Of the first level at least the start is shown.
        if name.width() > left && number > 0 {
            return start + "...";
        }
        text = format!("{start}{}{count}", cut(&name, left));
    }
    text
}
