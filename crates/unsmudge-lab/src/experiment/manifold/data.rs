//! The rows of the experiment: points of a spiral, and the numbers of tables. All are standardised
//! by their training rows.

use super::ManifoldSettings;
use super::exact::Exact;
use crate::experiment::noise::scaled;
use crate::experiment::tables::{Table, tables};
use crate::problem::spiral;
use unsmudge::dataset::{Dataset, Storage};
use unsmudge::encoding::{Encoding, ScalingKind};
use unsmudge::error::{Error, Result};
use unsmudge::random::{Key, Purpose, permutation};
use unsmudge::schema::ColumnKind;

/// The name of the spiral among the tables.
const SPIRAL: &str = "spiral";
/// A table needs so many rows: a fifth of them is for the test.
const FEWEST_ROWS: usize = 50;
/// Columns that are named where many are not used.
const MOST_LISTED: usize = 8;

/// Rows of the spiral or of a table.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub name: String,
    pub columns: Vec<String>,
    /// Columns that are not used, and why.
    pub left_out: Vec<String>,
    /// Of a whole table that was given.
    pub fingerprint: Option<String>,
    pub train: Dataset,
    pub valid: Dataset,
    pub test: Dataset,
    /// The distribution that the rows were drawn from, where it is known.
    pub exact: Option<Exact>,
}

impl Rows {
    /// Those of the spiral, then those of each table.
    ///
    /// # Errors
    /// Those of reading; [`Error::Setting`] for a table that cannot be used.
    pub fn all(settings: &ManifoldSettings) -> Result<Vec<Self>> {
        let mut all = vec![Self::spiral(settings)?];
        if let Some(path) = &settings.tables {
            for table in tables(path)? {
                all.push(Self::of_table(&table, settings)?);
            }
        }
        Ok(all)
    }

    fn spiral(settings: &ManifoldSettings) -> Result<Self> {
        let n_held_out = settings.n_points.div_ceil(2);
        let points = spiral(settings.n_points + 2 * n_held_out, settings.seed)?;
        let columns = ["x", "y"].map(String::from).to_vec();
        let rows = (SPIRAL.to_string(), columns, Vec::new());
        let (mut rows, encoding) = Self::standardised(rows, points, n_held_out)?;
        rows.exact = Some(Exact::new(&encoding)?);
        Ok(rows)
    }

    fn of_table(table: &Table, settings: &ManifoldSettings) -> Result<Self> {
        let refused = |found: String, allowed: &str| {
            Error::setting("tables", format!("{}, {found}", table.name), allowed)
        };
        if table.name == SPIRAL {
            return Err(refused("which names the points that are drawn".into(), "another name"));
        }
        if table.n_rows < FEWEST_ROWS {
            let found = format!("which has {} rows", table.n_rows);
            return Err(refused(found, &format!("tables of {FEWEST_ROWS} rows or more")));
        }
        let fingerprint = Some(table.fingerprint());
        let order = permutation(Key::new(settings.seed, Purpose::Sample), table.n_rows);
        let table = table.rows(&order[..settings.most_rows.min(table.n_rows)]);
        let n_held_out = table.n_rows / 5;
        let n_train = table.n_rows - 2 * n_held_out;
        let (mut kept, mut left_out) = (Vec::new(), Vec::new());
        for j in 0..table.n_columns() {
            match table.why_not(j, n_train) {
                Some(why) => left_out.push(format!("{} ({why})", table.column_name(j))),
                None => kept.push(j),
            }
        }
        if kept.len() < 2 {
            let found = match kept.first() {
                None => "of which no column can be used".to_string(),
                Some(j) => format!("of which only {} can be used", table.column_name(*j)),
            };
            let left_out = listed(&left_out).map_or(String::new(), |all| format!(": not {all}"));
            let allowed = "tables with two columns of numbers that vary, with every cell there";
            return Err(refused(found + &left_out, allowed));
        }
        let columns = kept.iter().map(|j| table.column_name(*j)).collect();
        let rows = table.cells.chunks_exact(table.n_columns());
        let cells = rows.flat_map(|row| kept.iter().map(|j| row[*j])).collect();
        let cells = Dataset::new(Storage::Floats(cells), table.n_rows, kept.len())?;
        let name = table.name.clone();
        let rows = Self::standardised((name, columns, left_out), cells, n_held_out)?.0;
        Ok(Self { fingerprint, ..rows })
    }

    /// The last `n_held_out` rows are for the test, as many before them for validation.
    fn standardised(
        (name, columns, left_out): (String, Vec<String>, Vec<String>),
        rows: Dataset,
        n_held_out: usize,
    ) -> Result<(Self, Encoding)> {
        let (rows, test) = rows.split_last(n_held_out)?;
        let (train, valid) = rows.split_last(n_held_out)?;
        let encoding = Encoding::fit(ScalingKind::Standardise, &train)?;
        let [train, valid, test] = [train, valid, test].map(|part| scaled(&part, &encoding));
        let (train, valid, test) = (train?, valid?, test?);
        let (fingerprint, exact) = (None, None);
        Ok((Self { name, columns, left_out, fingerprint, train, valid, test, exact }, encoding))
    }
}

/// Names in words, of many only the first; `None` for none.
pub(super) fn listed(names: &[String]) -> Option<String> {
    let n_more = names.len().saturating_sub(MOST_LISTED);
    let first = names[..names.len() - n_more].join(", ");
    match (names, n_more) {
        ([], _) => None,
        (_, 0) => Some(first),
        _ => Some(format!("{first} and {n_more} more")),
    }
}

impl Table {
    /// Why a column cannot be used; its first cells are for training.
    fn why_not(&self, column: usize, n_train: usize) -> Option<&'static str> {
        let is_number =
            matches!(self.schema.column(column).kind, ColumnKind::Number | ColumnKind::Count);
        let first = self.column(column).next();
        if !is_number {
            Some("no number")
        } else if self.column(column).any(f32::is_nan) {
            Some("missing cells")
        } else if self.column(column).any(f32::is_infinite) {
            Some("infinite cells")
        } else if self.column(column).take(n_train).all(|cell| Some(cell) == first) {
            Some("constant")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Budget, Materials};
    use std::fs;
    use unsmudge::read::read;

    fn rows_of(text: &str) -> Result<Rows> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        fs::write(&path, text).unwrap();
        let table = Table::of("t".into(), &read(&path)?)?;
        Rows::of_table(&table, &ManifoldSettings::of(Budget::Quick, Materials::default()))
    }

    fn table(n_rows: usize, row: impl Fn(usize) -> String) -> String {
        (0..n_rows).map(row).fold("a,b,c,d\n".into(), |text, row| text + &row + "\n")
    }

    #[test]
    fn numbers_that_vary_are_standardised_and_other_columns_named() {
        let hole = |i: usize| if i == 7 { String::new() } else { i.to_string() };
        let row = |i: usize| format!("{},{},{},{}", i * i, ["x", "y"][i % 2], hole(i), 7 * i % 50);
        let rows = rows_of(&table(50, row)).unwrap();
        assert_eq!(rows.columns, ["a", "d"]);
        assert_eq!(rows.left_out, ["b (no number)", "c (missing cells)"]);
        assert_eq!([&rows.train, &rows.valid, &rows.test].map(Dataset::n_rows), [30, 10, 10]);
        let train = rows.train.floats().unwrap();
        let moment = |k: i32| train.iter().step_by(2).map(|x| x.powi(k)).sum::<f32>() / 30.0;
        assert!(moment(1).abs() < 1e-5 && (moment(2) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn tables_without_a_plane_are_refused_by_name() {
        let refused = |text: String| rows_of(&text).unwrap_err().to_string();
        let names: Vec<String> = (2..22).map(|j| format!("c{j}")).collect();
        let wide = (0..60).map(|_| "\n1".to_string() + &",1".repeat(20));
        let wide = "c1,".to_string() + &names.join(",") + &wide.collect::<String>();
        let cases = [
            (refused(table(49, |i| format!("{},{i},{i},{i}", i * i))), "t, which has 49 rows"),
            (
                refused(table(60, |i| format!("{},x,3,", i * i % 7))),
                "t, of which only a can be used: not b (no number), c (constant)",
            ),
            (refused(table(60, |_| "q,x,3,".into())), "no column can be used"),
            (refused(table(60, |i| format!("{},inf,3,4", i * i % 7))), "b (infinite cells)"),
            (refused(wide), "c8 (constant) and 13 more"),
        ];
        for (error, words) in cases {
            assert!(error.contains("`tables`") && error.contains(words), "{words}: {error}");
        }
    }

    #[test]
    fn equal_seeds_give_equal_parts_and_parts_share_no_row() {
        let settings = ManifoldSettings::of(Budget::Quick, Materials::default());
        let rows = Rows::all(&ManifoldSettings { n_points: 100, ..settings }).unwrap();
        assert_eq!(rows.len(), 1);
        let of = |part: &Dataset| part.floats().unwrap().to_vec();
        let [train, valid, test] = [&rows[0].train, &rows[0].valid, &rows[0].test].map(of);
        assert_eq!([train.len(), valid.len(), test.len()], [200, 100, 100]);
        assert!(!test.iter().any(|x| train.contains(x) || valid.contains(x)));
    }
}
