//! Regenerated digits as a part of a report.

use super::{RegenerateRecord, name, picture_name};
use crate::experiment::study::{figure, records};
use crate::report::table::{Best, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;

/// The experiment of a folder.
///
/// # Errors
/// Those of reading the journal and the pictures.
pub(in crate::experiment) fn section(folder: &Path) -> Result<Section> {
    let found: Vec<RegenerateRecord> = records(folder)?;
    let row = |of: &RegenerateRecord| {
        vec![
            name(of.fraction),
            format!("{:.3}", of.deviation),
            of.lost.to_string(),
            of.lost_undrawn.percent(),
            format!("{:.0}", of.seconds),
        ]
    };
    let mut rows: Vec<Vec<String>> = found.iter().map(row).collect();
    if let Some(of) = found.first() {
        let deviation = format!("{:.3}", of.of_classes);
        rows.push(vec!["training digits".into(), deviation, of.lost_before.percent()]);
    }
    let header = ["", "deviation", "class lost, %", "undrawn, %", "seconds"];
    let mut blocks = vec![Block::Table(Table {
        header: header.map(String::from).to_vec(),
        rows,
        caption: "Deviation: the standard deviation of a pixel over the draws from one digit, of \
                  training digits over those of a class; means over all pixels. Class lost: digits \
                  that a linear classifier, fitted to training digits, does not give the class of \
                  the digit that they come from, with the 95 % interval. Undrawn: the same where \
                  probabilities go down instead of bits."
            .into(),
        best: Best::Nothing,
    })];
    for of in &found {
        let what = name(of.fraction);
        let caption = format!("{what}: a training digit in each row, and what was drawn from it.");
        let alt = format!("Rows of a digit and what a {what} regenerates");
        blocks.push(figure(folder, &picture_name(of.fraction), caption, alt)?);
    }
    Ok(Section { heading: "Regenerated digits".into(), text: TEXT.into(), blocks })
}

const TEXT: &str = "A training digit is encoded up to the topmost layer; bits are drawn there with \
    the probabilities of its code, and in each layer below with the probabilities that the bits \
    above decode to; of the lowest the means are shown (Fig. 15 \
    of Vincent et al. 2010). The paper shows that what a denoising stack draws varies far better: it \
    differs and remains digits. A deviation alone does not tell this, since speckle deviates as \
    well; therefore the class is asked for.";
