//! Stands for `typed` where the feature `parquet` is off: no file has typed columns.

use super::asked::Overrides;
use super::cell::Cell;
use super::fill::{Fill, Filled};
use super::survey::Survey;
use super::written::Written;
use crate::error::{Error, Result};
use crate::read::source::Source;
use csv::ByteRecord;
use std::borrow::Cow;
use std::path::Path;

pub(in crate::read) fn is_typed(_start: &[u8]) -> bool {
    false
}

/// None.
pub(super) enum Batches {}
pub(super) enum Batch {}
pub(super) enum Content {}
pub(super) enum TypedCopy {}

impl Survey {
    pub(super) fn typed(source: &Source, _overrides: &Overrides) -> Result<Self> {
        Batches::open(source, None).map(|batches| match batches {})
    }
}

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

impl TypedCopy {
    pub fn create(written: Written, _fill: Fill, _out: &Path) -> Result<Self> {
        Batches::open(&Source::open(&written.path)?, None).map(|batches| match batches {})
    }

    pub fn put_rows(&mut self, _filled: &Filled) -> Result<()> {
        match *self {}
    }

    pub fn commit(self) -> Result<u64> {
        match self {}
    }
}
