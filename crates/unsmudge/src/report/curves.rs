//! Learning curves as SVG inside of the page: one drawing for wide pages with the names at the
//! ends of the curves, one for narrow pages with a legend; the style shows one of them.

use crate::report::axis::{Axis, Range, is_drawable};
use crate::report::html::{caption, escape};

/// Curves over one axis. Values that are not finite leave a gap; nothing is smoothed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curves {
    /// The curves. Eight colours are told apart; the next eight are dashed.
    pub series: Vec<Series>,
    /// What is along the bottom, for example `epoch`.
    pub x_label: String,
    /// What is upwards, with its unit, for example `cross-entropy (nats per example)`.
    pub y_label: String,
    /// What is seen, below the curves.
    pub caption: String,
}

/// One curve.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Its name, short: it stands at the end of the curve.
    pub name: String,
    /// (x, y), in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
    /// The x of the point to be ringed: the best epoch.
    pub best: Option<f64>,
}

/// Sizes in CSS pixels, which the drawing keeps on the page it is made for.
struct Drawing {
    width: f64,
    height: f64,
    class: &'static str,
    names_at_ends: bool,
}

const WIDE: Drawing = Drawing { width: 760.0, height: 380.0, class: "wide", names_at_ends: true };
const NARROW: Drawing =
    Drawing { width: 340.0, height: 260.0, class: "narrow", names_at_ends: false };

/// Colours there are in the style.
const N_COLOURS: usize = 8;
/// Names at the ends of curves are cut after this many characters; the legend has them whole.
const LONGEST_NAME: usize = 24;
/// Width of a character, on the safe side: the reader's font is not known.
const CHARACTER: f64 = 7.6;
/// Height of a line of text.
const LINE: f64 = 17.0;

/// Where the curves are drawn, in pixels, with its axes.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: Axis,
    y: Axis,
}

impl Curves {
    pub(crate) fn html(&self) -> String {
        let figure = |inner: &str, class: &str| {
            format!("<figure class=\"curves{class}\">\n{inner}{}</figure>\n", self.caption())
        };
        let (Some(wide), Some(narrow)) = (self.svg(&WIDE), self.svg(&NARROW)) else {
            return figure("<p class=\"empty\">There is no point to draw.</p>\n", "");
        };
        let legend = self.legend();
        let y_label = format!("<p class=\"label\">{}</p>\n", escape(&self.y_label));
        // Too many names do not fit at the ends: then the wide drawing has the legend as well.
        let class = if self.names_fit(&WIDE) { "" } else { " crowded" };
        figure(&format!("{legend}{y_label}{wide}{narrow}"), class)
    }

    fn caption(&self) -> String {
        let n_ringed = self.series.iter().filter_map(Series::best_point).count();
        let text = self.caption.trim();
        match n_ringed {
            0 => caption(text),
            1 => caption(format!("{text} The ring marks the best.").trim()),
            _ => caption(format!("{text} Rings mark the best of each.").trim()),
        }
    }

    fn legend(&self) -> String {
        let entry = |(at, series): (usize, &Series)| {
            let swatch = "<svg width=\"24\" height=\"10\" aria-hidden=\"true\">";
            let line = format!("<path class=\"{}\" d=\"M1 5H23\"/></svg>", class(at));
            format!("<li>{swatch}{line}{}</li>\n", escape(&series.name))
        };
        let entries: String = self.series.iter().enumerate().map(entry).collect();
        format!("<ul class=\"legend\">\n{entries}</ul>\n")
    }

    fn names_fit(&self, drawing: &Drawing) -> bool {
        drawing.names_at_ends && self.series.len() as f64 * LINE < drawing.height - 80.0
    }

    /// `None` when there is no point to draw.
    fn svg(&self, drawing: &Drawing) -> Option<String> {
        let plot = self.plot(drawing)?;
        let mut svg = format!(
            "<svg class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
            drawing.class,
            drawing.width,
            drawing.height,
            escape(&self.in_words()),
        );
        svg.push_str(&plot.frame(&self.x_label));
        for (at, series) in self.series.iter().enumerate() {
            svg.push_str(&plot.curve(series, class(at)));
        }
        // Rings lie over all curves.
        for (at, series) in self.series.iter().enumerate() {
            svg.push_str(&plot.ring(series, class(at)));
        }
        if self.names_fit(drawing) {
            svg.push_str(&plot.names(&self.series));
        }
        Some(svg + "</svg>\n")
    }

    fn plot(&self, drawing: &Drawing) -> Option<Plot> {
        // A point is drawn only when both of its numbers can be.
        let points = || {
            let points = self.series.iter().flat_map(|series| &series.points);
            points.copied().filter(|&(x, y)| is_drawable(x) && is_drawable(y))
        };
        let n_ticks = if drawing.names_at_ends { 8 } else { 5 };
        let x = Axis::new(points().map(|point| point.0), Range::Exact, n_ticks)?;
        let y = Axis::new(points().map(|point| point.1), Range::Round, 6)?;
        let longest = |labels: &mut dyn Iterator<Item = usize>| labels.max().unwrap_or(0) as f64;
        let tick = longest(&mut y.ticks.iter().map(|(_, label)| label.chars().count()));
        let name = longest(&mut self.series.iter().map(|s| short(&s.name).chars().count()));
        let names = if self.names_fit(drawing) { name * CHARACTER + 30.0 } else { 16.0 };
        Some(Plot {
            left: tick * CHARACTER + 10.0,
            right: drawing.width - names,
            top: 8.0,
            bottom: drawing.height - 46.0,
            x,
            y,
        })
    }

    /// The curves for those who cannot see them.
    fn in_words(&self) -> String {
        let one = |series: &Series| {
            let drawn = || series.points.iter().filter(|(x, y)| is_drawable(*x) && is_drawable(*y));
            match (drawn().next(), drawn().next_back()) {
                (Some(first), Some(last)) => format!(
                    "{}: {} at {}, {} at {}",
                    series.name,
                    rounded(first.1),
                    rounded(first.0),
                    rounded(last.1),
                    rounded(last.0),
                ),
                _ => format!("{}: no points", series.name),
            }
        };
        let curves: Vec<String> = self.series.iter().map(one).collect();
        format!("Curves of {} against {}. {}.", self.y_label, self.x_label, curves.join("; "))
    }
}

impl Series {
    /// The point to be ringed, when there is one and it can be drawn.
    fn best_point(&self) -> Option<(f64, f64)> {
        let is_best = |&&(x, y): &&(f64, f64)| Some(x) == self.best && is_drawable(y);
        self.points.iter().find(is_best).copied()
    }
}

impl Plot {
    /// Place of a point in pixels; `None` if it cannot be drawn.
    fn place(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        let (x, y) = (self.x.place(x)?, self.y.place(y)?);
        let across = self.left + x * (self.right - self.left);
        Some((across, self.bottom - y * (self.bottom - self.top)))
    }

    fn frame(&self, x_label: &str) -> String {
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
    fn curve(&self, series: &Series, class: String) -> String {
        let places: Vec<_> = series.points.iter().map(|&point| self.place(point)).collect();
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
        match path.is_empty() {
            true => dots,
            false => format!("<path class=\"{class}\" d=\"{path}\"/>\n{dots}"),
        }
    }

    fn ring(&self, series: &Series, class: String) -> String {
        let best = series.best_point();
        let Some(((x, y), place)) = best.zip(best.and_then(|point| self.place(point))) else {
            return String::new();
        };
        format!(
            "<circle class=\"ring {class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\">\
             <title>{}: best {} at {}</title></circle>\n",
            place.0,
            place.1,
            escape(&series.name),
            rounded(y),
            rounded(x),
        )
    }

    /// Names beside the ends of their curves, moved apart where they would overlap, each joined to
    /// its curve by a line: nobody needs the colours to tell them apart.
    fn names(&self, series: &[Series]) -> String {
        let mut ends: Vec<(f64, f64, usize)> = Vec::new();
        for (at, series) in series.iter().enumerate() {
            let last = series.points.iter().rev().find_map(|&point| self.place(point));
            ends.extend(last.map(|(x, y)| (x, y, at)));
        }
        ends.sort_by(|a, b| a.1.total_cmp(&b.1));
        let heights: Vec<f64> = ends.iter().map(|end| end.1).collect();
        let heights = spread(&heights, LINE, self.top, self.bottom);
        let mut svg = String::new();
        for (&(x, y, at), height) in ends.iter().zip(heights) {
            let (elbow, end) = (self.right + 4.0, self.right + 18.0);
            svg.push_str(&format!(
                "<path class=\"leader {}\" d=\"M{x:.1} {y:.1}H{elbow:.1}L{end:.1} {height:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" class=\"name\">{}</text>\n",
                class(at),
                end + 4.0,
                height + 4.5,
                escape(&short(&series[at].name)),
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

fn class(at: usize) -> String {
    let dashed = if at / N_COLOURS % 2 == 1 { " dashed" } else { "" };
    format!("c{}{dashed}", at % N_COLOURS + 1)
}

fn short(name: &str) -> String {
    match name.chars().count() > LONGEST_NAME {
        true => name.chars().take(LONGEST_NAME - 1).chain(['\u{2026}']).collect(),
        false => name.into(),
    }
}

/// Four digits for reading, counts whole; the exact numbers are in the files of the run.
fn rounded(value: f64) -> String {
    let size = value.abs();
    if size < 1e6 && value.fract() == 0.0 {
        return format!("{:.0}", value + 0.0); // -0 becomes 0
    }
    if !(1e-3..1e6).contains(&size) {
        return format!("{value:.3e}");
    }
    let n_decimals = match size {
        s if s >= 1000.0 => 0,
        s if s >= 100.0 => 1,
        s if s >= 10.0 => 2,
        s if s >= 1.0 => 3,
        _ => 4,
    };
    format!("{value:.n_decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves(series: &[&[(f64, f64)]]) -> Curves {
        let one = |points: &&[(f64, f64)]| Series {
            name: "nu".into(),
            points: points.to_vec(),
            best: points.first().map(|point| point.0),
        };
        let series = series.iter().map(one).collect();
        Curves { series, x_label: "epoch".into(), y_label: "loss".into(), ..Curves::default() }
    }

    #[test]
    fn a_gap_breaks_the_curve_and_leaves_a_dot() {
        let (nan, inf) = (f64::NAN, f64::INFINITY);
        let points = [(1.0, 4.0), (2.0, 3.0), (3.0, nan), (4.0, 2.0), (5.0, inf), (nan, 1.0)];
        let html = curves(&[&points]).html();
        assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
        let wide = html.split("<svg class=\"").nth(1).unwrap();
        assert_eq!(wide.matches("r=\"3.5\"").count(), 1);
        let path = wide.split("<path class=\"c1\" d=\"").nth(1).unwrap();
        assert_eq!(path.split('"').next().unwrap().matches(['M', 'L']).count(), 2);
    }

    #[test]
    fn whatever_the_points_every_number_of_the_drawing_is_finite() {
        let cases: &[&[&[(f64, f64)]]] = &[
            &[&[(1.0, 2.0)]],
            &[&[], &[(1.0, 0.0)]],
            &[&[(1.0, 7.0), (2.0, 7.0)]],
            &[&[(0.0, -1e300), (1e300, 1e300)]],
            &[&[(1.0, 1e-300), (2.0, 1e300)]],
            &[&[(1.0, f64::MAX), (2.0, 1.0)]],
            &[&[(5e-324, 5e-324), (0.0, 0.0)]],
        ];
        for &case in cases {
            let html = curves(case).html();
            assert!(html.contains("<svg class=\"wide\""), "{case:?}");
            let outside = ["NaN", "inf", "=\"-", "d=\"M-"];
            assert!(!outside.iter().any(|text| html.contains(text)), "{case:?}: {html}");
        }
    }

    #[test]
    fn without_points_a_sentence_says_so() {
        for empty in [curves(&[]), curves(&[&[]]), curves(&[&[(1.0, f64::NAN)]])] {
            assert!(empty.html().contains("There is no point to draw."));
        }
    }

    #[test]
    fn names_at_the_ends_do_not_overlap() {
        let apart = spread(&[10.0, 11.0, 12.0, 99.0], 10.0, 0.0, 100.0);
        assert_eq!(apart, [10.0, 20.0, 30.0, 99.0]);
        assert_eq!(spread(&[98.0, 99.0], 10.0, 0.0, 100.0), [90.0, 100.0]);
    }

    #[test]
    fn a_ninth_series_is_dashed_and_many_take_the_legend() {
        assert_eq!((class(0), class(7), class(8)), ("c1".into(), "c8".into(), "c1 dashed".into()));
        let points: &[(f64, f64)] = &[(1.0, 1.0), (2.0, 2.0)];
        assert!(!curves(&[points; 8]).html().contains("crowded"));
        assert!(curves(&[points; 30]).html().contains("crowded"));
    }

    #[test]
    fn numbers_for_reading_have_four_digits() {
        let cases =
            [(70.681, "70.68"), (-0.0, "0"), (12.0, "12"), (1234.5, "1234"), (1e-7, "1.000e-7")];
        for (value, text) in cases {
            assert_eq!(rounded(value), text);
        }
    }
}
