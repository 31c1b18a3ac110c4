//! Maps of numbers by two quantities as SVG inside of the page: a coloured cell for each number,
//! which is written in it. Red is above 0, blue below.

use crate::report::html::{drawing, escape, svg_file};

/// Panels side by side, which share their rows, columns and colours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatMap {
    /// The panels, from left to right.
    pub panels: Vec<Panel>,
    /// Labels of the rows, from top to bottom.
    pub rows: Vec<String>,
    /// Labels of the columns, from left to right.
    pub columns: Vec<String>,
    /// What the rows are.
    pub row_label: String,
    /// What the columns are.
    pub column_label: String,
    /// Caption.
    pub caption: String,
}

/// The numbers of a panel. Those that are not finite leave their cells empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    /// Written above it.
    pub title: String,
    /// A list of numbers for each row.
    pub values: Vec<Vec<f64>>,
}

/// In CSS pixels.
const CELL: (f64, f64) = (44.0, 30.0);
const GAP: f64 = 18.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 50.0;
const LEFT: f64 = 52.0;
/// The ends of the scale, and its middle.
const RED: [f64; 3] = [178.0, 24.0, 43.0];
const BLUE: [f64; 3] = [33.0, 102.0, 172.0];
const WHITE: [f64; 3] = [247.0, 247.0, 247.0];

impl HeatMap {
    pub(crate) fn html(&self) -> String {
        drawing(self.svg(), "There is no number to draw.", &self.caption)
    }

    /// The drawing as a file of its own; `None` when there is no number to draw.
    pub(super) fn file(&self, style: &str) -> Option<String> {
        svg_file(&self.svg()?, style)
    }

    /// The map in words, for screen readers.
    pub(super) fn in_words(&self) -> String {
        let titles: Vec<&str> = self.panels.iter().map(|panel| panel.title.as_str()).collect();
        let labels = (&self.row_label, &self.column_label);
        format!("Maps by {} and {}: {}.", labels.0, labels.1, titles.join(", "))
    }

    /// From the size on; `None` when there is no number to draw.
    fn svg(&self) -> Option<String> {
        let all = self.panels.iter().flat_map(|panel| panel.values.iter().flatten());
        let sizes = all.map(|value| value.abs()).filter(|size| size.is_finite());
        let most = sizes.reduce(f64::max)?;
        let panel_width = self.columns.len() as f64 * CELL.0;
        let width = LEFT + self.panels.len() as f64 * (panel_width + GAP);
        let height = TOP + self.rows.len() as f64 * CELL.1 + BOTTOM;
        let mut svg = format!(
            " style=\"max-width: {width}px\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n",
            escape(&self.in_words())
        );
        let text = |x: f64, y: f64, anchor: &str, class: &str, text: &str| {
            let text = escape(text);
            format!(
                "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>\n"
            )
        };
        let bottom = height - BOTTOM;
        for (row, label) in self.rows.iter().enumerate() {
            let y = TOP + (row as f64 + 0.5) * CELL.1 + 4.5;
            svg += &text(LEFT - 8.0, y, "end", "", label);
        }
        svg += &text(0.0, TOP - 12.0, "start", "label", &self.row_label);
        svg += &text(width - GAP, bottom + 40.0, "end", "label", &self.column_label);
        for (at, panel) in self.panels.iter().enumerate() {
            let left = LEFT + at as f64 * (panel_width + GAP);
            svg += &text(left + panel_width / 2.0, TOP - 12.0, "middle", "name", &panel.title);
            for (column, label) in self.columns.iter().enumerate() {
                let x = left + (column as f64 + 0.5) * CELL.0;
                svg += &text(x, bottom + 18.0, "middle", "", label);
            }
            for (row, values) in panel.values.iter().enumerate() {
                for (column, value) in values.iter().enumerate().filter(|(_, v)| v.is_finite()) {
                    let place = (left + column as f64 * CELL.0, TOP + row as f64 * CELL.1);
                    svg += &cell(*value, most, place);
                }
            }
        }
        Some(svg + "</svg>\n")
    }
}

/// A cell with its number.
fn cell(value: f64, most: f64, (x, y): (f64, f64)) -> String {
    let share = if most > 0.0 { value / most } else { 0.0 };
    let end = if share < 0.0 { BLUE } else { RED };
    let mixed = |k: usize| (WHITE[k] + share.abs() * (end[k] - WHITE[k])).round();
    let [red, green, blue] = [0, 1, 2].map(mixed);
    let ink = if share.abs() > 0.55 { "#ffffff" } else { "#1d2329" };
    let digits = usize::from(value.abs() < 9.95 && most < 99.5);
    let number = format!("{value:.digits$}");
    // A negative number that is rounded to 0 has no sign.
    let is_zero = number.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    let number = number.replace('-', if is_zero { "" } else { "\u{2212}" });
    format!(
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{}\" height=\"{}\" fill=\"rgb({red},{green},{blue})\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" style=\"fill: {ink}\">{number}</text>\n",
        x + 1.0,
        y + 1.0,
        CELL.0 - 2.0,
        CELL.1 - 2.0,
        x + CELL.0 / 2.0,
        y + CELL.1 / 2.0 + 4.5,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: Vec<Vec<f64>>) -> HeatMap {
        let label = |n: usize| (0..n).map(|i| format!("l{i}")).collect();
        HeatMap {
            rows: label(values.len()),
            columns: label(values.first().map_or(0, Vec::len)),
            panels: vec![Panel { title: "a < b".into(), values }],
            row_label: "noise".into(),
            column_label: "rows".into(),
            caption: "Caption.".into(),
        }
    }

    #[test]
    fn the_largest_number_is_red_its_negative_blue_and_zero_neither() {
        let html = map(vec![vec![8.0, 0.0], vec![-8.0, f64::NAN]]).html();
        let expected =
            ["rgb(178,24,43)", "rgb(33,102,172)", "rgb(247,247,247)", "a &lt; b", ">8.0<"];
        assert!(expected.iter().all(|text| html.contains(text)), "{html}");
        assert!(html.contains("\u{2212}8.0") && !html.contains("NaN"));
        let rounded = map(vec![vec![100.0, -0.4]]).html();
        assert!(rounded.contains(">0<") && !rounded.contains("\u{2212}"), "{rounded}");
        assert_eq!(html.matches("<rect").count(), 3);
    }

    #[test]
    fn without_a_number_a_sentence_says_so() {
        assert!(map(vec![vec![f64::INFINITY]]).html().contains("There is no number to draw."));
        assert!(map(Vec::new()).file("").is_none());
        assert!(map(vec![vec![0.0]]).file("s").unwrap().starts_with("<svg xmlns="));
    }
}
