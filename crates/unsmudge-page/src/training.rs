//! A model of the pictures in a page, trained there.

use crate::request::Train;
use std::ops::ControlFlow;
use unsmudge::Result;
use unsmudge::autoencoder::AutoencoderSettings;
use unsmudge::dataset::{Dataset, ImageShape};
use unsmudge::event::Event;
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::read;
use unsmudge::run::Online;
use unsmudge::train::TrainSettings;

/// A model of one layer, and the pictures that it learns from.
pub struct Training {
    online: Online,
    pictures: Dataset,
}

impl Training {
    /// Ready to learn, with usual settings but for those that are asked for.
    ///
    /// # Errors
    /// Those of reading the pictures; as [`Online::of_autoencoder`].
    pub fn new(asked: &Train, shape: ImageShape) -> Result<Self> {
        let pictures = read::read(&asked.pictures)?.with_image(shape)?;
        let settings = AutoencoderSettings {
            n_hidden: asked.hidden,
            corruption: asked.corruption.parse()?,
            ..AutoencoderSettings::default()
        };
        let training = TrainSettings { seed: asked.seed, ..TrainSettings::default() };
        Ok(Self { online: Online::of_autoencoder(&settings, &training, &pictures)?, pictures })
    }

    /// Number of pictures that it learns from.
    pub fn n_pictures(&self) -> usize {
        self.pictures.n_rows()
    }

    /// The model as it is.
    ///
    /// # Errors
    /// As [`Online::model`].
    pub fn model(&self) -> Result<Model> {
        self.online.model()
    }

    /// One epoch.
    ///
    /// # Errors
    /// As [`Online::learn`], and divergence.
    pub fn learn(&mut self, context: &Context) -> Result<()> {
        let goes_on = &mut |_: Event| ControlFlow::Continue(());
        self.online.learn(&self.pictures, context, goes_on)?.done()
    }
}
