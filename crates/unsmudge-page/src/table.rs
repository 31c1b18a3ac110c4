//! Tables: missing cells filled, cells scored, and a filled copy of the file.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use unsmudge::anomaly::{CellScore, Detector, RowScore};
use unsmudge::dataset::Dataset;
use unsmudge::matrix::Matrix;
use unsmudge::processor::Context;
use unsmudge::read::{self, Fill, Filled, FilledTable, Written};
use unsmudge::schema::Schema;
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::table::TableSettings;
use unsmudge::tabular::{Intervals, Tabular};
use unsmudge::write::CsvWriter;
use unsmudge::{Error, Result};

/// Rows that are filled by one request.
const ROWS_AT_ONCE: usize = 256;

/// The share of cells that ranges hold, as those of a detector do.
const SHARE: f64 = 0.9;

/// Models of a table, and a table.
pub struct Tables {
    filler: Option<Tabular>,
    detector: Option<Detector>,
    context: Context,
    filling: Option<Filling>,
    scored: Option<Scored>,
}

/// A table that is being filled.
struct Filling {
    given: Given,
    n_done: usize,
    /// Without ranges and with them, until they are complete.
    copies: Vec<FilledTable>,
    filled: Matrix, // n_rows x n_columns
    bounds: Intervals,
}

/// A table whose cells are scored.
struct Scored {
    given: Given,
    scores: Option<Vec<RowScore>>,
}

/// A table as a model reads it.
struct Given {
    table: Dataset,
    written: Written,
}

impl Given {
    fn read(path: &Path, settings: &TableSettings, schema: &Schema) -> Result<Self> {
        let data = DataSettings { table: settings.clone(), ..DataSettings::of(path) };
        let table = data.load_part(None, Some(schema), &Streaming::NEVER)?.arranged(schema)?;
        Ok(Self { table, written: read::written(path, settings, schema)? })
    }
}

impl Tables {
    /// Models of one table, at least one.
    ///
    /// # Errors
    /// [`Error::Shape`] for a detector of other columns than the model.
    pub fn new(
        filler: Option<Tabular>,
        detector: Option<Detector>,
        context: &Context,
    ) -> Result<Self> {
        if let (Some(filler), Some(detector)) = (&filler, &detector) {
            let [expected, found] = [filler.schema(), detector.schema()].map(names);
            if expected != found {
                let (expected, found) = (expected.join(", "), found.join(", "));
                return Err(Error::shape("columns of the detector", expected, found));
            }
        }
        let (filling, scored) = (None, None);
        Ok(Self { filler, detector, context: context.clone(), filling, scored })
    }

    /// What a page has to know at first.
    pub fn facts(&self) -> Value {
        let detector = self.detector.as_ref();
        let n_train = self.filler.as_ref().map(Tabular::n_train);
        json!({
            "kind": "table",
            "columns": self.columns(),
            "fills": self.filler.is_some(),
            "scores": detector.is_some(),
            "n_train": n_train.or(detector.map(Detector::n_train)),
            "least_p": detector.map(Detector::least_p),
        })
    }

    fn columns(&self) -> Vec<String> {
        let schema = match (&self.filler, &self.detector) {
            (Some(filler), _) => filler.schema(),
            (_, Some(detector)) => detector.schema(),
            _ => return Vec::new(),
        };
        names(schema)
    }

    /// Reads a table, in place of the one before.
    ///
    /// # Errors
    /// What reading gives.
    pub fn read(&mut self, path: &Path) -> Result<Value> {
        (self.filling, self.scored) = (None, None);
        if let Some(model) = &self.filler {
            let known = (model.table(), model.schema());
            let given = Given::read(path, known.0, known.1)?;
            let copy = |fill, name: &str| read::fill(path, known, fill, &PathBuf::from(name), None);
            let copies = vec![copy(Fill::Missing, FILLED)?, copy(Fill::Bounded, WITH_RANGES)?];
            let filled = Matrix::zeros(given.table.n_rows(), given.table.n_columns());
            let bounds = Intervals { low: filled.clone(), high: filled.clone() };
            self.filling = Some(Filling { given, n_done: 0, copies, filled, bounds });
        }
        if let Some(detector) = &self.detector {
            let given = Given::read(path, detector.table(), detector.schema())?;
            self.scored = Some(Scored { given, scores: None });
        }
        let table = &self.given()?.table;
        let mut notes = Vec::new();
        if let Some(found) = table.origin().table() {
            notes.push(found.line());
        }
        notes.extend(table.unseen_levels()?);
        Ok(json!({ "n_rows": table.n_rows(), "notes": notes }))
    }

    /// Fills some more rows; the files are there once all are done.
    ///
    /// # Errors
    /// Those of the library.
    pub fn fill(&mut self) -> Result<Value> {
        let (Some(model), Some(filling)) = (&self.filler, &mut self.filling) else {
            return Err(nothing("a model that fills, and a table"));
        };
        let (first, n_rows) = (filling.n_done, filling.given.table.n_rows());
        let block = filling.given.table.blocks(ROWS_AT_ONCE).nth(first / ROWS_AT_ONCE);
        if let Some(rows) = block {
            let cells = model.impute(&rows, &self.context)?;
            let bounds = model.intervals(&rows, SHARE, &self.context)?;
            let both = [None, Some((&bounds.low, &bounds.high))];
            for (copy, bounds) in filling.copies.iter_mut().zip(both) {
                copy.put_rows(&Filled { cells: &cells, bounds })?;
            }
            for i in 0..rows.n_rows() {
                filling.filled.row_mut(first + i).copy_from_slice(cells.row(i));
                filling.bounds.low.row_mut(first + i).copy_from_slice(bounds.low.row(i));
                filling.bounds.high.row_mut(first + i).copy_from_slice(bounds.high.row(i));
            }
            filling.n_done += rows.n_rows();
        }
        let mut n_filled = None;
        if filling.n_done == n_rows {
            for copy in filling.copies.drain(..) {
                n_filled = Some(copy.commit()?);
            }
        }
        Ok(json!({ "n_done": filling.n_done, "n_rows": n_rows, "n_filled": n_filled }))
    }

    /// The p-values of all rows and their order, the most unusual first; a file has their scores.
    ///
    /// # Errors
    /// As [`Detector::score`]; [`Error::File`].
    pub fn scores(&mut self) -> Result<Value> {
        let (Some(detector), Some(scored)) = (&self.detector, &mut self.scored) else {
            return Err(nothing("a detector, and a table"));
        };
        let scores = detector.score(&scored.given.table, &self.context)?;
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*b].score.total_cmp(&scores[*a].score).then(a.cmp(b)));
        let p: Vec<f64> = scores.iter().map(|row| row.p).collect();
        write_scores(&scored.given.table, &scores)?;
        scored.scores = Some(scores);
        Ok(json!({ "order": order, "p": p }))
    }

    /// What is known of the cells of some rows.
    ///
    /// # Errors
    /// [`Error::Shape`] for a row that is not there; as [`Detector::cells`].
    pub fn rows(&self, rows: &[u32]) -> Result<Value> {
        let given = self.given()?;
        let n_rows = given.table.n_rows();
        if let Some(row) = rows.iter().find(|row| **row as usize >= n_rows) {
            return Err(Error::shape("row", format!("0 to {}", n_rows - 1), row));
        }
        let mut found = Vec::with_capacity(rows.len());
        given.written.each_row(|row, texts| {
            if rows.contains(&(row as u32)) {
                let number = given.table.origin().row(row);
                let cells: Vec<Value> = texts.iter().map(|text| json!({ "text": text })).collect();
                found.push((row, json!({ "row": row, "number": number }), cells));
            }
            Ok(())
        })?;
        for (row, _, cells) in &mut found {
            self.put_filled(*row, cells)?;
        }
        self.put_scores(rows, &mut found)?;
        let rows = found.into_iter().map(|(_, mut row, cells)| {
            row["cells"] = Value::Array(cells);
            row
        });
        Ok(Value::Array(rows.collect()))
    }

    fn put_filled(&self, row: usize, cells: &mut [Value]) -> Result<()> {
        let Some(filling) = self.filling.as_ref().filter(|filling| row < filling.n_done) else {
            return Ok(());
        };
        let Given { table, written } = &filling.given;
        let mut raw = vec![0.0; cells.len()];
        table.copy_rows(row, &mut raw)?;
        for (j, cell) in cells.iter_mut().enumerate().filter(|(j, _)| raw[*j].is_nan()) {
            let [filled, low, high] = [&filling.filled, &filling.bounds.low, &filling.bounds.high]
                .map(|matrix| written.text(j, matrix.row(row)[j]));
            cell["filled"] = json!(filled);
            if low != high {
                cell["range"] = json!([low, high]);
            }
        }
        Ok(())
    }

    fn put_scores(&self, rows: &[u32], found: &mut [(usize, Value, Vec<Value>)]) -> Result<()> {
        let (Some(detector), Some(scored)) = (&self.detector, &self.scored) else {
            return Ok(());
        };
        let Given { table, written } = &scored.given;
        detector.cells(table, Some(rows), &self.context, |row, scores| {
            let Some((_, of_row, cells)) = found.iter_mut().find(|(place, ..)| *place == row)
            else {
                return Ok(());
            };
            if let Some(scores) = &scored.scores {
                of_row["p"] = json!(scores[row].p);
            }
            for (j, score) in scores.iter().enumerate() {
                let Some(CellScore { surprise, p, expected, range }) = *score else { continue };
                let range = range.map(|(low, high)| [low, high].map(|of| written.text(j, of)));
                let cell = &mut cells[j];
                cell["p"] = json!(p);
                cell["surprise"] = json!(surprise);
                cell["expected"] = json!(written.text(j, expected));
                cell["range"] = json!(range);
            }
            Ok(())
        })
    }

    fn given(&self) -> Result<&Given> {
        let filling = self.filling.as_ref().map(|filling| &filling.given);
        let given = filling.or(self.scored.as_ref().map(|scored| &scored.given));
        given.ok_or_else(|| nothing("a table"))
    }
}

/// The files that a page finds where a table was filled.
const FILLED: &str = "/filled.csv";
const WITH_RANGES: &str = "/ranges.csv";
const SCORES: &str = "/scores.csv";

/// Writes the scores of rows as `unsmudge score` does.
fn write_scores(table: &Dataset, scores: &[RowScore]) -> Result<()> {
    let header = ["row", "score", "p", "fdr"].map(String::from);
    let mut file = CsvWriter::create(Path::new(SCORES), &header)?;
    for (i, RowScore { score, p, fdr }) in scores.iter().enumerate() {
        let row = table.origin().row(i).to_string();
        file.write_row([row, score.to_string(), format!("{p:.6}"), format!("{fdr:.6}")])?;
    }
    file.commit()
}

fn nothing(needed: &str) -> Error {
    Error::setting("request", "nothing to answer it from", needed)
}

/// The names of columns, or their numbers.
fn names(schema: &Schema) -> Vec<String> {
    (0..schema.n_columns()).map(|j| schema.column_name(j).trim_matches('"').into()).collect()
}
