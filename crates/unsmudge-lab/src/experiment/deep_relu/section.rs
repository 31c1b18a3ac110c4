//! The denoisers of digits as a part of a report.

use super::rivals::{Rival, rivals};
use super::{DeepReluRecord, Denoiser, SHAPE, name};
use crate::experiment::study::{figure, records};
use crate::report::curves::{Curves, Series};
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Section};
use std::path::Path;
use unsmudge::error::Result;
use unsmudge::metric::MeanInterval;

/// The experiment of a folder, with the other programs where `rivals.jsonl` is next to the journal.
///
/// # Errors
/// Those of reading the journal, the lines of the others and the pictures.
pub(in crate::experiment) fn section(folder: &Path) -> Result<Section> {
    let (found, others): (Vec<DeepReluRecord>, _) = (records(folder)?, rivals(folder)?);
    let mut blocks = vec![table(&found, &others), curves(&found)];
    let mut strips: Vec<(String, String)> = Vec::new();
    let own = |of: &DeepReluRecord| {
        let what = match of.denoiser {
            Denoiser::Nothing => "The first test digits, and the same with noise".into(),
            _ => name(of.denoiser, &of.sizes),
        };
        (of.denoiser.picture_name().to_string(), format!("{what}: {:.1}.", of.test.mean))
    };
    let (before, networks) = found.split_at(2.min(found.len()));
    strips.extend(before.iter().map(own));
    for rival in others.iter().filter(|rival| folder.join(rival.picture_name()).exists()) {
        strips.push((rival.picture_name(), format!("{}: {:.1}.", rival.method, rival.test.mean)));
    }
    strips.extend(networks.iter().map(own));
    for (name, caption) in strips {
        let alt = format!("Test digits in a row. {caption}");
        blocks.push(figure(folder, &name, caption, alt)?);
    }
    Ok(Section { heading: "Digits without their noise".into(), text: TEXT.into(), blocks })
}

fn table(found: &[DeepReluRecord], others: &[Rival]) -> Block {
    let errors = |test: &MeanInterval| [test.to_string(), format!("{:.2}", decibels(test.mean))];
    let mut rows: Vec<Vec<String>> = Vec::new();
    for of in found {
        let parameters = of.n_parameters.to_string();
        let mut row = vec![name(of.denoiser, &of.sizes), parameters, of.test.n.to_string()];
        row.extend(errors(&of.test));
        row.push(format!("{:.0}", of.seconds));
        rows.push(row);
    }
    for rival in others {
        let name = format!("{}, {}", rival.method, rival.settings());
        let mut row = vec![name, String::new(), rival.test.n.to_string()];
        row.extend(errors(&rival.test));
        rows.push(row);
    }
    let mut caption = String::from(
        "Test digits: squared error summed over the pixels, with the 95 % interval of its mean, and \
         the ratio of peak signal to noise that belongs to it. Pixels below 0 or above 1 are \
         clipped. The epoch, the number of components and the settings of other programs were \
         chosen on validation digits.",
    );
    for rival in others {
        caption += &format!(" {}: {}.", rival.method, rival.version);
    }
    let header = ["", "parameters", "digits", "squared error", "PSNR dB", "seconds of training"];
    Block::Table(Table {
        header: header.map(String::from).to_vec(),
        rows,
        caption,
        best: Best::OfColumns(vec![(3, Better::Lower), (4, Better::Higher)]),
    })
}

/// Peak signal to noise ratio, in dB, of pixels in [0, 1] with this squared error of a digit.
fn decibels(squared_error: f64) -> f64 {
    let n_pixels = (SHAPE.height * SHAPE.width) as f64;
    10.0 * libm::log10(n_pixels / squared_error)
}

fn curves(found: &[DeepReluRecord]) -> Block {
    let trained = found.iter().filter(|of| !of.valid_losses.is_empty());
    let series = trained.map(|of| Series {
        name: name(of.denoiser, &of.sizes),
        points: of.valid_losses.iter().zip(1..).map(|(loss, k)| (f64::from(k), *loss)).collect(),
        best: None,
    });
    Block::Curves(Curves {
        series: series.collect(),
        x_label: "epoch".into(),
        y_label: "squared error of validation digits".into(),
        caption: "Validation digits after each epoch, always with the same noise.".into(),
    })
}

const TEXT: &str = "Three linear layers down to a code and three up, with ReLU between them and a \
    sigmoid at the end, trained as a whole from random weights to undo Gaussian and speckle noise, \
    which is drawn anew whenever a digit is seen. The same task is given to one hidden layer with \
    as many units as the code, to one with as many weights as the deep network, to PCA of clean \
    digits, and to denoisers that know nothing of digits: wavelets and BM3D.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundredth_of_the_squared_range_is_twenty_decibels_down() {
        assert!((decibels(7.84) - 20.0).abs() < 1e-9);
    }

    #[test]
    fn networks_are_named_by_their_layers() {
        assert_eq!(name(Denoiser::Deep, &[9, 5, 2]), "784-9-5-2-5-9-784");
        assert_eq!(name(Denoiser::SameCode, &[2]), "784-2-784");
        assert_eq!(name(Denoiser::Pca, &[32]), "PCA, 32 components");
    }
}
