//! Tables of text, for the page and for terminals. Numbers are recognised, to be set flush right,
//! and compared to mark the best; no number is changed.

mod layout; // columns of a terminal
#[cfg(test)]
mod tests;

use crate::report::html::{self, escape};
pub use layout::padded;
use layout::{Column, TERMINAL, fit, fold, side_by_side};

/// A table. Short rows are filled up with empty cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// One heading for each column.
    pub header: Vec<String>,
    /// The rows; the first cell names the row.
    pub rows: Vec<Vec<String>>,
    /// What the table shows.
    pub caption: String,
    /// Which cells are marked. A cell counts by the number it begins with.
    pub best: Best,
}

/// The cells of a table that are marked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Best {
    /// None.
    #[default]
    Nothing,
    /// The best of each of these columns, counted from 0.
    OfColumns(Vec<(usize, Better)>),
    /// The best of each row.
    OfRows(Better),
    /// None, but cells of the page are shaded: 0 not at all, 4 the strongest.
    Shaded(Vec<Vec<u8>>),
}

/// Which number is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// The smallest, as of losses and error rates.
    Lower,
    /// The largest, as of accuracies.
    Higher,
}

impl Table {
    /// The table for a terminal, at most 80 characters wide unless its numbers need more: words are
    /// folded, numbers never. The best cells carry a star. Every line ends with a line feed.
    pub fn text(&self) -> String {
        let best = self.best_cells();
        let mut columns: Vec<Column> = (0..self.n_columns())
            .map(|at| {
                let star = usize::from(best.iter().any(|&(_, column)| column == at));
                let mut cells: Vec<String> =
                    self.rows.iter().map(|row| plain(cell(row, at)) + &" ".repeat(star)).collect();
                for &(row, _) in best.iter().filter(|&&(_, column)| column == at) {
                    cells[row].pop();
                    cells[row].push('*');
                }
                Column::new(plain(cell(&self.header, at)), cells, self.is_numeric(at), star)
            })
            .collect();
        fit(&mut columns);

        let mut lines = Vec::new();
        if !self.caption.is_empty() {
            lines.extend(fold(&plain(&self.caption), TERMINAL));
            lines.push(String::new());
        }
        lines.extend(side_by_side(&columns, |column| {
            // A heading ends above the last digit, not above the star.
            let star = " ".repeat(column.star);
            let names = fold(&column.name, column.width - column.star);
            names.into_iter().map(|name| name + &star).collect()
        }));
        lines.extend(side_by_side(&columns, |column| vec!["-".repeat(column.width)]));
        for row in 0..self.rows.len() {
            lines.extend(side_by_side(&columns, |column| {
                if column.is_numeric {
                    vec![column.cells[row].clone()]
                } else {
                    fold(&column.cells[row], column.width)
                }
            }));
        }
        if !best.is_empty() {
            lines.push(format!("* {}", self.best_note()));
        }
        lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// The table for the page.
    pub(crate) fn html(&self) -> String {
        let best = self.best_cells();
        let numeric: Vec<bool> = (0..self.n_columns()).map(|c| self.is_numeric(c)).collect();
        let class = |column: usize| if numeric[column] { " class=\"n\"" } else { "" };
        let header: String = (0..numeric.len())
            .map(|c| {
                format!("<th scope=\"col\"{}>{}</th>", class(c), escape(cell(&self.header, c)))
            })
            .collect();
        let mut rows = String::new();
        for (row, cells) in self.rows.iter().enumerate() {
            rows.push_str("<tr>");
            for (column, is_numeric) in numeric.iter().enumerate() {
                let (class, text) = (class(column), escape(cell(cells, column)));
                let is_best = best.contains(&(row, column));
                rows.push_str(&match (column, is_best, self.shade(row, column)) {
                    (0, ..) => format!("<th scope=\"row\"{class}>{text}</th>"),
                    (_, true, _) => format!("<td{class}><strong>{text}</strong></td>"),
                    (_, _, 0) => format!("<td{class}>{text}</td>"),
                    (_, _, shade) => {
                        let class = if *is_numeric { "n s" } else { "s" };
                        format!("<td class=\"{class}{shade}\">{text}</td>")
                    }
                });
            }
            rows.push_str("</tr>\n");
        }
        let note = match self.best_note() {
            "" => String::new(),
            note => format!(" Bold: {note}."),
        };
        let caption = html::caption(format!("{}{note}", self.caption).trim());
        let label = if self.caption.is_empty() { "Table" } else { &self.caption };
        // Wide tables scroll inside of their frame, which the keyboard can reach; the caption
        // stays.
        format!(
            "<figure class=\"table\">\n{caption}\
             <div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n<table>\n\
             <thead>\n<tr>{header}</tr>\n</thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n\
             </figure>\n",
            escape(label)
        )
    }

    /// How strongly a cell is shaded.
    fn shade(&self, row: usize, column: usize) -> u8 {
        match &self.best {
            Best::Shaded(shades) => {
                shades.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0)
            }
            _ => 0,
        }
    }

    pub(super) fn n_columns(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0).max(self.header.len())
    }

    /// Whether a column holds numbers and gaps only, and at least one number.
    pub(super) fn is_numeric(&self, column: usize) -> bool {
        let cells = || self.rows.iter().map(|row| cell(row, column).trim());
        cells().any(is_number) && cells().all(|text| is_number(text) || is_gap(text))
    }

    /// Row and column of every cell to be marked; equals are all best. One number alone is not.
    pub(super) fn best_cells(&self) -> Vec<(usize, usize)> {
        let column = |at: usize| (0..self.rows.len()).map(|row| (row, at)).collect::<Vec<_>>();
        let row = |at: usize| (1..self.n_columns()).map(|column| (at, column)).collect();
        let lines: Vec<(Vec<(usize, usize)>, Better)> = match &self.best {
            Best::Nothing | Best::Shaded(_) => Vec::new(),
            Best::OfColumns(columns) => {
                columns.iter().map(|&(at, better)| (column(at), better)).collect()
            }
            Best::OfRows(better) => (0..self.rows.len()).map(|at| (row(at), *better)).collect(),
        };
        let of_line = |(places, better): (Vec<(usize, usize)>, Better)| {
            let number = |&(row, column): &(usize, usize)| {
                Some(((row, column), leading_number(cell(self.rows.get(row)?, column))?))
            };
            let numbers: Vec<_> = places.iter().filter_map(number).collect();
            let values = numbers.iter().map(|&(_, value)| value);
            let most = match better {
                Better::Lower => values.reduce(f64::min),
                Better::Higher => values.reduce(f64::max),
            };
            let is_best = move |(_, value): &((usize, usize), f64)| Some(*value) == most;
            let is_one_of_several = numbers.len() > 1;
            numbers.into_iter().filter(is_best).filter(move |_| is_one_of_several).map(|n| n.0)
        };
        lines.into_iter().flat_map(of_line).collect()
    }

    /// What the mark means, if any cell has it.
    fn best_note(&self) -> &'static str {
        match (&self.best, self.best_cells().is_empty()) {
            (_, true) | (Best::Nothing | Best::Shaded(_), _) => "",
            (Best::OfColumns(_), _) => "best of its column",
            (Best::OfRows(_), _) => "best of its row",
        }
    }
}

pub(super) fn cell(cells: &[String], column: usize) -> &str {
    cells.get(column).map_or("", String::as_str)
}

/// Text on one line, without the control characters that would steer a terminal.
fn plain(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' | '\r' => ' ',
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.trim().chars().map(shown).collect()
}

/// The text of a cell without a number.
fn is_gap(text: &str) -> bool {
    matches!(text, "" | "-" | "\u{2013}" | "\u{2014}" | "NaN" | "inf" | "-inf" | "n/a")
}

/// A number, perhaps with an interval (`2.80 +- 0.14`) and a short unit (`71 s`, `12 %`).
fn is_number(text: &str) -> bool {
    leading_number(text).is_some() && text.chars().filter(|c| c.is_alphabetic()).count() <= 3
}

/// The finite number that a text begins with.
fn leading_number(text: &str) -> Option<f64> {
    let text = text.trim().replace('\u{2212}', "-").replace(',', "");
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    // The longest beginning that is a number: `2.80+-0.14` begins with one.
    let value = (1..=end).rev().find_map(|end| text[..end].parse::<f64>().ok())?;
    value.is_finite().then_some(value)
}
