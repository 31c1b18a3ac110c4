//! The eight problems from outside: sizes, labels, sameness, hostile input, and how near they are
//! to what they model: `rect` to the original files, drawn digits to handwritten ones.

use std::fs;
use std::io::Read;
use std::path::Path;
use unsmudge::dataset::{Dataset, ImageShape, Splits, Storage, Targets};
use unsmudge::processor::Context;
use unsmudge_lab::problem::{
    Digits, MOST_ROWS, N_PIXELS, Problem, SIDE, Size, Sources, Textures, read_photos,
};

fn size(train: usize, valid: usize, test: usize) -> Size {
    Size { train, valid, test }
}

fn pixels(examples: &Dataset) -> &[u8] {
    examples.bytes().unwrap()
}

fn labels(examples: &Dataset) -> &[u32] {
    examples.classes().unwrap()
}

fn is_same(one: &Dataset, other: &Dataset) -> bool {
    pixels(one) == pixels(other) && labels(one) == labels(other)
}

/// Two threads.
fn context() -> Context {
    Context::new(Some(2)).unwrap()
}

fn drawn(problem: Problem, size: Size, seed: u64) -> Splits {
    problem.generate(size, seed, &Sources::default(), &context()).unwrap()
}

#[test]
fn every_problem_has_the_parts_shape_and_classes_that_it_promises() {
    for problem in Problem::ALL {
        let splits = drawn(problem, size(300, 20, 10), 1);
        let parts = [&splits.train, splits.valid.as_ref().unwrap(), splits.test.as_ref().unwrap()];
        for (part, n_rows) in parts.into_iter().zip([300, 20, 10]) {
            assert_eq!((part.n_rows(), part.n_columns()), (n_rows, N_PIXELS));
            assert_eq!(part.image(), Some(ImageShape { height: SIDE, width: SIDE }));
            assert_eq!(labels(part).len(), n_rows);
        }
        let mut classes = labels(&splits.train).to_vec();
        classes.sort_unstable();
        classes.dedup();
        let all: Vec<u32> = (0..problem.n_classes() as u32).collect();
        assert_eq!(classes, all, "{problem}");
        let only = drawn(problem, size(3, 0, 0), 1);
        assert!(only.valid.is_none() && only.test.is_none());
        let paper = problem.default_size();
        assert_eq!(paper.test, 50_000);
    }
}

#[test]
fn rows_do_not_depend_on_threads_or_on_how_many_are_asked_for_but_on_the_seed() {
    for problem in Problem::ALL {
        let alone = drawn(problem, size(40, 10, 20), 7);
        for n_threads in [1, 3] {
            let context = Context::new(Some(n_threads)).unwrap();
            let again = problem.generate(size(40, 10, 20), 7, &Sources::default(), &context);
            let again = again.unwrap();
            for (again, alone) in [
                (&again.train, &alone.train),
                (again.valid.as_ref().unwrap(), alone.valid.as_ref().unwrap()),
                (again.test.as_ref().unwrap(), alone.test.as_ref().unwrap()),
            ] {
                assert!(is_same(again, alone), "{problem}");
            }
        }
        // The training file is train, then valid; both files start with the rows of a smaller one.
        let file = drawn(problem, size(80, 0, 30), 7);
        let n = N_PIXELS;
        assert_eq!(pixels(&alone.train), &pixels(&file.train)[..40 * n], "{problem}");
        assert_eq!(pixels(alone.valid.as_ref().unwrap()), &pixels(&file.train)[40 * n..50 * n]);
        let (test, longer) = (alone.test.as_ref().unwrap(), file.test.as_ref().unwrap());
        assert_eq!(pixels(test), &pixels(longer)[..20 * n], "{problem}");
        assert_eq!(labels(test), &labels(longer)[..20]);
        assert_ne!(&pixels(test)[..10 * n], &pixels(&alone.train)[..10 * n], "{problem}");
        let other = drawn(problem, size(40, 10, 20), 8).train;
        assert!(!is_same(&other, &alone.train), "{problem}");
    }
}

#[test]
fn backgrounds_lie_behind_the_digits_of_basic_and_rot() {
    let of = |problem| drawn(problem, size(400, 0, 0), 3).train;
    let (basic, rot) = (of(Problem::Basic), of(Problem::Rot));
    let pairs = [(Problem::BgRand, &basic), (Problem::BgImg, &basic), (Problem::RotBgImg, &rot)];
    for (problem, digit) in pairs {
        let examples = of(problem);
        assert_eq!(labels(&examples), labels(digit));
        assert!(pixels(&examples).iter().zip(pixels(digit)).all(|(seen, ink)| seen >= ink));
        let ground: Vec<u8> = pixels(&examples)
            .iter()
            .zip(pixels(digit))
            .filter_map(|(&seen, &ink)| (ink == 0).then_some(seen))
            .collect();
        if problem == Problem::BgRand {
            let mut counts = [0f64; 256];
            ground.iter().for_each(|&value| counts[usize::from(value)] += 1.0);
            let expected = ground.len() as f64 / 256.0;
            let chi: f64 = counts.iter().map(|n| (n - expected).powi(2) / expected).sum();
            // 255 degrees of freedom: mean 255, deviation 22.6; five deviations.
            assert!((chi - 255.0).abs() < 113.0, "chi-squared {chi}");
        }
    }
}

#[test]
fn turned_digits_keep_their_ink() {
    let of = |problem| drawn(problem, size(200, 0, 0), 3).train;
    let (basic, rot) = (of(Problem::Basic), of(Problem::Rot));
    let ink = |row: &[u8]| row.iter().map(|&pixel| f64::from(pixel)).sum::<f64>();
    let rows = pixels(&basic).chunks_exact(N_PIXELS).zip(pixels(&rot).chunks_exact(N_PIXELS));
    for (straight, turned) in rows {
        assert!((ink(turned) / ink(straight) - 1.0).abs() < 0.05);
        assert_ne!(straight, turned);
    }
}

/// Height, width, top and left of the outline in a picture, after checking that it is one.
fn outline(picture: &[u8]) -> [usize; 4] {
    let rows: Vec<usize> =
        (0..SIDE).filter(|&y| picture[y * SIDE..][..SIDE].contains(&255)).collect();
    let columns: Vec<usize> =
        (0..SIDE).filter(|&x| (0..SIDE).any(|y| picture[y * SIDE + x] == 255)).collect();
    let (top, left) = (rows[0], columns[0]);
    let (bottom, right) = (rows[rows.len() - 1], columns[columns.len() - 1]);
    for (index, &pixel) in picture.iter().enumerate() {
        let (y, x) = (index / SIDE, index % SIDE);
        let within = (top..=bottom).contains(&y) && (left..=right).contains(&x);
        let on = within && (y == top || y == bottom || x == left || x == right);
        assert_eq!(pixel, if on { 255 } else { 0 });
    }
    [bottom - top + 1, right - left + 1, top, left]
}

/// Outlines with their labels, every one held to the rules of `rect`.
fn outlines(pixels: &[u8], labels: &[u32]) -> Vec<[usize; 4]> {
    let found: Vec<_> = pixels.chunks_exact(N_PIXELS).map(outline).collect();
    assert_eq!(found.len(), labels.len());
    for (&[height, width, ..], &label) in found.iter().zip(labels) {
        assert!((4..=28).contains(&height) && (4..=28).contains(&width));
        assert!(height.abs_diff(width) >= 3);
        assert_eq!(label, u32::from(height > width));
    }
    found
}

/// The chi-squared statistic of two equally long samples, and its bound: five deviations.
fn compared(one: impl Iterator<Item = usize>, two: impl Iterator<Item = usize>) -> (f64, f64) {
    let mut counts = [[0f64; 2]; 64];
    one.for_each(|value| counts[value][0] += 1.0);
    two.for_each(|value| counts[value][1] += 1.0);
    let filled: Vec<_> = counts.iter().filter(|[a, b]| a + b > 0.0).collect();
    let chi = filled.iter().map(|[a, b]| (a - b).powi(2) / (a + b)).sum();
    let freedom = filled.len() as f64 - 1.0;
    (chi, freedom + 5.0 * (2.0 * freedom).sqrt())
}

/// The content of a gzipped IDX file without its header of 4 + 4 x dimensions bytes.
fn idx(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes.split_off(4 + 4 * usize::from(bytes[3]))
}

#[test]
fn rect_has_the_statistics_of_the_original_files() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/rectangles"));
    if !folder.exists() {
        println!("skipped: the original files of `rect` are not here");
        return;
    }
    let (mut images, mut classes) = (Vec::new(), Vec::new());
    for part in ["train", "test"] {
        images.extend(idx(&folder.join(format!("rectangles_{part}-images-idx3-ubyte.gz"))));
        classes.extend(idx(&folder.join(format!("rectangles_{part}-labels-idx1-ubyte.gz"))));
    }
    let classes: Vec<u32> = classes.into_iter().map(u32::from).collect();
    let originals = outlines(&images, &classes);
    assert_eq!(originals.len(), 51_200);
    let ours = drawn(Problem::Rect, size(51_200, 0, 0), 2).train;
    let high = |labels: &[u32]| labels.iter().map(|&label| f64::from(label)).sum::<f64>();
    // The difference of two counts of 51,200 fair coins has a deviation of 160.
    assert!((high(labels(&ours)) - high(&classes)).abs() < 800.0);
    let ours = outlines(pixels(&ours), labels(&ours));
    type Property = (&'static str, fn(&[usize; 4]) -> usize);
    let properties: [Property; 7] = [
        ("height", |&[height, ..]| height),
        ("width", |&[_, width, ..]| width),
        ("height - width", |&[height, width, ..]| 28 + height - width),
        ("row", |&[_, _, row, _]| row),
        ("column", |&[.., column]| column),
        // Of 28 steps from one side to the other: position apart from size.
        ("relative row", |&[height, _, row, _]| 28 * row / (29 - height)),
        ("relative column", |&[_, width, _, column]| 28 * column / (29 - width)),
    ];
    for (name, property) in properties {
        let (chi, bound) = compared(originals.iter().map(property), ours.iter().map(property));
        assert!(chi < bound, "{name}: chi-squared {chi:.1}, bound {bound:.1}");
    }
}

/// Share of `seen` that the three nearest of `known` name rightly (two of them, else the nearest).
fn nearest_accuracy(known: &Dataset, seen: &Dataset) -> f64 {
    let distance = |a: &[u8], b: &[u8]| -> i32 {
        a.iter().zip(b).map(|(&a, &b)| (i32::from(a) - i32::from(b)).pow(2)).sum()
    };
    let is_right = |picture: &[u8], label: u32| {
        let mut nearest = [(i32::MAX, 0); 3];
        for (other, &class) in pixels(known).chunks_exact(N_PIXELS).zip(labels(known)) {
            let far = distance(picture, other);
            if far < nearest[2].0 {
                nearest[2] = (far, class);
                nearest.sort_unstable();
            }
        }
        let [(_, first), (_, second), (_, third)] = nearest;
        label == if second == third { second } else { first }
    };
    let rows = pixels(seen).chunks_exact(N_PIXELS).zip(labels(seen));
    rows.filter(|&(row, &label)| is_right(row, label)).count() as f64 / seen.n_rows() as f64
}

#[test]
fn drawn_digits_are_neither_too_easy_nor_too_hard_for_their_nearest_neighbours() {
    let splits = drawn(Problem::Basic, size(4_000, 0, 200), 5);
    let accuracy = nearest_accuracy(&splits.train, &splits.test.unwrap());
    println!("nearest neighbours: {accuracy}");
    assert!((0.90..=0.995).contains(&accuracy), "{accuracy}");
}

#[test]
fn drawn_digits_have_the_ink_and_the_place_of_handwritten_ones() {
    let digits = drawn(Problem::Basic, size(2_000, 0, 0), 6).train;
    let (mut share, mut n_off) = (0.0, 0);
    for row in pixels(&digits).chunks_exact(N_PIXELS) {
        let (mut mass, mut x, mut y) = (0.0, 0.0, 0.0);
        for (index, &pixel) in row.iter().enumerate() {
            let pixel = f64::from(pixel);
            mass += pixel;
            x += pixel * (index % SIDE) as f64;
            y += pixel * (index / SIDE) as f64;
        }
        assert!(mass > 20.0 * 255.0 && row.contains(&255));
        let off = (x / mass - 13.5).abs().max((y / mass - 13.5).abs());
        assert!(off < 2.0, "{off}");
        n_off += usize::from(off > 0.51);
        share += row.iter().filter(|&&pixel| pixel > 0).count() as f64 / N_PIXELS as f64;
    }
    // Only one whose box would leave the picture may miss the middle by more than half a pixel.
    assert!(n_off < 40, "{n_off} of 2,000");
    // MNIST: 0.19.
    assert!((0.17..0.22).contains(&(share / 2_000.0)), "{}", share / 2_000.0);
}

/// `n_rows` pictures identified by their first pixels, labelled by their number.
fn numbered(n_rows: usize, from: usize) -> Dataset {
    let mut pixels = vec![0u8; n_rows * N_PIXELS];
    for (row, picture) in pixels.chunks_exact_mut(N_PIXELS).enumerate() {
        picture[0] = ((from + row) / 256) as u8;
        picture[1] = ((from + row) % 256) as u8;
    }
    let examples = Dataset::new(Storage::Bytes(pixels), n_rows, N_PIXELS).unwrap();
    let labels = (from..from + n_rows).map(|number| number as u32 % 10).collect();
    examples.with_classes(labels, None).unwrap()
}

fn given(train: Dataset, test: Option<Dataset>) -> Sources {
    let digits = Digits::from(Splits { train, valid: None, test });
    Sources { digits, ..Sources::default() }
}

#[test]
fn given_digits_are_pooled_shuffled_and_never_used_twice() {
    let sources = given(numbered(200, 0), Some(numbered(100, 200)));
    let make = |size| Problem::Basic.generate(size, 9, &sources, &context()).unwrap();
    let splits = make(size(150, 50, 100));
    let numbers = |part: &Dataset| -> Vec<usize> {
        let number = |row: &[u8]| 256 * usize::from(row[0]) + usize::from(row[1]);
        pixels(part).chunks_exact(N_PIXELS).map(number).collect()
    };
    let (valid, test) = (splits.valid.unwrap(), splits.test.unwrap());
    let mut all = numbers(&splits.train);
    assert!(all.iter().any(|&number| number >= 200), "the given test rows are in the pool");
    assert!(all.iter().zip(labels(&splits.train)).all(|(n, &label)| *n as u32 % 10 == label));
    all.extend(numbers(&valid));
    all.extend(numbers(&test));
    all.sort_unstable();
    assert_eq!(all, (0..300).collect::<Vec<_>>());
    // Test rows stay the same whatever the number of training rows.
    assert!(is_same(&make(size(10, 0, 100)).test.unwrap(), &test));
    assert!(is_same(&make(size(150, 0, 10)).train, &splits.train));
}

#[test]
fn given_digits_that_cannot_serve_are_refused_with_the_reason() {
    let refused = |problem: Problem, sources: &Sources| {
        problem.generate(size(20, 5, 10), 1, sources, &context()).unwrap_err().to_string()
    };
    let few = given(numbered(30, 0), None);
    for problem in Problem::ALL.into_iter().filter(|problem| problem.has_digits()) {
        let error = refused(problem, &few);
        assert_eq!(
            error,
            "setting `size` = 20 + 5 + 10 = 35 digits: allowed is at most the 30 given"
        );
    }
    assert!(
        Problem::Rect.generate(size(20, 5, 10), 1, &few, &context()).is_ok(),
        "it needs no digits"
    );
    let unlabelled = numbered(40, 0).with_targets(Targets::None).unwrap();
    let error = refused(Problem::Rot, &given(unlabelled, None));
    assert_eq!(error, "<given digits>: expected labels, found none");
    let mut labels = labels(&numbered(40, 0)).to_vec();
    labels[3] = 10;
    let eleventh = numbered(40, 0).with_classes(labels, None).unwrap();
    let error = refused(Problem::Basic, &given(eleventh, None));
    assert_eq!(error, "<given digits>: row 4: expected a label from 0 to 9, found label 10");
    let floats = Dataset::new(Storage::Floats(vec![0.0; 40 * N_PIXELS]), 40, N_PIXELS).unwrap();
    assert!(refused(Problem::Basic, &given(floats, None)).contains("expected bytes"));
    let narrow = Dataset::new(Storage::Bytes(vec![0; 40 * 64]), 40, 64).unwrap();
    assert!(refused(Problem::Basic, &given(narrow, None)).contains("found 64 columns"));
}

#[test]
fn sizes_without_training_rows_or_beyond_all_measure_are_refused() {
    let refused = |size| Problem::Rect.generate(size, 1, &Sources::default(), &context()).is_err();
    assert!(refused(size(0, 5, 5)));
    assert!(refused(size(MOST_ROWS + 1, 0, 0)));
    assert!(refused(size(1, usize::MAX, 0)));
    assert!(refused(size(1, 0, usize::MAX)));
    assert!(!refused(size(1, 0, 0)));
}

fn save(path: &Path, side: u32, shade: u8) {
    let picture =
        image::GrayImage::from_fn(side, side, |x, y| image::Luma([shade ^ ((x * y) % 128) as u8]));
    picture.save(path).unwrap();
}

#[test]
fn photographs_are_read_in_the_order_of_their_names_and_become_backgrounds() {
    let folder = tempfile::tempdir().unwrap();
    save(&folder.path().join("b.png"), 40, 0);
    save(&folder.path().join("a.JPG"), 64, 128);
    fs::write(folder.path().join("LICENSE.txt"), "words").unwrap();
    fs::write(folder.path().join(".hidden.png"), "words").unwrap();
    let photos = read_photos(folder.path()).unwrap();
    let sides: Vec<_> = photos.iter().map(|photo| (photo.height(), photo.width())).collect();
    assert_eq!(sides, [(64, 64), (40, 40)]);
    let sources = Sources { textures: Textures::Photos(photos), ..Sources::default() };
    for problem in [Problem::BgImg, Problem::RotBgImg, Problem::RectImg] {
        let splits = problem.generate(size(10, 0, 0), 1, &sources, &context()).unwrap();
        assert!(!is_same(&splits.train, &drawn(problem, size(10, 0, 0), 1).train));
    }
    let none = Sources { textures: Textures::Photos(Vec::new()), ..Sources::default() };
    assert!(Problem::BgImg.generate(size(10, 0, 0), 1, &none, &context()).is_err());
}

#[test]
fn photographs_that_cannot_serve_are_refused_by_name() {
    let refused = |folder: &Path| read_photos(folder).unwrap_err().to_string();
    let folder = tempfile::tempdir().unwrap();
    assert!(
        refused(folder.path()).contains("expected photographs (.png, .jpg, .jpeg), found none")
    );
    assert!(refused(&folder.path().join("missing")).contains("missing: cannot read"));
    let small = folder.path().join("small.png");
    save(&small, 27, 0);
    let error = refused(folder.path());
    assert!(error.contains("small.png: not a usable photograph"), "{error}");
    assert!(error.ends_with("found 27 x 27"), "{error}");
    fs::remove_file(small).unwrap();
    fs::write(folder.path().join("broken.png"), b"\x89PNG\r\n\x1a\nnothing more").unwrap();
    let error = refused(folder.path());
    assert!(error.contains("broken.png: not a usable photograph"), "{error}");
}
