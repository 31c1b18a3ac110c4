//! Columns of a table in a terminal: their widths, and text folded to them. Widths are those that a
//! terminal shows: 2 for a wide character, 0 for a mark above another.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of a terminal.
pub const TERMINAL: usize = 80;
/// Blanks between two columns in a terminal.
const GAP: usize = 2;
/// A column of words is not folded below this.
const NARROWEST: usize = 12;

/// A column of a terminal's table.
pub struct Column {
    pub name: String,
    pub cells: Vec<String>,
    pub width: usize,
    /// It does not become narrower than this: numbers stay whole, and the words above them.
    least_width: usize,
    pub is_numeric: bool,
    /// 1 when a place after each cell is kept for the star, so that digits stay in line.
    pub star: usize,
}

impl Column {
    pub fn new(name: String, cells: Vec<String>, is_numeric: bool, star: usize) -> Self {
        let of_cells = cells.iter().map(|cell| cell.width()).max().unwrap_or(0);
        let longest_word = name.split(' ').map(UnicodeWidthStr::width).max().unwrap_or(0);
        let least_width = if is_numeric { of_cells.max(longest_word + star) } else { NARROWEST };
        let width = of_cells.max(name.width() + star);
        Self { name, cells, width, least_width, is_numeric, star }
    }
}

/// A text and blanks up to `width`.
pub fn padded(text: &str, width: usize) -> String {
    text.to_string() + &blanks(text, width)
}

fn blanks(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(text.width()))
}

/// Fits columns into a terminal, a place at a time: headings above numbers are folded first,
/// then the widest column of words.
pub fn fit(columns: &mut [Column]) {
    while columns.iter().map(|column| column.width + GAP).sum::<usize>() > TERMINAL + GAP {
        let yielding = columns.iter_mut().filter(|column| column.width > column.least_width);
        let Some(column) = yielding.max_by_key(|column| (column.is_numeric, column.width)) else {
            break;
        };
        column.width -= 1;
    }
}

/// Text in lines of at most this width, broken at blanks where there are any.
pub fn fold(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.width();
        if used > 0 && used + 1 + length <= width {
            if let Some(line) = lines.last_mut() {
                line.push(' ');
                line.push_str(word);
            }
            used += 1 + length;
            continue;
        }
        if used > 0 {
            lines.push(String::new());
            used = 0;
        }
        for c in word.chars() {
            let of_c = c.width().unwrap_or(0);
            if used > 0 && used + of_c > width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += of_c;
        }
    }
    lines
}

/// The lines of one row of the table, from the lines of each of its cells.
pub fn side_by_side(columns: &[Column], lines: impl Fn(&Column) -> Vec<String>) -> Vec<String> {
    let cells: Vec<Vec<String>> = columns.iter().map(lines).collect();
    let n_lines = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let one = |(column, lines): (&Column, &Vec<String>)| {
            let (text, width) = (lines.get(at).map_or("", String::as_str), column.width);
            if column.is_numeric { blanks(text, width) + text } else { padded(text, width) }
        };
        columns.iter().zip(&cells).map(one).collect::<Vec<_>>().join(&" ".repeat(GAP))
    };
    (0..n_lines).map(line).collect()
}
