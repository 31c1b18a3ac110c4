//! Pictures of strokes in ten classes, drawn by the tests themselves.

use unsmudge::dataset::{Dataset, ImageShape, Storage};
use unsmudge::random::{Key, Purpose};

const SIDE: usize = 28;
const N_CLASSES: u32 = 10;
const N_STROKES: usize = 3;

/// Training and held-out pictures, 28 x 28 bytes with labels. A class is three strokes; a picture
/// of it is moved by up to two pixels and drawn with a pen of its own width.
pub fn pictures(n_train: usize, n_valid: usize) -> (Dataset, Dataset) {
    let n_rows = n_train + n_valid;
    let key = |layer| Key { layer, ..Key::new(1, Purpose::Sample) };
    let place = |stream: &mut unsmudge::random::Stream| stream.between(4.0, 24.0);
    let classes: Vec<[[f64; 4]; N_STROKES]> = (0..u64::from(N_CLASSES))
        .map(|class| {
            let mut stream = key(0).at_row(class).stream();
            [(); N_STROKES].map(|()| [(); 4].map(|()| place(&mut stream)))
        })
        .collect();
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for row in 0..n_rows {
        let mut stream = key(1).at_row(row as u64).stream();
        let class = stream.whole(0, N_CLASSES - 1);
        let (right, down) = (stream.between(-2.0, 2.0), stream.between(-2.0, 2.0));
        let width = stream.between(1.0, 2.0);
        for pixel in 0..SIDE * SIDE {
            let (x, y) = ((pixel % SIDE) as f64 - right, (pixel / SIDE) as f64 - down);
            let strokes = classes[class as usize].iter();
            let nearest = strokes.map(|stroke| distance(*stroke, x, y)).fold(f64::MAX, f64::min);
            pixels.push((255.0 * (width - nearest).clamp(0.0, 1.0)) as u8);
        }
        labels.push(class);
    }
    let all = Dataset::new(Storage::Bytes(pixels), n_rows, SIDE * SIDE).unwrap();
    let all = all.with_classes(labels, None).unwrap();
    let all = all.with_image(ImageShape { height: SIDE, width: SIDE }).unwrap();
    all.split_last(n_valid).unwrap()
}

/// From a point to the stroke between two others.
fn distance([x1, y1, x2, y2]: [f64; 4], x: f64, y: f64) -> f64 {
    let (dx, dy) = (x2 - x1, y2 - y1);
    let along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy);
    let along = along.clamp(0.0, 1.0);
    (x - x1 - along * dx).hypot(y - y1 - along * dy)
}
