//! The one loop over layers: each is trained on the uncorrupted codes of those below it. Runs, stacks
//! and experiments are towers, which differ in what they do with a trained layer.

use crate::coder::{Autoencoder, encoders};
use crate::dataset::{Dataset, Storage};
use crate::encoding::{Encoding, ScalingKind};
use crate::error::{Error, Result};
use crate::event::{Event, EventKind, Observer, Stage};
use crate::processor::Context;
use crate::spill::{Streaming, collect_rows};
use crate::train::TrainingData;

/// Layers that are trained from the lowest to the topmost.
pub trait Tower {
    /// Number of layers when all are trained.
    fn n_layers(&self) -> usize;

    /// The trained layers, lowest first.
    fn layers(&self) -> &[Autoencoder];

    /// Trains the next layer on `data` and adds it to [`Tower::layers`]; `false` if the layers above
    /// it are not to be trained.
    ///
    /// # Errors
    /// Those of training.
    fn add(&mut self, data: TrainingData, observer: &mut Observer) -> Result<bool>;
}

/// Trains the layers of a tower that are not trained yet: the first on `first`, each other on the
/// codes that the layers below it have for `first`. Events have the layer as their stage.
///
/// # Errors
/// [`Error::Interrupted`] when the observer stops the computation of codes; those of
/// [`Tower::add`] and of reading and writing rows on disk.
pub fn train_layers(
    tower: &mut impl Tower,
    first: TrainingData,
    context: &Context,
    streaming: &Streaming,
    observer: &mut Observer,
) -> Result<()> {
    while tower.layers().len() < tower.n_layers() {
        let stage = Stage::Layer(tower.layers().len() + 1);
        let observer = &mut |event: Event| observer(event.in_stage(stage));
        let codes = match tower.layers() {
            [] => None,
            below => Some(Codes::of(first, below, context, streaming, observer)?),
        };
        let data = codes.as_ref().map_or(first, Codes::training);
        if !tower.add(data, observer)? {
            break;
        }
    }
    Ok(())
}

/// What a layer above the first is trained on: the uncorrupted codes of the layer below, computed
/// once, up from the data, so that no two layers' codes take memory at a time.
#[derive(Debug, Clone)]
struct Codes {
    train: Dataset,
    valid: Option<Dataset>,
    encoding: Encoding,
    layer: u8,
}

impl Codes {
    /// The codes of the topmost of `layers`, one or more, for the data of the lowest; on disk where
    /// they are too many for memory.
    ///
    /// # Errors
    /// [`Error::Shape`] when `layers` do not fit; [`Error::Interrupted`] when the observer stops it;
    /// those of reading and writing rows on disk.
    fn of(
        data: TrainingData,
        layers: &[Autoencoder],
        context: &Context,
        streaming: &Streaming,
        observer: &mut Observer,
    ) -> Result<Self> {
        let n_columns = layers.last().map_or(0, Autoencoder::n_hidden);
        let mut codes = |of: &Dataset| {
            let cells = collect_rows(of.n_rows(), n_columns, streaming, |put| {
                encoders(layers)?.each(of, context, |rows| {
                    if observer(EventKind::Working.into()).is_break() {
                        Err(Error::Interrupted)
                    } else {
                        put(rows.values())
                    }
                })
            })?;
            as_examples(cells, n_columns, of)
        };
        let train = codes(data.train)?;
        let valid = data.valid.map(&mut codes).transpose()?;
        // Codes are inputs as they stand.
        let encoding = Encoding::fit(ScalingKind::AsIs, &train)?;
        let layer = data.layer.saturating_add(layers.len() as u8);
        Ok(Self { train, valid, encoding, layer })
    }

    /// The codes as training data.
    fn training(&self) -> TrainingData<'_> {
        TrainingData {
            train: &self.train,
            valid: self.valid.as_ref(),
            encoding: &self.encoding,
            layer: self.layer,
        }
    }
}

/// Codes as examples, with targets and weights of the rows they came from.
fn as_examples(codes: Storage, n_columns: usize, of: &Dataset) -> Result<Dataset> {
    let examples = Dataset::new(codes, of.n_rows(), n_columns)?.with_origin(of.origin().clone());
    let examples = examples.with_targets(of.targets().clone())?;
    match of.weights() {
        [] => Ok(examples),
        weights => examples.with_weights(weights.to_vec()),
    }
}
