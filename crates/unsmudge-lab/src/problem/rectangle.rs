//! Rectangles, as outlines (`rect`) and cut out of photographs (`rect-img`). Label 1 is higher
//! than wide.

use crate::problem::{N_PIXELS, SIDE};
use unsmudge::random::Stream;

/// A rectangle inside the picture, in pixels.
#[derive(Debug, Clone, Copy)]
struct Rectangle {
    top: usize,
    left: usize,
    height: usize,
    width: usize,
}

impl Rectangle {
    /// Height and width uniform on {least..28} until `fits` accepts them, then the corner uniform
    /// over the places where it is inside the picture.
    fn draw(stream: &mut Stream, least: usize, fits: impl Fn(usize, usize) -> bool) -> Self {
        let side = SIDE as u32;
        loop {
            let height = stream.whole(least as u32, side) as usize;
            let width = stream.whole(least as u32, side) as usize;
            if fits(height, width) {
                let top = stream.whole(0, side - height as u32) as usize;
                let left = stream.whole(0, side - width as u32) as usize;
                return Self { top, left, height, width };
            }
        }
    }

    fn label(self) -> u32 {
        u32::from(self.height > self.width)
    }

    /// Distance of the pixel to the border from inside: 0 is the border; `None` outside.
    fn depth(self, row: usize, column: usize) -> Option<usize> {
        let down = row.checked_sub(self.top)?;
        let right = column.checked_sub(self.left)?;
        let up = (self.height - 1).checked_sub(down)?;
        let left = (self.width - 1).checked_sub(right)?;
        Some(down.min(right).min(up).min(left))
    }
}

/// `rect`: sides 4 to 28 that differ by 3 at least; the outline is one pixel wide.
pub fn draw_outline(stream: &mut Stream, pixels: &mut [u8]) -> u32 {
    let rectangle = Rectangle::draw(stream, 4, |height, width| height.abs_diff(width) >= 3);
    for (index, pixel) in pixels.iter_mut().enumerate() {
        *pixel = match rectangle.depth(index / SIDE, index % SIDE) {
            Some(0) => 255,
            _ => 0,
        };
    }
    rectangle.label()
}

/// `rect-img`: sides 10 to 28 that differ by 5 at least, 25 to 75 % of the picture; border and
/// inside from one patch, the rest from another.
pub fn draw_cut(
    stream: &mut Stream,
    inside: impl Iterator<Item = u8>,
    outside: impl Iterator<Item = u8>,
    pixels: &mut [u8],
) -> u32 {
    let areas = N_PIXELS / 4..=N_PIXELS * 3 / 4;
    let rectangle = Rectangle::draw(stream, 10, |height, width| {
        height.abs_diff(width) >= 5 && areas.contains(&(height * width))
    });
    let sources = inside.zip(outside).enumerate();
    for (pixel, (index, (inside, outside))) in pixels.iter_mut().zip(sources) {
        *pixel = match rectangle.depth(index / SIDE, index % SIDE) {
            Some(_) => inside,
            None => outside,
        };
    }
    rectangle.label()
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::random::{Key, Purpose};

    #[test]
    fn a_cut_rectangle_obeys_its_rules_and_shows_both_patches() {
        let mut labels = [0; 2];
        for row in 0..2_000 {
            let mut stream = Key::new(3, Purpose::Problem).at_row(row).stream();
            let mut pixels = [0u8; N_PIXELS];
            let (inside, outside) = (std::iter::repeat(200), std::iter::repeat(100));
            let label = draw_cut(&mut stream, inside, outside, &mut pixels);
            let marked = |n: &usize| pixels[n * SIDE..(n + 1) * SIDE].contains(&200);
            let height = (0..SIDE).filter(marked).count();
            let area = pixels.iter().filter(|&&pixel| pixel == 200).count();
            let width = area / height;
            assert_eq!(area, height * width);
            assert!(pixels.iter().all(|pixel| [100, 200].contains(pixel)));
            assert!(height >= 10 && width >= 10 && height.abs_diff(width) >= 5);
            assert!((196..=588).contains(&area));
            assert_eq!(label, u32::from(height > width));
            labels[label as usize] += 1;
        }
        // Five standard deviations of a fair coin.
        assert!((labels[0] - 1_000i32).abs() < 112, "{labels:?}");
    }
}
