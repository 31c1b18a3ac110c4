//! From the cells of a row to the inputs of a network, its slots, and back. A number takes one
//! slot, a category one for each level; after all columns, each column with missing cells has an
//! indicator: 1 where its cell is missing, whose other slots are then 0. Of columns that are all
//! numbers without missing cells, the slots are the scaled cells.

mod statistics; // what one pass tells of the columns
mod scaling; // of numbers
mod slots; // which slots are of which column
#[cfg(test)]
mod tests;

pub use scaling::{Scaling, ScalingKind};
pub use slots::Slots;

use crate::dataset::{Dataset, check_cells};
use crate::error::{Error, Result};
use crate::schema::{ColumnKind, Schema};
use statistics::Statistics;

/// The columns of a table, their scaling, and the slots that they take: chosen by the data, stored
/// with the model, undone on output.
///
/// # Example
/// ```
/// use unsmudge::dataset::{Dataset, Storage};
/// use unsmudge::encoding::{Encoding, ScalingKind};
/// use unsmudge::schema::{Column, ColumnKind, Schema};
///
/// // A number with a missing cell, and a category.
/// let levels = vec!["red".into(), "green".into()];
/// let color = Column { kind: ColumnKind::Category { levels }, ..Column::default() };
/// let rows = Storage::Floats(vec![0.25, 0.0, f32::NAN, 1.0]);
/// let rows = Dataset::new(rows, 2, 2)?.with_schema(Schema::new(2).with_column(1, color)?)?;
///
/// let encoding = Encoding::fit(ScalingKind::AsIs, &rows)?;
/// let mut slots = vec![0.0; encoding.n_slots()];
/// encoding.encode_rows(&rows, 0, &mut slots)?;
/// assert_eq!(slots, [0.25, 1.0, 0.0, 0.0]); // the number, red, green, is the number missing
/// encoding.encode_rows(&rows, 1, &mut slots)?;
/// assert_eq!(slots, [0.0, 0.0, 1.0, 1.0]);
///
/// let mut cells = vec![0.0; 2];
/// encoding.decode_row(&[0.5, 0.2, 0.8, 0.0], &mut cells);
/// assert_eq!(cells, [0.5, 1.0]);
/// # Ok::<(), unsmudge::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    schema: Schema,
    scaling: Scaling,
    slots: Slots,
    /// The least and greatest value of each slot.
    extremes: Vec<(f32, f32)>,
}

impl Encoding {
    /// Learns the scaling `kind` from training data.
    ///
    /// # Errors
    /// As [`Encoding::of`].
    pub fn fit(kind: ScalingKind, train: &Dataset) -> Result<Self> {
        Self::of(Some(kind), train, None)
    }

    /// Learns from training data and what is known of held-out ones: which columns have missing
    /// cells and, without a kind of scaling, the one that fits all rows: bytes by 255, [0, 1] as it
    /// is, anything else standardised.
    ///
    /// # Errors
    /// [`Error::Data`] for infinite cells, and for cells that are not of their column's kind; as
    /// [`Dataset::copy_rows`].
    pub fn of(kind: Option<ScalingKind>, train: &Dataset, valid: Option<&Dataset>) -> Result<Self> {
        let statistics = Statistics::of(train, valid)?;
        statistics.check_kinds(train)?;
        let kind = kind.unwrap_or_else(|| ScalingKind::of(train, &statistics));
        let scaling = Scaling::fit(kind, train, &statistics)?;
        let schema = train.schema().clone().with_missing(statistics.with_missing());
        Self::from_parts(schema, scaling)
    }

    /// From its parts, as a model file has them.
    ///
    /// # Errors
    /// [`Error::Shape`] for a scaling of another number of columns.
    pub fn from_parts(schema: Schema, scaling: Scaling) -> Result<Self> {
        if schema.n_columns() != scaling.n_columns() {
            return Err(Error::shape("columns scaled", schema.n_columns(), scaling.n_columns()));
        }
        Ok(Self::assembled(schema, scaling))
    }

    /// Of numbers in [0, 1] that are inputs as they are.
    pub fn as_is(n_columns: usize) -> Self {
        Self::assembled(Schema::new(n_columns), Scaling::as_is(n_columns))
    }

    fn assembled(schema: Schema, scaling: Scaling) -> Self {
        let slots = Slots::of(&schema);
        let mut extremes = vec![(0.0, 1.0); slots.len()];
        if let Some(scaled) = scaling.scaled_extremes() {
            for (j, scaled) in
                scaled.enumerate().filter(|(j, _)| schema.column(*j).kind.is_scaled())
            {
                extremes[slots.of_column(j).start] = scaled;
            }
        }
        Self { schema, scaling, slots, extremes }
    }

    /// The columns.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// How numbers are scaled.
    pub fn scaling(&self) -> &Scaling {
        &self.scaling
    }

    /// The kind of scaling.
    pub fn kind(&self) -> ScalingKind {
        self.scaling.kind()
    }

    /// Number of columns: of cells of a row.
    pub fn n_columns(&self) -> usize {
        self.schema.n_columns()
    }

    /// Number of slots: of inputs of a network.
    pub fn n_slots(&self) -> usize {
        self.slots.len()
    }

    /// Which slots are of which column.
    pub fn slots(&self) -> &Slots {
        &self.slots
    }

    /// Whether a cell of 0 is a slot of 0, and slots are cells scaled one by one.
    pub(crate) fn keeps_zeros(&self) -> bool {
        self.slots.are_columns() && matches!(self.kind(), ScalingKind::AsIs | ScalingKind::Bytes)
    }

    /// Writes as many rows from `first` on as `out` has room for, with [`Encoding::n_slots`] each.
    /// Panics when there are fewer, as indexing does.
    ///
    /// # Errors
    /// As [`Dataset::copy_rows`].
    pub fn encode_rows(&self, examples: &Dataset, first: usize, out: &mut [f32]) -> Result<()> {
        if self.slots.are_columns() {
            examples.copy_rows(first, out)?;
            out.chunks_exact_mut(self.n_columns()).for_each(|row| self.scaling.scale(row));
            return Ok(());
        }
        let mut cells = vec![0.0; self.n_columns()];
        for (i, out) in out.chunks_exact_mut(self.n_slots()).enumerate() {
            examples.copy_rows(first + i, &mut cells)?;
            self.encode(&mut cells, out);
        }
        Ok(())
    }

    /// Calls `look(number, slots)` for every row in order.
    pub(crate) fn each_row(
        &self,
        examples: &Dataset,
        mut look: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let (mut cells, mut slots) = (vec![0.0; self.n_columns()], vec![0.0; self.n_slots()]);
        examples.each_row(|i, row| {
            cells.copy_from_slice(row);
            self.encode(&mut cells, &mut slots);
            look(i, &slots)
        })
    }

    /// Writes the slots of one row of cells, which are overwritten.
    pub(crate) fn encode(&self, cells: &mut [f32], out: &mut [f32]) {
        if self.slots.are_columns() {
            out.copy_from_slice(cells);
            return self.scaling.scale(out);
        }
        out.fill(0.0);
        for (j, column) in self.schema.special_columns() {
            let value = cells[j];
            if value.is_nan() {
                cells[j] = 0.0; // scaled and then overwritten
                self.slots.indicator(j).into_iter().for_each(|slot| out[slot] = 1.0);
                continue;
            }
            let slots = self.slots.of_column(j);
            match &column.kind {
                ColumnKind::Number | ColumnKind::Count | ColumnKind::Date | ColumnKind::Time => {}
                ColumnKind::Binary => out[slots.start] = value,
                // A level that was never seen is none of the known ones.
                ColumnKind::Category { levels } => {
                    if value >= 0.0 && value.fract() == 0.0 && value < levels.len() as f32 {
                        out[slots.start + value as usize] = 1.0;
                    }
                }
            }
        }
        self.scaling.scale(cells);
        for (j, value) in
            cells.iter().enumerate().filter(|(j, _)| self.schema.column(*j).kind.is_scaled())
        {
            let is_missing = self.slots.indicator(j).is_some_and(|slot| out[slot] == 1.0);
            if !is_missing {
                out[self.slots.of_column(j).start] = *value;
            }
        }
    }

    /// What the slots of one row mean: raw cells, [`Encoding::n_columns`] of them. A category is the
    /// place of its greatest slot. No cell is missing.
    pub fn decode_row(&self, slots: &[f32], out: &mut [f32]) {
        self.decode_cells(slots, out);
        for (j, offset) in self.schema.offsets() {
            out[j] = (f64::from(out[j]) + offset) as f32;
        }
    }

    /// The same as cells of a data set, which are less by the offsets of their columns.
    pub(crate) fn decode_cells(&self, slots: &[f32], out: &mut [f32]) {
        if self.slots.are_columns() {
            out.copy_from_slice(slots);
            return self.scaling.unscale(out);
        }
        for (j, cell) in out.iter_mut().enumerate() {
            *cell = slots[self.slots.of_column(j).start];
        }
        self.scaling.unscale(out);
        for (j, column) in self.schema.special_columns() {
            let slots = &slots[self.slots.of_column(j)];
            match column.kind {
                ColumnKind::Number | ColumnKind::Count | ColumnKind::Date | ColumnKind::Time => {}
                ColumnKind::Binary => out[j] = slots[0],
                ColumnKind::Category { .. } => {
                    let greatest = |most: usize, k| if slots[k] > slots[most] { k } else { most };
                    out[j] = (1..slots.len()).fold(0, greatest) as f32;
                }
            }
        }
    }

    /// The least and greatest value of slot `slot` in training: 0 and 1 unless it is standardised.
    pub fn extremes(&self, slot: usize) -> (f32, f32) {
        self.extremes[slot]
    }

    /// Offset and span of the numbers of a column: a cell is offset + span x slot.
    pub(crate) fn units(&self, column: usize) -> (f32, f32) {
        let is_scaled = self.schema.column(column).kind.is_scaled();
        if is_scaled { self.scaling.units(column) } else { (0.0, 1.0) }
    }

    /// (r(x) - x) / level² in units of raw cells, from slots x and their reconstruction r(x): one for
    /// each column, all of which are numbers. (Equation 36 of docs/equations.md.)
    ///
    /// # Errors
    /// [`Error::Setting`] for a level that is not above 0.
    pub(crate) fn write_score(
        &self,
        slots: &[f32],
        reconstruction: &[f32],
        level: f32,
        out: &mut [f32],
    ) -> Result<()> {
        if !(level > 0.0 && level.is_finite()) {
            return Err(Error::setting("level", level, "a number above 0"));
        }
        let pairs = slots.iter().zip(reconstruction);
        for (j, (to, (x, clean))) in out.iter_mut().zip(pairs).enumerate() {
            *to = (clean - x) / (level * level * self.units(j).1);
        }
        Ok(())
    }

    /// Whether every slot of the training data lies in [0, 1].
    pub fn is_unit(&self) -> bool {
        let mut numbers = (0..self.n_columns()).filter(|j| self.schema.column(*j).kind.is_scaled());
        numbers.all(|j| self.scaling.is_unit(j))
    }

    /// Checks that every cell is a finite number, or missing where its column may have missing
    /// cells.
    ///
    /// # Errors
    /// [`Error::Data`] with the counts and the first three places; as [`Dataset::copy_rows`].
    pub fn check_cells(&self, examples: &Dataset) -> Result<()> {
        check_cells([examples], |column| self.slots.indicator(column).is_some())
    }

    /// A sentence when `examples` are on quite another scale than the training data were, for
    /// example 0 to 255 after 0 to 1.
    ///
    /// # Errors
    /// As [`Dataset::copy_rows`].
    pub fn range_warning(&self, examples: &Dataset) -> Result<Option<String>> {
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        examples.each_block(|_, values| {
            let block = values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| {
                (low.min(*v), high.max(*v))
            });
            (low, high) = (low.min(block.0), high.max(block.1));
            Ok(())
        })?;
        let (known_low, known_high) = self.scaling.range();
        let span = (known_high - known_low).max(f32::MIN_POSITIVE);
        let beyond = low < known_low - span || high > known_high + span;
        let within_a_corner = high - low < span / 50.0 && examples.n_rows() > 1;
        Ok((beyond || within_a_corner).then(|| {
            format!(
                "the values run from {low} to {high}, those of the training data from \
                 {known_low} to {known_high}: are they on the same scale?"
            )
        }))
    }
}
