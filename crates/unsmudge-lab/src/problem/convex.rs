//! White regions, convex or not. A convex one is an intersection of random half-planes; another
//! one a union of such intersections that fails the convexity test.
//!
//! A set of pixels is convex when it holds every pixel whose centre is in the convex hull of its
//! centres. Any intersection of half-planes passes this test, which is exact in whole numbers.

use crate::problem::{N_PIXELS, SIDE};
use std::f64::consts::TAU;
use unsmudge::random::Stream;

/// Chance to stop before each further half-plane: of a convex region, of a part of another one.
/// With counts from 0 they balance the mean white areas of the two classes.
const STOP_CONVEX: f64 = 0.195;
const STOP_PART: f64 = 0.07;
/// Fewest white pixels of a convex region, and of a part of another one.
const LEAST_CONVEX: usize = 19;
const LEAST_PART: usize = 10;

/// Draws a region; the label is 1 for a convex one, and both have the same chance.
pub fn draw(stream: &mut Stream, pixels: &mut [u8]) -> u32 {
    let label = stream.whole(0, 1);
    pixels.fill(0);
    if label == 1 {
        add_convex(stream, STOP_CONVEX, LEAST_CONVEX, pixels);
        return label;
    }
    loop {
        for _ in 0..stream.whole(2, 4) {
            add_convex(stream, STOP_PART, LEAST_PART, pixels);
        }
        if !is_convex(pixels) {
            return label;
        }
        pixels.fill(0);
    }
}

/// Whitens the intersection of a random number of half-planes, drawn until `least` pixels remain.
fn add_convex(stream: &mut Stream, stop: f64, least: usize, pixels: &mut [u8]) {
    let mut kept: Vec<u16> = Vec::with_capacity(N_PIXELS);
    loop {
        // Geometric with support from 0, by inversion.
        let n_planes = (libm::log(1.0 - stream.unit()) / libm::log(1.0 - stop)) as u32;
        kept.clear();
        kept.extend(0..N_PIXELS as u16);
        for _ in 0..n_planes {
            cut(stream, &mut kept);
            if kept.len() < least {
                break;
            }
        }
        if kept.len() >= least {
            kept.iter().for_each(|&index| pixels[usize::from(index)] = 255);
            return;
        }
    }
}

/// Keeps the pixels on one side of a line through a uniform point in a uniform direction.
fn cut(stream: &mut Stream, kept: &mut Vec<u16>) {
    let side = SIDE as f64;
    let (x, y) = (stream.between(0.0, side) - 0.5, stream.between(0.0, side) - 0.5);
    let (sine, cosine) = libm::sincos(stream.between(0.0, TAU));
    kept.retain(|&index| {
        let (row, column) = (usize::from(index) / SIDE, usize::from(index) % SIDE);
        (column as f64 - x) * cosine + (row as f64 - y) * sine >= 0.0
    });
}

/// Whether no black pixel is in the convex hull of the white ones.
pub fn is_convex(pixels: &[u8]) -> bool {
    let hull = hull(pixels);
    let inside = |point: [i32; 2]| {
        let mut edges = hull.iter().zip(hull.iter().cycle().skip(1));
        edges.all(|(&from, &to)| turn(from, to, point) >= 0)
    };
    let centre = |index: usize| [(index % SIDE) as i32, (index / SIDE) as i32];
    let flat = hull.len() < 3; // all on one line: no edge has an inside
    pixels.iter().enumerate().all(|(index, &pixel)| {
        let point = centre(index);
        pixel != 0 || if flat { !between(&hull, point) } else { !inside(point) }
    })
}

/// Twice the signed area of the triangle: positive if `c` is to the left of the line from a to b.
fn turn(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> i32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// Whether the point is on the segment, which is a hull of fewer than three corners.
fn between(hull: &[[i32; 2]], point: [i32; 2]) -> bool {
    let (Some(&a), Some(&b)) = (hull.first(), hull.last()) else { return false };
    let within = |k: usize| a[k].min(b[k]) <= point[k] && point[k] <= a[k].max(b[k]);
    turn(a, b, point) == 0 && within(0) && within(1)
}

/// Corners of the convex hull of the white pixels (monotone chain over the ends of each row).
fn hull(pixels: &[u8]) -> Vec<[i32; 2]> {
    let mut ends: Vec<[i32; 2]> = Vec::with_capacity(2 * SIDE);
    for (y, row) in pixels.chunks_exact(SIDE).enumerate() {
        let first = row.iter().position(|&pixel| pixel != 0);
        let last = row.iter().rposition(|&pixel| pixel != 0);
        ends.extend(first.iter().chain(&last).map(|&x| [x as i32, y as i32]));
    }
    ends.sort_unstable();
    ends.dedup();
    let mut lower = chain(ends.iter());
    let mut upper = chain(ends.iter().rev());
    if ends.len() > 1 {
        lower.pop();
        upper.pop();
        lower.append(&mut upper);
    }
    lower
}

fn chain<'a>(points: impl Iterator<Item = &'a [i32; 2]>) -> Vec<[i32; 2]> {
    let mut corners: Vec<[i32; 2]> = Vec::new();
    for &point in points {
        while let [.., a, b] = corners[..]
            && turn(a, b, point) <= 0
        {
            corners.pop();
        }
        corners.push(point);
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::random::{Key, Purpose};

    fn picture(rows: &[&str]) -> Vec<u8> {
        let mut pixels = vec![0; N_PIXELS];
        for (y, row) in rows.iter().enumerate() {
            for (x, letter) in row.bytes().enumerate() {
                pixels[y * SIDE + x] = if letter == b'#' { 255 } else { 0 };
            }
        }
        pixels
    }

    #[test]
    fn squares_lines_and_diamonds_are_convex_notches_and_gaps_are_not() {
        for convex in [&["###", "###"][..], &["#"], &["####"], &[".#.", "###", ".#."], &[]] {
            assert!(is_convex(&picture(convex)), "{convex:?}");
        }
        for other in [&["#.#"][..], &["#.#", "###"], &["##..", "##..", "####"], &["#", "", "#"]] {
            assert!(!is_convex(&picture(other)), "{other:?}");
        }
    }

    #[test]
    fn every_label_agrees_with_the_test_and_white_areas_balance() {
        let (mut counts, mut areas) = ([0u32; 2], [0usize; 2]);
        for row in 0..6_000 {
            let mut pixels = [0u8; N_PIXELS];
            let label = draw(&mut Key::new(5, Purpose::Problem).at_row(row).stream(), &mut pixels);
            assert_eq!(is_convex(&pixels), label == 1, "row {row}");
            let area = pixels.iter().filter(|&&pixel| pixel == 255).count();
            assert!(area >= if label == 1 { LEAST_CONVEX } else { LEAST_PART });
            counts[label as usize] += 1;
            areas[label as usize] += area;
        }
        let means = [0, 1].map(|label| areas[label] as f64 / f64::from(counts[label]));
        // Five standard deviations: of a fair coin, and of a mean of 3,000 areas (each about 250).
        assert!((f64::from(counts[0]) - 3_000.0).abs() < 194.0, "{counts:?}");
        assert!(means.iter().all(|mean| (mean - 451.0).abs() < 24.0), "{means:?}");
    }
}
