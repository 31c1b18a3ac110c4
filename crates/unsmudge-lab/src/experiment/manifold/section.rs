//! Manifolds as a part of a report: a table, and a picture for each kind of model.

use super::data::listed;
use super::measure::N_DRAWN;
use super::{AtLevel, ManifoldRecord, PlaneRecord, Restorer};
use crate::experiment::study::records;
use crate::report::field::{Arrows, Field};
use crate::report::table::{Best, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;

/// The experiment of a folder.
///
/// # Errors
/// Those of reading the journal.
pub(in crate::experiment) fn section(folder: &Path) -> Result<Section> {
    let planes: Vec<PlaneRecord> = records(folder)?;
    let models: Vec<ManifoldRecord> = records(folder)?;
    let mut blocks = Vec::new();
    for plane in &planes {
        let of = |restorer: Restorer| {
            let found = models.iter().filter(|of| of.restorer == restorer && of.data == plane.data);
            Models { restorer, found: found.collect() }
        };
        let all: Vec<Models> = Restorer::ALL.map(of).into_iter().filter(Models::are_some).collect();
        blocks.push(Block::Table(table(plane, &all)));
        blocks.extend(all.iter().filter_map(|of| of.picture(plane)).map(Block::Field));
    }
    Ok(Section { heading: "Rows moved back to where data lie".into(), text: TEXT.into(), blocks })
}

/// The models of a kind on some rows.
struct Models<'a> {
    restorer: Restorer,
    found: Vec<&'a ManifoldRecord>,
}

impl<'a> Models<'a> {
    fn are_some(&self) -> bool {
        !self.found.is_empty()
    }

    fn levels(&self) -> impl Iterator<Item = &'a AtLevel> {
        self.found.iter().flat_map(|of| &of.found)
    }

    fn at(&self, level: f32) -> Option<&'a AtLevel> {
        self.levels().find(|at| at.level == level)
    }

    /// `None` for what moves nothing.
    fn picture(&self, plane: &PlaneRecord) -> Option<Field> {
        if self.restorer == Restorer::Nothing {
            return None;
        }
        let row = |label: &str, are_dotted, panels: Vec<_>| Arrows {
            label: label.into(),
            are_dotted,
            panels,
        };
        let moved = self.levels().map(|at| at.moved.clone()).collect();
        let room = 1.8 * plane.half / N_DRAWN as f32;
        let field = self.levels().map(|at| shortened(&at.field, room)).collect();
        Some(Field {
            title: format!("{}, {}", plane.data, self.restorer.name()),
            half: plane.half,
            points: plane.points.clone(),
            titles: self.levels().map(|at| format!("noise {}", at.level)).collect(),
            rows: vec![row("rows with noise", true, moved), row("field", false, field)],
            labels: plane.axes.clone(),
            caption:
                "Above, test rows with noise (dots) and where they are moved to; below, which \
                      way points of the plane near training rows are moved, and how far in \
                      proportion. Grey: training rows."
                    .into(),
        })
    }
}

/// Arrows that fit into some room: as long as they are in proportion, but for the longest tenth.
fn shortened(field: &[[[f32; 2]; 2]], room: f32) -> Vec<[[f32; 2]; 2]> {
    let length = |[a, b]: &[[f32; 2]; 2]| ((b[0] - a[0]).powi(2) + (b[1] - a[1]).powi(2)).sqrt();
    let mut lengths: Vec<f32> = field.iter().map(length).collect();
    lengths.sort_unstable_by(f32::total_cmp);
    let most = lengths.get(lengths.len() * 9 / 10).copied().unwrap_or(0.0);
    let fit = |arrow: &[[f32; 2]; 2]| {
        let ([from, to], size) = (arrow, length(arrow));
        let by = if size > 0.0 { room * (size / most).min(1.0) / size } else { 0.0 };
        [*from, [0, 1].map(|j| from[j] + by * (to[j] - from[j]))]
    };
    field.iter().map(fit).collect()
}

/// Errors and cosines, a row for each kind of model.
fn table(plane: &PlaneRecord, all: &[Models]) -> Table {
    let levels: Vec<f32> =
        all.first().map_or(Vec::new(), |of| of.levels().map(|at| at.level).collect());
    let is_known = all.iter().any(|of| of.restorer == Restorer::Exact);
    let mut header = vec![plane.data.clone()];
    header.extend(levels.iter().map(|level| format!("error at {level}")));
    if is_known {
        header.extend(levels.iter().map(|level| format!("cosine at {level}")));
    }
    header.push("seconds".into());
    let row = |of: &Models| {
        let at = || levels.iter().map(|level| of.at(*level));
        let error = |at: Option<&AtLevel>| {
            at.map_or(String::new(), |at| {
                format!("{:.4} ± {:.4}", at.error.mean, at.error.interval)
            })
        };
        let cosine = |at: Option<&AtLevel>| match at.and_then(|at| at.cosine) {
            Some(cosine) if of.restorer != Restorer::Nothing => format!("{cosine:.3}"),
            _ => String::new(),
        };
        let mut row = vec![of.restorer.name().to_string()];
        row.extend(at().map(error));
        if is_known {
            row.extend(at().map(cosine));
        }
        let seconds: f64 = of.found.iter().map(|of| of.seconds).sum();
        let is_trained = matches!(of.restorer, Restorer::Autoencoder | Restorer::Diffusion);
        row.push(if is_trained { format!("{seconds:.0}") } else { String::new() });
        row
    };
    Table {
        header,
        rows: all.iter().map(row).collect(),
        caption: caption(plane, all),
        best: Best::Nothing,
    }
}

fn caption(plane: &PlaneRecord, all: &[Models]) -> String {
    let [train, valid, test] = plane.n_rows;
    let mut words = format!(
        "{}: {train} rows of training, {valid} of validation, {test} of the test. Squared error of \
         test rows with noise, mean over rows and columns, with the 95 % interval.",
        plane.data
    );
    if plane.columns.len() > 2 {
        words += &format!(
            " {} columns; {:.0} % of their variance is along the first two principal axes.",
            plane.columns.len(),
            100.0 * plane.variance
        );
    }
    let chosen = |of: &Models| {
        let by: Vec<&str> = of.found.iter().map(|of| of.by.as_str()).collect();
        let by = by.join(", ");
        (!by.is_empty()).then(|| format!("{} {by}", of.restorer.name()))
    };
    let chosen: Vec<String> = all.iter().filter_map(chosen).collect();
    words += &format!(" Chosen on validation rows: {}.", chosen.join("; "));
    if let Some(left_out) = listed(&plane.left_out) {
        words += &format!(" Left out: {left_out}.");
    }
    words
}

const TEXT: &str = "\
    Data lie near a curved set of few dimensions, and noise moves rows away from it: a denoising \
    autoencoder learns to move them back (Fig. 2 of Vincent et al. 2008). The arrow from x to its \
    reconstruction r(x) is about the gradient of the log density of rows with the noise, times \
    the noise's variance. Columns are standardised; noise is Gaussian, with the standard \
    deviation given. There is one autoencoder for each noise level, and one diffusion model for \
    all. Of the spiral the best reconstruction is known: the expectation of the row given the row \
    with noise. Cosine: that of the angle between its field and a model's, over all points of a \
    grid where the density of rows with noise is at least 1 % of its largest.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_keep_their_directions_and_proportions_but_for_the_longest_tenth() {
        let arrow = |length: f32| [[1.0, 2.0], [1.0 + 0.6 * length, 2.0 - 0.8 * length]];
        let mut field: Vec<_> = (0..10).map(|i| arrow(i as f32)).collect();
        field.push(arrow(1e6));
        let drawn = shortened(&field, 0.5);
        let lengths = drawn.iter().map(|[_, to]| (to[0] - 1.0) / 0.6);
        for (i, length) in lengths.enumerate() {
            assert!((length - 0.5 * (i as f32 / 9.0).min(1.0)).abs() < 1e-5, "{i}: {length}");
            assert!((drawn[i][1][1] - (2.0 - 0.8 * length)).abs() < 1e-5);
        }
        assert_eq!(shortened(&[arrow(0.0)], 0.5), [arrow(0.0)]);
    }
}
