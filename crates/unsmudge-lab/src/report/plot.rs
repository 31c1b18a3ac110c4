//! The drawing of curves in pixels: frame, lines, rings and names. It knows points and colours, not
//! series, which are the part of `curves`.

use crate::report::axis::{Axis, Range, is_drawable};
use crate::report::html::escape;

/// Sizes in CSS pixels, which the drawing keeps on the page it is made for.
pub(crate) struct Drawing {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) class: &'static str,
    pub(crate) names_at_ends: bool,
}

/// Names at the ends of curves are cut after this many characters; the legend has them whole.
const LONGEST_NAME: usize = 24;
/// Width of a character, on the safe side: the reader's font is not known.
const CHARACTER: f64 = 7.6;
/// Height of a line of text.
const LINE: f64 = 17.0;

/// Where the curves are drawn, in pixels, with its axes.
pub(crate) struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Axis,
    y: Axis,
}

impl Drawing {
    /// Whether this many names fit next to the ends of their curves.
    pub(crate) fn has_room_for(&self, n_names: usize) -> bool {
        self.names_at_ends && n_names as f64 * LINE < self.height - 80.0
    }
}

impl Plot {
    /// Axes for some points, and the room that their numbers and the names need; `None` when there
    /// is no point to draw.
    pub(crate) fn new(
        drawing: &Drawing,
        points: impl Iterator<Item = (f64, f64)> + Clone,
        names: &[&str],
    ) -> Option<Self> {
        // A point is drawn only when both of its numbers can be.
        let points = points.filter(|&(x, y)| is_drawable(x) && is_drawable(y));
        let n_ticks = if drawing.names_at_ends { 8 } else { 5 };
        let x = Axis::new(points.clone().map(|point| point.0), Range::Exact, n_ticks)?;
        let y = Axis::new(points.map(|point| point.1), Range::Round, 6)?;
        let tick = y.ticks.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
        let name = names.iter().map(|name| short(name).chars().count()).max().unwrap_or(0);
        let margin =
            if drawing.has_room_for(names.len()) { name as f64 * CHARACTER + 30.0 } else { 16.0 };
        Some(Self {
            left: tick as f64 * CHARACTER + 10.0,
            right: drawing.width - margin,
            top: 8.0,
            bottom: drawing.height - 46.0,
            x,
            y,
        })
    }

    /// Place of a point in pixels; `None` if it cannot be drawn.
    fn place(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        let across = self.left + x * (self.right - self.left);
        Some((across, self.bottom - y * (self.bottom - self.top)))
    }

    /// Grid, axes and numbers.
    pub(crate) fn frame(&self, x_label: &str) -> String {
        let Self { left, right, top, bottom, .. } = *self;
        let mut svg = format!(
            "<text class=\"label\" x=\"{right:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
            bottom + 40.0,
            escape(x_label),
        );
        for (at, label) in &self.y.ticks {
            let y = bottom - at * (bottom - top);
            let (x, baseline) = (left - 8.0, y + 4.5);
            svg.push_str(&format!(
                "<path class=\"grid\" d=\"M{left:.1} {y:.1}H{right:.1}\"/>\
                 <text x=\"{x:.1}\" y=\"{baseline:.1}\" text-anchor=\"end\">{label}</text>\n"
            ));
        }
        for (at, label) in &self.x.ticks {
            let x = left + at * (right - left);
            svg.push_str(&format!(
                "<path class=\"axis\" d=\"M{x:.1} {bottom:.1}v5\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>\n",
                bottom + 20.0
            ));
        }
        svg + &format!("<path class=\"axis\" d=\"M{left:.1} {bottom:.1}H{right:.1}\"/>\n")
    }

    /// The curve, broken where a value cannot be drawn; a point between two gaps is a dot.
    pub(crate) fn curve(&self, points: &[(f64, f64)], class: &str) -> String {
        let places: Vec<_> = points.iter().map(|&point| self.place(point)).collect();
        let mut path = String::new();
        let mut dots = String::new();
        for run in places.split(Option::is_none) {
            let run: Vec<(f64, f64)> = run.iter().copied().flatten().collect();
            if let [(x, y)] = run[..] {
                let circle = format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\"");
                dots.push_str(&format!("{circle} r=\"3.5\"/>\n"));
                continue;
            }
            for (at, (x, y)) in run.iter().enumerate() {
                let command = if at == 0 { "M" } else { "L" };
                path.push_str(&format!("{command}{x:.1} {y:.1}"));
            }
        }
        if path.is_empty() {
            dots
        } else {
            format!("<path class=\"{class}\" d=\"{path}\"/>\n{dots}")
        }
    }

    /// A ring around a point, with a tooltip.
    pub(crate) fn ring(&self, point: (f64, f64), class: &str, words: &str) -> String {
        let Some((x, y)) = self.place(point) else { return String::new() };
        format!(
            "<circle class=\"ring {class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\">\
             <title>{}</title></circle>\n",
            escape(words)
        )
    }

    /// Names next to the ends of their curves, moved apart where they would overlap, each joined to
    /// its curve by a line, so that curves can be identified without colours.
    pub(crate) fn names(&self, ends: &[(&str, (f64, f64), String)]) -> String {
        let place = |at: usize| self.place(ends[at].1).map(|(x, y)| (x, y, at));
        let mut places: Vec<(f64, f64, usize)> = (0..ends.len()).filter_map(place).collect();
        places.sort_by(|a, b| a.1.total_cmp(&b.1));
        let heights: Vec<f64> = places.iter().map(|place| place.1).collect();
        let heights = spread(&heights, LINE, self.top, self.bottom);
        let mut svg = String::new();
        for (&(x, y, at), height) in places.iter().zip(heights) {
            let (name, _, class) = &ends[at];
            let (elbow, end) = (self.right + 4.0, self.right + 18.0);
            svg.push_str(&format!(
                "<path class=\"leader {class}\" d=\"M{x:.1} {y:.1}H{elbow:.1}L{end:.1} {height:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" class=\"name\">{}</text>\n",
                end + 4.0,
                height + 4.5,
                escape(&short(name)),
            ));
        }
        svg
    }
}

/// Moves ascending heights apart to at least `gap`, within `low` to `high` as far as they fit.
fn spread(heights: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut heights = heights.to_vec();
    let mut least = low;
    for height in &mut heights {
        *height = height.max(least);
        least = *height + gap;
    }
    let mut most = high;
    for height in heights.iter_mut().rev() {
        *height = height.min(most);
        most = *height - gap;
    }
    heights
}

fn short(name: &str) -> String {
    if name.chars().count() > LONGEST_NAME {
        name.chars().take(LONGEST_NAME - 1).chain(['\u{2026}']).collect()
    } else {
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_the_ends_do_not_overlap() {
        let apart = spread(&[10.0, 11.0, 12.0, 99.0], 10.0, 0.0, 100.0);
        assert_eq!(apart, [10.0, 20.0, 30.0, 99.0]);
        assert_eq!(spread(&[98.0, 99.0], 10.0, 0.0, 100.0), [90.0, 100.0]);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(short("\u{3bd} = 0.25"), "\u{3bd} = 0.25");
        assert_eq!(short(&"\u{3bd}".repeat(30)), "\u{3bd}".repeat(23) + "\u{2026}");
    }
}
