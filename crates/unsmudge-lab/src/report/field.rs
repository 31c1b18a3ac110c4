//! Arrows over a plane as SVG inside of the page: panels in rows and columns that share their axes,
//! with the same points behind all of them.

use crate::report::axis::{Axis, Range, is_drawable};
use crate::report::html::{drawing, escape, svg_file};

/// Panels of arrows over the square from `-half` to `half` along both axes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Field {
    /// What moves the points, above all panels.
    pub title: String,
    /// Half the side of the square, 1 or more.
    pub half: f32,
    /// Behind the arrows of every panel. Those outside of the square are left out.
    pub points: Vec<[f32; 2]>,
    /// Written above each column of panels.
    pub titles: Vec<String>,
    /// Rows of panels, from top to bottom.
    pub rows: Vec<Arrows>,
    /// What the axes are: the one to the right, the one upwards.
    pub labels: [String; 2],
    /// Caption.
    pub caption: String,
}

/// A row of panels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arrows {
    /// What the arrows are, in a few words.
    pub label: String,
    /// Whether arrows have a dot where they begin.
    pub are_dotted: bool,
    /// The arrows of each panel, from where to where. Those that begin outside of the square or do
    /// not end are left out.
    pub panels: Vec<Vec<[[f32; 2]; 2]>>,
}

/// In CSS pixels: a panel, the room between two, and that around all.
const SIDE: f64 = 280.0;
const GAP: f64 = 14.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 34.0;
const LEFT: f64 = 72.0;
/// The head of an arrow, at most.
const HEAD: f64 = 5.0;
/// A shorter arrow is a dot.
const SHORTEST: f64 = 1.0;
/// No arrow is drawn further than so many sides of a panel: the rest is cut.
const FURTHEST: f64 = 100.0;

impl Field {
    pub(crate) fn html(&self) -> String {
        drawing(self.svg(), "There is no arrow to draw.", &self.caption)
    }

    /// The drawing as a file of its own; `None` when there is no arrow to draw.
    pub(super) fn file(&self, style: &str) -> Option<String> {
        svg_file(&self.svg()?, style)
    }

    /// The panels in words, for screen readers.
    pub(super) fn in_words(&self) -> String {
        let rows: Vec<&str> = self.rows.iter().map(|row| row.label.as_str()).collect();
        let [x, y] = &self.labels;
        let (rows, titles) = (rows.join(", "), self.titles.join(", "));
        format!("{}, arrows over {x} and {y}: {rows}; {titles}.", self.title)
    }

    /// From the size on; `None` when there is no arrow to draw.
    fn svg(&self) -> Option<String> {
        let panels = || self.rows.iter().flat_map(|row| &row.panels);
        panels().flatten().find_map(|arrow| self.ends(arrow))?;
        let ticks = self.ticks()?;
        let width = LEFT + self.titles.len() as f64 * (SIDE + GAP);
        let bottom = TOP + self.rows.len() as f64 * (SIDE + GAP) - GAP;
        let height = bottom + BOTTOM;
        let mut svg = format!(
            " style=\"max-width: {width}px\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">\n",
            escape(&self.in_words())
        );
        svg += &text((LEFT, 16.0), "start", "label", &self.title);
        let left = |column: usize| LEFT + column as f64 * (SIDE + GAP);
        for (column, title) in self.titles.iter().enumerate() {
            let middle = left(column) + SIDE / 2.0;
            svg += &text((middle, TOP - 10.0), "middle", "name", title);
            svg += &text((middle, bottom + 32.0), "middle", "", &self.labels[0]);
            for (place, label) in &ticks {
                svg += &text((left(column) + place * SIDE, bottom + 16.0), "middle", "", label);
            }
        }
        let points = dots(self.points.iter().filter_map(|point| self.place(*point)));
        for (row, arrows) in self.rows.iter().enumerate() {
            let top = TOP + row as f64 * (SIDE + GAP);
            for (place, label) in &ticks {
                svg += &text((LEFT - 6.0, top + (1.0 - place) * SIDE + 4.5), "end", "", label);
            }
            svg += &upright((12.0, top + SIDE / 2.0), "name", &arrows.label);
            svg += &upright((34.0, top + SIDE / 2.0), "", &self.labels[1]);
            for (column, panel) in arrows.panels.iter().enumerate() {
                svg += &format!(
                    "<svg x=\"{}\" y=\"{top}\" width=\"{SIDE}\" height=\"{SIDE}\" class=\"c{}\">\n\
                     <path class=\"points\" d=\"{points}\"/>\n{}\
                     <rect class=\"axis\" width=\"{SIDE}\" height=\"{SIDE}\"/></svg>\n",
                    left(column),
                    row % 8 + 1,
                    self.drawn(panel, arrows.are_dotted)
                );
            }
        }
        Some(svg + "</svg>\n")
    }

    /// Whole numbers along an axis: their places, 0 to 1, and how they are written.
    fn ticks(&self) -> Option<Vec<(f64, String)>> {
        let half = f64::from(self.half);
        let last = half.floor();
        let axis = Axis::new([-last, last].into_iter(), Range::Exact, 5)?;
        let place = |place: f64| 0.5 + (place - 0.5) * last / half;
        Some(axis.ticks.into_iter().map(|(at, label)| (place(at), label)).collect())
    }

    /// Arrows of a panel as one path, and their beginnings as another.
    fn drawn(&self, panel: &[[[f32; 2]; 2]], are_dotted: bool) -> String {
        let ends: Vec<[(f64, f64); 2]> = panel.iter().filter_map(|of| self.ends(of)).collect();
        let lines: String = ends.iter().map(arrow).collect();
        let lines = format!("<path class=\"arrows\" d=\"{lines}\"/>\n");
        if !are_dotted {
            return lines;
        }
        let begins = dots(ends.iter().map(|[from, _]| *from));
        format!("{lines}<path class=\"begins\" d=\"{begins}\"/>\n")
    }

    /// Both ends in pixels of a panel; `None` for an arrow that is left out.
    fn ends(&self, [from, to]: &[[f32; 2]; 2]) -> Option<[(f64, f64); 2]> {
        let (from, to) = (self.place(*from)?, self.pixels(*to));
        let is_near = |x: f64| is_drawable(x) && x.abs() < FURTHEST * SIDE;
        (is_near(to.0) && is_near(to.1)).then_some([from, to])
    }

    /// Pixels of a point in the square.
    fn place(&self, point: [f32; 2]) -> Option<(f64, f64)> {
        (self.half >= 1.0 && point.iter().all(|x| x.abs() <= self.half)).then(|| self.pixels(point))
    }

    fn pixels(&self, [x, y]: [f32; 2]) -> (f64, f64) {
        let share = |x: f32| 0.5 * (1.0 + f64::from(x) / f64::from(self.half));
        (SIDE * share(x), SIDE * (1.0 - share(y)))
    }
}

/// The line and the head of an arrow, as a part of a path.
fn arrow([from, to]: &[(f64, f64); 2]) -> String {
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    let length = (x * x + y * y).sqrt();
    if length < SHORTEST {
        return format!("M{:.1} {:.1}h0", from.0, from.1);
    }
    let head = HEAD.min(0.5 * length) / length;
    let (along, across) = ((head * x, head * y), (-0.5 * head * y, 0.5 * head * x));
    format!(
        "M{:.1} {:.1}L{:.1} {:.1}M{:.1} {:.1}L{:.1} {:.1} {:.1} {:.1}",
        from.0,
        from.1,
        to.0,
        to.1,
        to.0 - along.0 + across.0,
        to.1 - along.1 + across.1,
        to.0,
        to.1,
        to.0 - along.0 - across.0,
        to.1 - along.1 - across.1
    )
}

/// Dots as a path of lines of no length.
fn dots(places: impl Iterator<Item = (f64, f64)>) -> String {
    places.map(|(x, y)| format!("M{x:.1} {y:.1}h0")).collect()
}

fn text((x, y): (f64, f64), anchor: &str, class: &str, text: &str) -> String {
    format!(
        "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>\n",
        escape(text)
    )
}

/// Text that is read upwards, in the middle of a place.
fn upright((x, y): (f64, f64), class: &str, text: &str) -> String {
    format!(
        "<text class=\"{class}\" transform=\"translate({x:.1} {y:.1}) rotate(-90)\" \
         text-anchor=\"middle\">{}</text>\n",
        escape(text)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(panel: Vec<[[f32; 2]; 2]>) -> Field {
        let row = Arrows { label: "up & down".into(), are_dotted: true, panels: vec![panel] };
        Field {
            title: "t".into(),
            half: 2.5,
            points: vec![[0.0, 0.0], [9.0, 0.0]],
            titles: vec!["noise < 1".into()],
            rows: vec![row],
            labels: ["x", "y"].map(String::from),
            caption: "Caption.".into(),
        }
    }

    #[test]
    fn an_arrow_goes_from_its_place_to_its_end_and_upwards_is_up() {
        let html = field(vec![[[-2.5, -2.5], [0.0, 2.5]]]).html();
        let expected = [
            "M0.0 280.0L140.0 0.0M", // from the corner to the middle above
            "class=\"points\" d=\"M140.0 140.0h0\"", // the other point is outside
            "class=\"begins\" d=\"M0.0 280.0h0\"",
            "noise &lt; 1",
            "up &amp; down",
            "\u{2212}2",
        ];
        expected.iter().for_each(|text| assert!(html.contains(text), "{text}: {html}"));
    }

    #[test]
    fn whatever_the_arrows_every_number_of_the_drawing_is_finite() {
        let (nan, inf) = (f32::NAN, f32::INFINITY);
        let good = [[0.0, 0.0], [1.0, 1.0]];
        for bad in [[[nan, 0.0], [0.0; 2]], [[0.0; 2], [inf, 0.0]], [[0.0; 2], [0.0, -3e38]]] {
            let html = field(vec![good, bad, [[0.0; 2]; 2]]).html();
            assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
            assert_eq!(html.matches('L').count(), 2, "one arrow: {html}");
            assert!(field(vec![bad]).html().contains("There is no arrow to draw."));
        }
        assert!(Field::default().file("").is_none());
        assert!(field(vec![good]).file("s").unwrap().starts_with("<svg xmlns="));
    }
}
