//! The report of the demo.

use super::{FRACTIONS, Found, percent};
use crate::report::curves::{Curves, Series};
use crate::report::table::Table;
use crate::report::{Block, Report, Section};
use unsmudge::run::RunResult;

impl Found {
    pub(super) fn report(
        &self,
        results: &[RunResult],
        table: Table,
        sheets: Vec<Block>,
        strips: Vec<Block>,
    ) -> Report {
        let courses = results.iter().filter_map(RunResult::last);
        let series = courses.zip(FRACTIONS).map(|(progress, fraction)| Series {
            name: format!("{} destroyed", percent(fraction)),
            points: progress
                .history
                .iter()
                .filter_map(|record| Some((f64::from(record.epoch), record.valid_loss?)))
                .collect(),
            best: Some(f64::from(progress.best_epoch)),
        });
        let curves = Curves {
            series: series.collect(),
            x_label: "epoch".into(),
            y_label: "cross-entropy, nats per digit".into(),
            caption: "Held-out digits, each network under the destruction it is trained with."
                .into(),
        };
        let section = |heading: &str, text: &str, blocks| Section {
            heading: heading.into(),
            text: text.into(),
            blocks,
        };
        let seconds: f64 = results.iter().map(RunResult::seconds).sum();
        let model = results.first().map(|result| &result.model);
        let network = model.map_or(String::new(), |model| {
            let (n, h) = (model.stack.n_inputs(), model.stack.n_hidden());
            format!("{n} - {h} - {n}, tied weights, the same initial ones")
        });
        let examples = model.map_or(0, |model| model.record.data.n_train);
        Report {
            title: "What destruction teaches".into(),
            summary: vec![
                ("Networks".into(), format!("three of {network}")),
                ("Examples".into(), format!("{examples} digits drawn by the program")),
                ("Training".into(), format!("{seconds:.1} seconds")),
            ],
            sections: vec![
                section("Filters", FILTERS_TEXT, sheets),
                section("Denoising", DENOISING_TEXT, strips),
                section("Against the baselines", BASELINES_TEXT, vec![Block::Table(table)]),
                section("Learning", "", vec![Block::Curves(curves)]),
                section(
                    "What it is good for",
                    ABLATION_TEXT,
                    vec![Block::Table(self.ablation_table.clone())],
                ),
            ],
        }
    }
}

const FILTERS_TEXT: &str = "Each tile is one hidden unit, drawn as the input that excites it the \
    most; the same tile is the same unit, from the same initial weights, in all three sheets. A \
    plain autoencoder has no need to learn what digits are made of. Asked to fill in destroyed \
    pixels, the units turn into detectors of strokes, larger the more is destroyed (Fig. 3 of \
    Vincent, Larochelle, Bengio, Manzagol 2008).";

const DENOISING_TEXT: &str = "Digits that no network has seen: clean, with half of the pixels set \
    to 0, and what each network makes of that.";

const ABLATION_TEXT: &str = "A stack of denoising autoencoders learns from digits without their \
    labels, layer by layer; a network then starts from its weights. For comparison the same network \
    from a stack that was asked to copy, and from random weights.";

const BASELINES_TEXT: &str = "The baselines know nothing of denoising: the destroyed digit as it \
    is, the mean of all training digits, and principal components as many as there are hidden \
    units.";
