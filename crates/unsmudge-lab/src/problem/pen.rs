//! Drawn digits: a way of writing is bent, slanted, stretched and turned as a hand would, scaled
//! and centred as MNIST is (a box of 20 x 20 pixels, centred by its mass), and inked with a pen
//! that has a soft edge.

use crate::problem::SIDE;
use crate::problem::template::{Point, TEMPLATES};
use std::f64::consts::TAU;
use unsmudge::random::Stream;

/// Side of the box that the ink fills, in pixels.
const BOX: f32 = 20.0;
/// Straight stretches that a curve is drawn with between two of its points.
const N_STEPS: usize = 5;
/// Width of the pen's soft edge, in pixels.
const EDGE: f32 = 1.4;

/// Draws a digit of a random class and returns the class.
pub fn draw(stream: &mut Stream, pixels: &mut [u8]) -> u32 {
    let class = stream.whole(0, TEMPLATES.len() as u32 - 1);
    let ways = TEMPLATES[class as usize];
    let template = ways[stream.whole(0, ways.len() as u32 - 1) as usize];
    let hand = Hand::new(stream);
    let mut stretches = Vec::with_capacity(128);
    let mut last: Option<(Point, Point)> = None; // where the last piece ended: planned, written
    for piece in template {
        let mut written: Vec<Point> = piece.iter().map(|&p| hand.write(p, stream)).collect();
        if let (Some((planned, end)), Some(first)) = (last, written.first_mut())
            && planned == piece[0]
        {
            *first = end;
        }
        last = piece.last().copied().zip(written.last().copied());
        smooth(&written, &mut stretches);
    }
    let radius = stream.between(0.75, 1.7) as f32;
    let nudge = [stream.between(-0.5, 0.5) as f32, stream.between(-0.5, 0.5) as f32];
    fit(&mut stretches, radius, nudge);
    ink(&stretches, radius, pixels);
    centre(pixels);
    class
}

/// How one digit's writer moves every point.
struct Hand {
    waves: [Wave; 3],
    matrix: [[f32; 2]; 2],
    tremble: f64,
}

/// One low-frequency wave of displacement.
struct Wave {
    frequency: Point,
    phase: f32,
    shift: Point,
}

impl Hand {
    fn new(stream: &mut Stream) -> Self {
        let waves = [(); 3].map(|()| {
            let (towards, along) = (stream.between(0.0, TAU), stream.between(0.0, TAU));
            let frequency = stream.between(1.5, 5.0); // radians across the digit
            let size = stream.between(0.0, 0.12);
            Wave {
                frequency: [libm::cos(towards) as f32, libm::sin(towards) as f32]
                    .map(|f| f * frequency as f32),
                phase: stream.between(0.0, TAU) as f32,
                shift: [libm::cos(along) as f32, libm::sin(along) as f32].map(|f| f * size as f32),
            }
        });
        let width = stream.between(0.45, 1.05) as f32;
        let slant = (0.14 + 0.24 * stream.normal()).clamp(-0.4, 0.7) as f32;
        let (sine, cosine) = libm::sincos((0.15 * stream.normal()).clamp(-0.4, 0.4));
        let (sine, cosine) = (sine as f32, cosine as f32);
        // Turn after slant after width.
        let matrix =
            [[cosine * width, -cosine * slant - sine], [sine * width, -sine * slant + cosine]];
        Self { waves, matrix, tremble: stream.between(0.02, 0.06) }
    }

    fn write(&self, planned: Point, stream: &mut Stream) -> Point {
        let mut point = planned.map(|c| c + (self.tremble * stream.normal()) as f32 - 0.5);
        for Wave { frequency, phase, shift } in &self.waves {
            let angle = frequency[0] * planned[0] + frequency[1] * planned[1] + phase;
            let sine = libm::sinf(angle);
            point = [point[0] + shift[0] * sine, point[1] + shift[1] * sine];
        }
        self.matrix.map(|row| row[0] * point[0] + row[1] * point[1])
    }
}

/// A straight line from one point to another.
type Stretch = [Point; 2];

/// Passes a Catmull-Rom curve through the points.
fn smooth(points: &[Point], stretches: &mut Vec<Stretch>) {
    let n = points.len();
    for i in 1..n {
        // At its ends a curve goes on as it came.
        let (a, b) = (points[i - 1], points[i]);
        let before = if i > 1 { points[i - 2] } else { mirrored(b, a) };
        let after = if i + 1 < n { points[i + 1] } else { mirrored(a, b) };
        let mut from = a;
        for step in 1..=N_STEPS {
            let to = between([before, a, b, after], step as f32 / N_STEPS as f32);
            stretches.push([from, to]);
            from = to;
        }
    }
}

fn mirrored(point: Point, at: Point) -> Point {
    [2.0 * at[0] - point[0], 2.0 * at[1] - point[1]]
}

/// Catmull and Rom's curve from the second to the third point.
fn between([p, a, b, q]: [Point; 4], t: f32) -> Point {
    [0, 1].map(|k| {
        let (p, a, b, q) = (p[k], a[k], b[k], q[k]);
        let cubic = 3.0 * (a - b) + q - p;
        let square = 2.0 * p - 5.0 * a + 4.0 * b - q;
        a + 0.5 * t * (b - p + t * (square + t * cubic))
    })
}

/// Scales the drawing into the box and moves it to the middle of the picture.
fn fit(stretches: &mut [Stretch], radius: f32, nudge: Point) {
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for point in stretches.iter().flatten() {
        low = [0, 1].map(|k| low[k].min(point[k]));
        high = [0, 1].map(|k| high[k].max(point[k]));
    }
    let extent = (high[0] - low[0]).max(high[1] - low[1]).max(1e-3);
    let scale = (BOX - 2.0 * radius) / extent;
    let centre = (SIDE as f32 - 1.0) / 2.0;
    for point in stretches.iter_mut().flatten() {
        *point = [0, 1].map(|k| (point[k] - (low[k] + high[k]) / 2.0) * scale + nudge[k] + centre);
    }
}

/// Inks every pixel by its distance to the nearest stretch.
fn ink(stretches: &[Stretch], radius: f32, pixels: &mut [u8]) {
    let reach = radius + EDGE / 2.0;
    let mut nearest = [reach * reach; SIDE * SIDE]; // squared distances
    for &[a, b] in stretches {
        let [columns, rows] = [0, 1].map(|k| {
            let low = (a[k].min(b[k]) - reach).ceil().max(0.0) as usize;
            let high = (a[k].max(b[k]) + reach).floor().min(SIDE as f32 - 1.0) as usize;
            low..high + 1
        });
        let (along_x, along_y) = (b[0] - a[0], b[1] - a[1]);
        let inverse = 1.0 / (along_x * along_x + along_y * along_y).max(1e-9);
        for row in rows {
            let line = &mut nearest[row * SIDE..][..SIDE];
            let y = row as f32 - a[1];
            for column in columns.clone() {
                let x = column as f32 - a[0];
                let t = ((x * along_x + y * along_y) * inverse).clamp(0.0, 1.0);
                let (off_x, off_y) = (x - t * along_x, y - t * along_y);
                line[column] = line[column].min(off_x * off_x + off_y * off_y);
            }
        }
    }
    for (pixel, squared) in pixels.iter_mut().zip(nearest) {
        let ink = (reach - squared.sqrt()) / EDGE;
        *pixel = (255.0 * ink.min(1.0)) as u8;
    }
}

/// Moves the picture by whole pixels so that the mass of its ink is in the middle, as MNIST does;
/// by no more than what is free around the box.
fn centre(pixels: &mut [u8]) {
    let (mut mass, mut x, mut y) = (0, 0, 0); // at most 784 x 27 x 255
    for (index, &ink) in pixels.iter().enumerate() {
        let ink = i32::from(ink);
        mass += ink;
        x += ink * (index % SIDE) as i32;
        y += ink * (index / SIDE) as i32;
    }
    let free = (SIDE as i32 - BOX as i32) / 2 - 1; // less what nudge and soft edge may take
    let middle = (SIDE as f32 - 1.0) / 2.0;
    let shift = |moment: i32| {
        let shift = middle - moment as f32 / mass.max(1) as f32;
        (shift.round() as i32).clamp(-free, free)
    };
    let by = shift(y) * SIDE as i32 + shift(x);
    // The free border is black, so that nothing of a row wraps into the next.
    if by >= 0 {
        pixels.rotate_right(by as usize)
    } else {
        pixels.rotate_left(by.unsigned_abs() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::random::{Key, Purpose};

    #[test]
    fn a_curve_passes_through_its_points_and_two_points_are_a_line() {
        let mut stretches = Vec::new();
        let points = [[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]];
        smooth(&points, &mut stretches);
        assert_eq!(stretches.len(), 2 * N_STEPS);
        assert_eq!(stretches[0][0], points[0]);
        assert_eq!(stretches[N_STEPS - 1][1], points[1]);
        assert_eq!(stretches[2 * N_STEPS - 1][1], points[2]);
        stretches.clear();
        smooth(&points[..2], &mut stretches);
        assert!(stretches.iter().all(|[_, to]| (to[1] - 2.0 * to[0]).abs() < 1e-5));
    }

    #[test]
    fn a_dot_is_moved_to_the_middle_but_never_over_the_edge() {
        let dot = |row: usize, column: usize| {
            let mut pixels = [0u8; SIDE * SIDE];
            pixels[row * SIDE + column] = 9;
            centre(&mut pixels);
            pixels.iter().position(|&pixel| pixel == 9).map(|place| (place / SIDE, place % SIDE))
        };
        assert_eq!(dot(12, 15), Some((14, 13)));
        assert_eq!(dot(3, 24), Some((6, 21)));
    }

    #[test]
    fn every_class_is_drawn_about_equally_often_and_inside_of_the_picture() {
        let mut counts = [0i32; 10];
        for row in 0..5_000 {
            let mut pixels = [0u8; SIDE * SIDE];
            let mut stream = Key::new(8, Purpose::Problem).at_row(row).stream();
            counts[draw(&mut stream, &mut pixels) as usize] += 1;
            // What wraps over an edge would be on both sides.
            let left = (0..SIDE).any(|y| pixels[y * SIDE] > 0);
            let right = (1..=SIDE).any(|y| pixels[y * SIDE - 1] > 0);
            assert!(!(left && right), "row {row}");
        }
        // Five deviations of 21.2.
        assert!(counts.iter().all(|count| (count - 500).abs() < 107), "{counts:?}");
    }
}
