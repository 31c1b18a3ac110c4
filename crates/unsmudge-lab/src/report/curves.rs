//! Learning curves as SVG inside of the page: one drawing for wide pages with the names at the
//! ends of the curves, one for narrow pages with a legend; the style shows one of them.

use crate::report::axis::is_drawable;
use crate::report::html::{caption, escape, svg_file};
use crate::report::plot::{Drawing, Plot};

/// Curves over one axis. Values that are not finite leave a gap; nothing is smoothed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curves {
    /// The curves. There are eight colours; the next eight curves are dashed.
    pub series: Vec<Series>,
    /// Label of the x axis, for example `epoch`.
    pub x_label: String,
    /// Label of the y axis, with its unit, for example `cross-entropy (nats per example)`.
    pub y_label: String,
    /// Caption.
    pub caption: String,
}

/// One curve.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// A short name, written at the end of the curve.
    pub name: String,
    /// (x, y), in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
    /// The x of the point to be ringed: the best epoch.
    pub best: Option<f64>,
}

const WIDE: Drawing = Drawing { width: 760.0, height: 380.0, class: "wide", names_at_ends: true };
const NARROW: Drawing =
    Drawing { width: 340.0, height: 260.0, class: "narrow", names_at_ends: false };

/// Number of colours in the style.
const N_COLOURS: usize = 8;

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
        let class = if WIDE.has_room_for(self.series.len()) { "" } else { " crowded" };
        figure(&format!("{legend}{y_label}{wide}{narrow}"), class)
    }

    /// The wide drawing as a file of its own; `None` when there is no point to draw.
    pub(super) fn file(&self, style: &str) -> Option<String> {
        let svg = self.svg(&WIDE)?;
        svg_file(svg.strip_prefix("<svg class=\"wide\"")?, style)
    }

    fn caption(&self) -> String {
        caption(&self.caption_text())
    }

    /// The caption, which explains the rings.
    pub(super) fn caption_text(&self) -> String {
        let n_ringed = self.series.iter().filter_map(Series::best_point).count();
        let text = self.caption.trim();
        match n_ringed {
            0 => text.into(),
            1 => format!("{text} The ring marks the best.").trim().into(),
            _ => format!("{text} Rings mark the best of each.").trim().into(),
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

    /// `None` when there is no point to draw.
    fn svg(&self, drawing: &Drawing) -> Option<String> {
        let names: Vec<&str> = self.series.iter().map(|series| series.name.as_str()).collect();
        let points = self.series.iter().flat_map(|series| &series.points).copied();
        let plot = Plot::new(drawing, points, &names)?;
        let mut svg = format!(
            "<svg class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
            drawing.class,
            drawing.width,
            drawing.height,
            escape(&self.in_words()),
        );
        svg.push_str(&plot.frame(&self.x_label));
        for (at, series) in self.series.iter().enumerate() {
            svg.push_str(&plot.curve(&series.points, &class(at)));
        }
        // Rings are drawn over all curves.
        for (at, series) in self.series.iter().enumerate() {
            if let Some((x, y)) = series.best_point() {
                let words = format!("{}: best {} at {}", series.name, rounded(y), rounded(x));
                svg.push_str(&plot.ring((x, y), &class(at), &words));
            }
        }
        if drawing.has_room_for(names.len()) {
            let end = |(at, series): (usize, &'_ Series)| {
                Some((names[at], series.drawn().next_back()?, class(at)))
            };
            let ends: Vec<_> = self.series.iter().enumerate().filter_map(end).collect();
            svg.push_str(&plot.names(&ends));
        }
        Some(svg + "</svg>\n")
    }

    /// The curves in words, for screen readers.
    pub(super) fn in_words(&self) -> String {
        let one = |series: &Series| match (series.drawn().next(), series.drawn().next_back()) {
            (Some(first), Some(last)) => format!(
                "{}: {} at {}, {} at {}",
                series.name,
                rounded(first.1),
                rounded(first.0),
                rounded(last.1),
                rounded(last.0),
            ),
            _ => format!("{}: no points", series.name),
        };
        let curves: Vec<String> = self.series.iter().map(one).collect();
        format!("Curves of {} against {}. {}.", self.y_label, self.x_label, curves.join("; "))
    }
}

impl Series {
    /// The points that can be drawn.
    fn drawn(&self) -> impl DoubleEndedIterator<Item = (f64, f64)> {
        self.points.iter().copied().filter(|&(x, y)| is_drawable(x) && is_drawable(y))
    }

    /// The point to be ringed, when there is one and it can be drawn.
    fn best_point(&self) -> Option<(f64, f64)> {
        self.drawn().find(|&(x, _)| Some(x) == self.best)
    }
}

fn class(at: usize) -> String {
    let dashed = if at / N_COLOURS % 2 == 1 { " dashed" } else { "" };
    format!("c{}{dashed}", at % N_COLOURS + 1)
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
