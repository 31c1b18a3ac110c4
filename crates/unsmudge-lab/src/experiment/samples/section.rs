//! Samples as a part of a report: a table, and a sheet of each generator.

use super::{Generator, SamplesRecord};
use crate::experiment::study::{figure, records};
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;

/// The experiment of a folder.
///
/// # Errors
/// Those of reading the journal and the pictures.
pub(in crate::experiment) fn section(folder: &Path) -> Result<Section> {
    let mut found: Vec<SamplesRecord> = records(folder)?;
    found.sort_by_key(|record| Generator::ALL.iter().position(|of| *of == record.generator));
    let row = |record: &SamplesRecord| {
        let learned =
            record.learned.map(|error| format!("{:.1}", 100.0 * (1.0 - error.error_rate)));
        let name = record.generator.name().replace('-', " ");
        vec![
            record.guidance.map_or(name.clone(), |guidance| format!("{name}, {guidance}")),
            format!("{:.1}", record.frechet),
            format!("{:.3}", record.precision),
            format!("{:.3}", record.recall),
            format!("{:.3}", record.coverage),
            record.agreement.map(|share| format!("{:.1}", 100.0 * share)).unwrap_or_default(),
            learned.unwrap_or_default(),
            format!("{:.2}", record.nearest),
            format!("{:.0}", record.parzen),
            format!("{:.0}", record.training_seconds + record.sampling_seconds),
        ]
    };
    // Whatever order they were added in.
    let of = |of: Generator| found.iter().find(move |record| record.generator == of);
    let in_order = Generator::ALL.into_iter().filter_map(of);
    let header = [
        "", "FID'", "prec.", "recall", "cover.", "class %", "CAS %", "nearest", "Parzen", "seconds",
    ];
    let best = [(1, Better::Lower), (2, Better::Higher), (3, Better::Higher), (4, Better::Higher)];
    let table = Table {
        header: header.map(String::from).to_vec(),
        rows: in_order.map(row).collect(),
        caption: CAPTION.into(),
        best: Best::OfColumns(best.to_vec()),
    };
    let mut blocks = vec![Block::Table(table)];
    for generator in Generator::ALL {
        let name = generator.name();
        if folder.join(format!("{name}.png")).exists() {
            let words = name.replace('-', " ");
            let alt = format!("A sheet of samples: {words}");
            blocks.push(figure(folder, &format!("{name}.png"), words + ".", alt)?);
        }
    }
    Ok(Section { heading: "Samples".into(), text: TEXT.into(), blocks })
}

const TEXT: &str = "Digits drawn from several generators, compared with test digits. Real training \
    digits stand first: no generator needs to be better. The diffusion model is a denoiser that is \
    told the noise level, and draws each class in equal shares, guided as much as validation digits \
    choose; the chains are denoising layers \
    (Vincent et al. 2008, 4.2), started from noise, some of them trained with walkback (Bengio et \
    al. 2013), and a deep belief network. Gaussians are the rival: mixtures of them in the first \
    principal components, one mixture a class. Those that were not run have no row.";

const CAPTION: &str = "In 64 features of a classifier: FID' is the Fréchet distance, prec. precision, the \
    share of samples near test digits, recall the share of test digits near samples, cover. \
    coverage, the share of test digits with a sample near them (k 5). Class: samples that the classifier finds of the class asked for. CAS: \
    the accuracy on test digits of a classifier that learned from the samples alone. Nearest: the \
    distance to the nearest training digit in that of test digits, much below 1 for copies. Parzen: \
    log density in nats, for history: it prefers blurred samples. Seconds: of \
    training and sampling; guided samples are of the same model.";
