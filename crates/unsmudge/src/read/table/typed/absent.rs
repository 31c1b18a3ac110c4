//! Where the feature `parquet` is off no file has typed columns.

use crate::error::{Error, Result};
use crate::read::source::Source;
use crate::read::table::cell::Cell;
use csv::ByteRecord;
use std::borrow::Cow;

pub(in crate::read) fn is_typed(_start: &[u8]) -> bool {
    false
}

/// None.
pub enum Batches {}
pub enum Batch {}
pub enum Content {}

impl Batches {
    pub fn open(source: &Source, _only: Option<&[usize]>) -> Result<Self> {
        let (format, expected) = ("Parquet or Arrow file", "a program with the feature `parquet`");
        Err(Error::format(source.path(), format, expected, "one without it", "build it with it"))
    }

    pub fn is_whole(&self, _column: usize) -> bool {
        match *self {}
    }

    pub fn next(&mut self) -> Result<Option<Batch>> {
        match *self {}
    }
}

impl Batch {
    pub fn n_rows(&self) -> usize {
        match *self {}
    }

    pub fn content(&self, _column: usize, _missing: &[String]) -> Option<Content> {
        match *self {}
    }

    pub fn records(&self) -> std::iter::Empty<ByteRecord> {
        match *self {}
    }
}

impl Content {
    pub fn cell(&self, _row: usize) -> Cell {
        match *self {}
    }

    pub fn text(&self, _row: usize) -> Cow<'_, str> {
        match *self {}
    }
}
