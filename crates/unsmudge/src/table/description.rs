//! What was found in a table: its layout, and for each column its kind, what it is used for, its
//! range or levels, and its missing cells.

use super::format::{DecimalMark, Separator};
use crate::text::{grouped, listed};
use serde::{Deserialize, Serialize};

/// A table, as it was found and as it is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableDescription {
    /// What stands between cells; `None` where columns have types, as in Parquet.
    #[serde(with = "crate::text::optional", default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<Separator>,
    /// Whether columns have names, in a table as text in its first line.
    pub header: bool,
    /// The decimal mark.
    #[serde(with = "crate::text")]
    pub decimal: DecimalMark,
    /// Whether the other mark divides digits by threes.
    pub thousands: bool,
    /// Number of lines before the table.
    pub skip: usize,
    /// Whether rows begin with a name that the header has no column for; it is not used.
    pub row_names: bool,
    /// Number of rows below the header.
    pub n_rows: u64,
    /// Words for missing cells in addition to the usual ones.
    pub missing: Vec<String>,
    /// The columns of the file, in order.
    pub columns: Vec<ColumnDescription>,
}

/// One column of a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDescription {
    /// Its name, or its number from 1 where there is no header.
    pub name: String,
    /// What its cells are.
    pub kind: ColumnType,
    /// What it is used for.
    pub role: Use,
    /// The least and the greatest number; of a date in days since 1970, of a time in seconds.
    pub range: Option<(f64, f64)>,
    /// The levels of a category, in order; none where there are too many.
    pub levels: Vec<Level>,
    /// Number of missing cells.
    pub n_missing: u64,
    /// Why it is left out, where nobody asked for that: `counts the rows`.
    pub reason: Option<String>,
}

/// One level of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Its text.
    pub name: String,
    /// Number of its cells.
    pub count: u64,
}

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Numbers.
    Number,
    /// One of several texts.
    Category,
    /// Dates, which are read as days since 1970.
    Date,
    /// Dates with a time of day, which are read as seconds since 1970.
    Time,
}

/// What a column is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// An input.
    #[default]
    Input,
    /// Not used.
    Ignored,
    /// A class to predict; of several columns each is a label of 0 or 1.
    Class,
    /// A number to predict.
    Target,
}

impl ColumnType {
    /// Its name: `number`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Category => "category",
            Self::Date => "date",
            Self::Time => "time",
        }
    }
}

/// `1 date`, `2 dates`.
fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{} {}", grouped(count as u64), if count == 1 { one } else { more })
}

impl TableDescription {
    /// Number of missing cells of all columns.
    pub fn n_missing(&self) -> u64 {
        self.columns.iter().map(|column| column.n_missing).sum()
    }

    /// The columns that are used for this.
    pub fn used_for(&self, role: Use) -> impl Iterator<Item = &ColumnDescription> {
        self.columns.iter().filter(move |column| column.role == role)
    }

    /// One line: `table, commas, header, 3 columns: 2 numbers; 1 missing cell; classes in "c"`.
    pub fn line(&self) -> String {
        let separator = match self.separator {
            None => "typed columns".to_string(),
            Some(Separator::Byte(b',')) => "commas".to_string(),
            Some(Separator::Byte(b'\t')) => "tabs".to_string(),
            Some(Separator::Byte(b';')) => "semicolons".to_string(),
            Some(Separator::Byte(b'|')) => "bars".to_string(),
            Some(Separator::Spaces) => "spaces".to_string(),
            Some(other) => format!("separator {other}"),
        };
        let mut parts = vec!["table".to_string(), separator];
        if self.skip > 0 {
            parts.push(format!("{} skipped", counted(self.skip, "line", "lines")));
        }
        match (self.decimal, self.thousands) {
            (DecimalMark::Comma, _) => parts.push("decimal commas".into()),
            (DecimalMark::Point, true) => parts.push("commas between thousands".into()),
            (DecimalMark::Point, false) => {}
        }
        if self.separator.is_some() {
            parts.push(if self.header { "header" } else { "no header" }.into());
        }
        if self.row_names {
            parts.push("row names left out".into());
        }
        parts.push(counted(self.columns.len(), "column", "columns"));
        let missing = counted(self.n_missing() as usize, "missing cell", "missing cells");
        format!("{}: {}; {missing}; {}", parts.join(", "), self.kinds(), self.predicted())
    }

    /// `6 numbers, 8 categories, 1 left out`.
    fn kinds(&self) -> String {
        let count = |kind| self.used_for(Use::Input).filter(|column| column.kind == kind).count();
        let all = [
            (count(ColumnType::Number), "number", "numbers"),
            (count(ColumnType::Category), "category", "categories"),
            (count(ColumnType::Date), "date (in days)", "dates (in days)"),
            (count(ColumnType::Time), "time (in seconds)", "times (in seconds)"),
            (self.used_for(Use::Ignored).count(), "left out", "left out"),
        ];
        let kinds = all.iter().filter(|(count, ..)| *count > 0);
        let kinds: Vec<String> = kinds.map(|(n, one, more)| counted(*n, one, more)).collect();
        if kinds.is_empty() { "no inputs".into() } else { kinds.join(", ") }
    }

    fn predicted(&self) -> String {
        let names =
            |role| self.used_for(role).map(|column| column.name.clone()).collect::<Vec<_>>();
        let (classes, targets) = (names(Use::Class), names(Use::Target));
        match (classes.len(), targets.len()) {
            (0, 0) => "no classes".into(),
            (1, _) => format!("classes in {}", listed(&classes)),
            (0, _) => format!("targets in {}", listed(&targets)),
            _ => format!("labels in {}", listed(&classes)),
        }
    }

    /// What is said of columns that are left out, though nobody asked for that.
    pub fn warnings(&self) -> Vec<String> {
        let mut reasons: Vec<&str> =
            self.columns.iter().filter_map(|column| column.reason.as_deref()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let with = |reason: &&str| {
            let of = self.columns.iter().filter(|column| column.reason.as_deref() == Some(*reason));
            let names: Vec<String> = of.map(|column| column.name.clone()).collect();
            format!("left out: {}, which {reason}", listed(&names))
        };
        reasons.iter().map(with).collect()
    }
}

impl ColumnDescription {
    /// Its least and greatest value in words, dates as dates: `17 to 90`.
    pub fn range_text(&self) -> Option<String> {
        self.range.map(|range| range_text(self.kind, range))
    }
}

/// The least and greatest value of a column in words, dates as dates.
pub(crate) fn range_text(kind: ColumnType, (least, most): (f64, f64)) -> String {
    let text = |value: f64| match kind {
        ColumnType::Date => date_text(value as i64),
        ColumnType::Time => time_text(value),
        _ if value != 0.0 && !(1e-4..1e15).contains(&value.abs()) => format!("{value:e}"),
        _ => value.to_string(),
    };
    let end = if least == most { "only".into() } else { format!("to {}", text(most)) };
    format!("{} {end}", text(least))
}

/// The date and time of day that are so many seconds after 1970-01-01.
pub(crate) fn time_text(seconds: f64) -> String {
    let seconds = seconds.floor() as i64;
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{} {hour:02}:{minute:02}:{:02}", date_text(day), second % 60)
}

/// The day of the Gregorian calendar that is `days` after 1970-01-01, as in ISO 8601 (Hinnant,
/// chrono-compatible low-level date algorithms: years begin in March, so that leap days are last).
pub(crate) fn date_text(days: i64) -> String {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: ColumnType, role: Use) -> ColumnDescription {
        let (range, levels, reason) = (Some((0.0, 1.0)), Vec::new(), None);
        ColumnDescription { name: name.into(), kind, role, range, levels, n_missing: 2131, reason }
    }

    fn table() -> TableDescription {
        let id = ColumnDescription {
            reason: Some("counts the rows".into()),
            n_missing: 0,
            ..column("id", ColumnType::Number, Use::Ignored)
        };
        TableDescription {
            separator: Some(Separator::Byte(b',')),
            header: true,
            decimal: DecimalMark::Point,
            thousands: false,
            skip: 0,
            row_names: false,
            n_rows: 4000,
            missing: Vec::new(),
            columns: vec![
                column("age", ColumnType::Number, Use::Input),
                id,
                column("income", ColumnType::Category, Use::Class),
            ],
        }
    }

    #[test]
    fn one_line_says_what_a_table_is() {
        let line = "table, commas, header, 3 columns: 1 number, 1 left out; 4,262 missing cells; \
                    classes in \"income\"";
        assert_eq!(table().line(), line);
        let mut table = table();
        table.columns.truncate(1);
        table.columns[0].n_missing = 1;
        table.columns[0].kind = ColumnType::Date;
        let (separator, decimal) = (Some(Separator::Spaces), DecimalMark::Comma);
        let table = TableDescription { separator, decimal, header: false, skip: 2, ..table };
        let line = "table, spaces, 2 lines skipped, decimal commas, no header, 1 column: 1 date (in \
                    days); 1 missing cell; no classes";
        assert_eq!(table.line(), line);
    }

    #[test]
    fn columns_that_are_left_out_unasked_are_warned_of() {
        assert_eq!(table().warnings(), ["left out: \"id\", which counts the rows"]);
        let asked = ColumnDescription { reason: None, ..table().columns[1].clone() };
        let table = TableDescription { columns: vec![asked], ..table() };
        assert!(table.warnings().is_empty());
        assert!(table.line().contains("1 column: 1 left out;"), "{}", table.line());
    }

    #[test]
    fn ranges_of_dates_are_dates() {
        let range = |kind, least, most| {
            let range = Some((least, most));
            ColumnDescription { range, ..column("x", kind, Use::Input) }.range_text().unwrap()
        };
        assert_eq!(range(ColumnType::Date, -1.0, 11_016.0), "1969-12-31 to 2000-02-29");
        let time = "1970-01-02 00:00:00 to 1970-01-02 01:01:01";
        assert_eq!(range(ColumnType::Time, 86_400.0, 90_061.5), time);
        assert_eq!(range(ColumnType::Number, 0.25, 90.0), "0.25 to 90");
        assert_eq!(range(ColumnType::Number, 1e-9, 1e300), "1e-9 to 1e300");
        assert_eq!(range(ColumnType::Number, 3.0, 3.0), "3 only");
    }
}
