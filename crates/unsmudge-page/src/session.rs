//! What a page has open, and the answers to its requests.

use crate::picture::Pictures;
use crate::request::{Open, Request};
use crate::table::Tables;
use serde_json::Value;
use unsmudge::anomaly::Detector;
use unsmudge::model_file::Model;
use unsmudge::processor::Context;
use unsmudge::tabular::Tabular;
use unsmudge::{Error, Result};

/// The open models.
#[derive(Default)]
pub enum Session {
    /// None yet.
    #[default]
    Closed,
    /// A model of pictures.
    Pictures(Box<Pictures>),
    /// Models of a table.
    Tables(Box<Tables>),
}

impl Session {
    /// The answer to a request.
    ///
    /// # Errors
    /// Those of the library; [`Error::Setting`] for a request that the open models cannot answer.
    pub fn answer(&mut self, request: Request) -> Result<Value> {
        if let Request::Open(open) = request {
            *self = Self::open(&open)?;
            return Ok(self.facts());
        }
        match (self, request) {
            (Self::Pictures(pictures), Request::Repair(asked)) => pictures.repair(&asked),
            (Self::Pictures(pictures), Request::Chain(asked)) => pictures.chain(&asked),
            (Self::Pictures(pictures), Request::Filters(asked)) => pictures.filters(&asked),
            (Self::Pictures(pictures), Request::Train(asked)) => pictures.train(&asked),
            (Self::Pictures(pictures), Request::Learn) => pictures.learn(),
            (Self::Tables(tables), Request::Table { path }) => tables.read(&path),
            (Self::Tables(tables), Request::Fill) => tables.fill(),
            (Self::Tables(tables), Request::Scores) => tables.scores(),
            (Self::Tables(tables), Request::Rows { rows }) => tables.rows(&rows),
            (_, request) => {
                let allowed = "a request that the open model can answer";
                Err(Error::setting("request", format!("{request:?}"), allowed))
            }
        }
    }

    fn open(open: &Open) -> Result<Self> {
        let context = Context::new(Some(1))?;
        if let Some(path) = &open.pictures {
            let pictures = Pictures::new(Model::load(path)?, &open.examples, &context)?;
            return Ok(Self::Pictures(Box::new(pictures)));
        }
        let filler = open.table.as_deref().map(Tabular::load).transpose()?;
        let detector = open.detector.as_deref().map(Detector::load).transpose()?;
        if filler.is_none() && detector.is_none() {
            return Err(Error::setting("model", "(none)", "a model of pictures or of a table"));
        }
        Ok(Self::Tables(Box::new(Tables::new(filler, detector, &context)?)))
    }

    fn facts(&self) -> Value {
        match self {
            Self::Pictures(pictures) => pictures.facts(),
            Self::Tables(tables) => tables.facts(),
            Self::Closed => Value::Null,
        }
    }
}
