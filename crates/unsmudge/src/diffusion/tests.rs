use super::*;
use crate::dataset::Storage;
use crate::event::{Event, EventKind};
use crate::processor::SOME_THREADS;
use crate::random::Stream;
use std::ops::ControlFlow;

const CENTRES: [[f64; 2]; 3] = [[-2.0, -1.0], [2.0, -1.0], [0.0, 2.0]];
const SPREAD: f64 = 0.6;

fn goes_on(_: Event) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Points of three normal distributions of equal weights.
fn mixture(n_rows: usize) -> Dataset {
    let mut stream: Stream = Key::new(11, Purpose::Problem).stream();
    let point = |i: usize| CENTRES[i % 3].map(|x| (x + SPREAD * stream.normal()) as f32);
    let cells = (0..n_rows).flat_map(point).collect();
    let rows = Dataset::new(Storage::Floats(cells), n_rows, 2).unwrap();
    let names = ["left", "right", "top"].map(String::from).to_vec();
    rows.with_classes((0..n_rows as u32).map(|i| i % 3).collect(), Some(names)).unwrap()
}

fn small(steps: usize) -> DiffusionSettings {
    DiffusionSettings { n_hidden: 24, n_layers: 2, batch: 32, steps, ..DiffusionSettings::of(90) }
}

fn fitted(steps: usize, n_threads: usize) -> Diffusion {
    let context = Context::new(Some(n_threads)).unwrap();
    Diffusion::fit(&small(steps), &mixture(90), &context, &mut goes_on).unwrap()
}

#[test]
fn the_score_field_is_that_of_the_mixture_that_the_rows_are_of() {
    let context = Context::new(Some(2)).unwrap();
    let rows = mixture(9_000).with_targets(crate::dataset::Targets::None).unwrap();
    let settings = DiffusionSettings { n_hidden: 96, n_layers: 3, batch: 256, ..small(4_000) };
    let model = Diffusion::fit(&settings, &rows, &context, &mut goes_on).unwrap();
    for level in [0.2f32, 0.4, 0.8] {
        let spans = [0, 1].map(|j| f64::from(model.encoding().units(j).1));
        // Noise has this deviation in each scaled column.
        let deviations =
            spans.map(|span| (SPREAD.powi(2) + (f64::from(level) * span).powi(2)).sqrt());
        let points: Vec<[f64; 2]> =
            (0..400).map(|i| [(i % 20) as f64 * 0.4 - 3.8, (i / 20) as f64 * 0.35 - 3.0]).collect();
        let exact = |x: &[f64; 2]| {
            let (mut density, mut gradient) = (0.0, [0.0; 2]);
            for centre in &CENTRES {
                let z = [0, 1].map(|j| (x[j] - centre[j]) / deviations[j]);
                let p = (-0.5 * (z[0] * z[0] + z[1] * z[1])).exp();
                density += p;
                (0..2).for_each(|j| gradient[j] -= p * z[j] / deviations[j]);
            }
            (density, gradient.map(|g| g / density))
        };
        let cells = points.iter().flatten().map(|x| *x as f32).collect();
        let grid = Dataset::new(Storage::Floats(cells), 400, 2).unwrap();
        let found = model.score_field(&grid, level, &context).unwrap();
        let (mut both, mut of_found, mut of_exact, mut n) = (0.0, 0.0, 0.0, 0);
        for (i, x) in points.iter().enumerate() {
            let (density, exact) = exact(x);
            if density < 0.05 {
                continue;
            }
            n += 1;
            for (found, exact) in found.row(i).iter().map(|x| f64::from(*x)).zip(exact) {
                both += found * exact;
                of_found += found * found;
                of_exact += exact * exact;
            }
        }
        let cosine = both / (of_found * of_exact).sqrt();
        let size = (of_found / of_exact).sqrt();
        assert!(n > 80 && cosine > 0.98, "level {level}: cosine {cosine:.4} over {n} points");
        assert!((size - 1.0).abs() < 0.1, "level {level}: {size:.3} of the exact size");
    }
}

#[test]
fn samples_of_a_class_lie_where_its_rows_lie() {
    let model = fitted(900, 2);
    assert_eq!(model.classes(), ["left", "right", "top"]);
    let context = Context::new(Some(2)).unwrap();
    for (class, centre) in CENTRES.iter().enumerate() {
        let classes = Classes::One(class as u32);
        let drawn =
            model.sample(200, classes, &Sampling::default(), &context, &mut goes_on).unwrap();
        for (j, expected) in centre.iter().enumerate() {
            let values: Vec<f64> = (0..200).map(|i| f64::from(drawn.row(i)[j])).collect();
            let mean = values.iter().sum::<f64>() / 200.0;
            let deviation = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 200.0).sqrt();
            assert!((mean - expected).abs() < 0.35, "class {class}, column {j}: mean {mean:.2}");
            assert!((0.35..0.95).contains(&deviation), "class {class}: {deviation:.2}");
        }
    }
}

#[test]
fn threads_and_the_number_of_samples_change_no_bit() {
    let models = SOME_THREADS.iter().map(|n| (fitted(12, *n), Context::new(Some(*n)).unwrap()));
    let drawn = models.map(|(model, context)| {
        let draw = |n: usize| {
            let sampling = Sampling { guidance: 0.5, ..Sampling::default() };
            model.sample(n, Classes::One(1), &sampling, &context, &mut goes_on).unwrap()
        };
        assert_eq!(draw(70).values()[..10], draw(5).values()[..]);
        (model.to_bytes().unwrap(), draw(70))
    });
    let drawn: Vec<_> = drawn.collect();
    assert!(drawn.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn an_interrupted_training_goes_on_to_the_same_bytes_and_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    let context = Context::new(Some(2)).unwrap();
    let train_to = |out: &Path, last: usize| {
        let mut n_steps = 0;
        let observer = &mut |event: Event| {
            n_steps += usize::from(matches!(event.kind, EventKind::Batch { .. }));
            if n_steps >= last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        Diffusion::train(&small(12), &mixture(90), out, &context, observer)
    };
    let model = train_to(&whole, usize::MAX).unwrap();
    for stop in [1, 5, 3] {
        assert!(matches!(train_to(&parts, stop), Err(Error::Interrupted)));
    }
    train_to(&parts, usize::MAX).unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    assert_eq!(std::fs::read(&parts).unwrap(), bytes);
    let read = Diffusion::load(&whole).unwrap();
    assert_eq!(read.to_bytes().unwrap(), bytes);
    let of = |model: &Diffusion| {
        model.sample(3, Classes::Any, &Sampling::default(), &context, &mut goes_on).unwrap()
    };
    assert_eq!(of(&read), of(&model));
    // A flipped byte is found.
    let mut damaged = bytes;
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    assert!(Diffusion::from_bytes(damaged, "model".as_ref()).is_err());
}

#[test]
fn held_cells_stay_and_the_others_follow_them() {
    let context = Context::new(Some(2)).unwrap();
    // Eight cells that are high and low, or low and high, four each.
    let mut stream: Stream = Key::new(12, Purpose::Problem).stream();
    let cell = |i: usize, j: usize| if (j < 4) == i.is_multiple_of(2) { 1.0 } else { 0.0 };
    let cells = (0..400).flat_map(|i| (0..8).map(move |j| cell(i, j)));
    let cells = cells.map(|x: f32| x + 0.2 * stream.normal() as f32).collect();
    let rows = Dataset::new(Storage::Floats(cells), 400, 8).unwrap();
    let model = Diffusion::fit(&small(600), &rows, &context, &mut goes_on).unwrap();
    let sampling = Sampling::default();
    let held = |i: usize, j: usize| if j < 5 { cell(i, j) } else { f32::NAN };
    let cells = (0..100).flat_map(|i| (0..8).map(move |j| held(i, j))).collect();
    let table = Dataset::new(Storage::Floats(cells), 100, 8).unwrap();
    let drawn = model.complete(&table, Classes::Any, &sampling, &context, &mut goes_on).unwrap();
    let mut n_right = 0;
    for i in 0..100 {
        let row = drawn.row(i);
        assert!((0..5).all(|j| row[j] == cell(i, j)));
        n_right += (5..8).filter(|j| (row[*j] > 0.5) == (cell(i, *j) > 0.5)).count();
    }
    assert!(n_right >= 285, "{n_right} of 300");
    let wide = Dataset::new(Storage::Floats(vec![1.0; 3]), 1, 3).unwrap();
    let error = model.complete(&wide, Classes::Any, &sampling, &context, &mut goes_on);
    assert!(error.unwrap_err().to_string().contains("held cells"));
}

#[test]
fn what_cannot_be_drawn_or_learned_is_refused_by_name() {
    let model = fitted(3, 1);
    let context = Context::new(Some(1)).unwrap();
    let refused = |n: usize, classes: Classes, sampling: Sampling| {
        model.sample(n, classes, &sampling, &context, &mut goes_on).unwrap_err().to_string()
    };
    let usual = Sampling::default;
    assert!(refused(0, Classes::Any, usual()).contains("`samples` = 0"));
    assert!(refused(1, Classes::One(3), usual()).contains("`class` = 3"));
    assert!(refused(1, Classes::Any, Sampling { steps: 1, ..usual() }).contains("`steps` = 1"));
    let found = model.sample(usize::MAX >> 8, Classes::Equal, &usual(), &context, &mut goes_on);
    assert!(matches!(found, Err(Error::Memory { .. })));
    let guided = Sampling { guidance: f32::NAN, ..usual() };
    assert!(refused(1, Classes::Any, guided).contains("guidance"));
    for level in [0.0, -1.0, f32::NAN] {
        let error = model.denoise(&mixture(5), level, &context).unwrap_err().to_string();
        assert!(error.contains("`level`"), "{error}");
    }
    let same = Dataset::new(Storage::Floats(vec![0.5; 20]), 10, 2).unwrap();
    let error = Diffusion::fit(&small(3), &same, &context, &mut goes_on).unwrap_err().to_string();
    assert!(error.contains("all the same"), "{error}");
    let holes = Dataset::new(Storage::Floats(vec![0.5, f32::NAN, 1.0, 2.0]), 2, 2).unwrap();
    assert!(Diffusion::fit(&small(3), &holes, &context, &mut goes_on).is_err());
    let mut lost = model.clone();
    lost.network.layers[0].bias[0] = f32::INFINITY;
    let found = lost.sample(2, Classes::Any, &usual(), &context, &mut goes_on).unwrap_err();
    assert!(matches!(found, Error::Sampling { chain: 1, step: 1 }), "{found}");
    let stopped =
        model.sample(1, Classes::Any, &usual(), &context, &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(Error::Interrupted)));
}
