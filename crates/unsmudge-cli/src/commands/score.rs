//! `score`: the rows of a table by how unusual they are, and their cells, by a model that is trained
//! on it or by a saved one.

mod found; // rows at a threshold, with their cells in words

use super::tables::{
    check_alone, check_model, check_outputs, read_table, refuse, tell, tell_unseen,
};
use super::{begin_csv, ending, ending_of, folder_of};
use crate::arguments::{ScoreArguments, Threshold};
use crate::output::{counted, print_beside, say};
use crate::progress::Progress;
use crate::signals;
use anyhow::Result;
use found::{Found, Scored};
use std::path::PathBuf;
use std::process::ExitCode;
use unsmudge::anomaly::{Detector, DetectorSettings, RowScore};
use unsmudge::dataset::Dataset;
use unsmudge::processor::Context;
use unsmudge::read::{self, Written};
use unsmudge::storage::write_durably;

pub fn score(arguments: &ScoreArguments) -> Result<ExitCode> {
    let context = Context::new(arguments.machine.threads)?;
    let path = arguments.file.as_deref().unwrap_or(&arguments.source);
    check(arguments)?;
    signals::listen_in_writing()?;
    let known = match &arguments.file {
        Some(_) => Some(Detector::load(&arguments.source)?),
        None => None,
    };
    let schema = known.as_ref().map(Detector::schema);
    let layout = known.as_ref().map(Detector::table).cloned().unwrap_or_default();
    let settings = arguments.columns.over(arguments.layout.over(layout));
    let table = read_table(path, &settings, schema, &folder_of(&arguments.out))?;
    tell(arguments.machine.quiet, &table, known.is_none());
    let table = arguments.part.of(table)?;
    let is_training = known.is_none();
    let (detector, scores) = match known {
        None => train(arguments, &table, &context)?,
        Some(detector) => {
            tell_unseen(path, &table, detector.schema())?;
            let scores = detector.score(&table, &context)?;
            (detector, scores)
        }
    };
    signals::check(&arguments.out)?;
    let mut written = read::written(path, &settings, detector.schema())?;
    if let Some(shard) = arguments.part.shard {
        written = written.shard(shard)?;
    }
    let out = &arguments.out;
    let scored = Scored { detector: &detector, table: &table, is_training, context: &context, out };
    write_rows(arguments, &table, &scores)?;
    if arguments.cells {
        write_cells(arguments, &scored, &written)?;
    }
    let found = Found::new(&scored, &scores, &written, arguments.threshold)?;
    let text = if arguments.json { format!("{}\n", found.json()) } else { found.text() };
    print_beside(out, &text)?;
    if let Some(path) = &arguments.report {
        write_durably(path, found.page().html().as_bytes())?;
    }
    if !arguments.machine.quiet {
        found.notes().iter().for_each(|note| say(note));
        say(&format!(
            "scored  {}  {}",
            counted(scores.len() as u64, "row"),
            arguments.out.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn check(arguments: &ScoreArguments) -> unsmudge::Result<()> {
    ending(&arguments.out, &["csv"])?;
    if let Some(path) = &arguments.report {
        ending_of("report", path, &["html"])?;
    }
    let is_asked = |asked: bool| asked.then(|| "true".to_string());
    let others = [("json", is_asked(arguments.json)), ("cells", is_asked(arguments.cells))];
    check_alone(&arguments.out, others)?;
    let outputs = [
        ("out", Some(&*arguments.out)),
        ("model", arguments.model.as_deref()),
        ("report", arguments.report.as_deref()),
    ];
    let table = arguments.file.as_deref().unwrap_or(&arguments.source);
    check_outputs(&outputs, table)?;
    let of_cells = cells_path(arguments);
    check_outputs(
        &[("out", Some(&of_cells).filter(|_| arguments.cells).map(|path| &**path))],
        table,
    )?;
    check_model(arguments.model.as_deref(), arguments.file.is_none())?;
    let allowed = match (&arguments.file, arguments.threshold) {
        (None, _) => "only with a saved model: MODEL FILE",
        (_, Threshold::Fdr(_)) => "none with --threshold fdr=..., which needs all rows",
        _ => return Ok(()),
    };
    refuse([("shard", arguments.part.text())], allowed)
}

/// The file of the scores of cells: `scores.cells.csv` next to `scores.csv`.
fn cells_path(arguments: &ScoreArguments) -> PathBuf {
    arguments.out.with_extension("cells.csv")
}

fn train(
    arguments: &ScoreArguments,
    table: &Dataset,
    context: &Context,
) -> Result<(Detector, Vec<RowScore>)> {
    let settings = DetectorSettings {
        clean: arguments.clean,
        seed: arguments.seed,
        ..DetectorSettings::default()
    };
    let mut progress = Progress::of_steps(arguments.machine.quiet);
    let fitted = Detector::fit(&settings, table, context, &mut |event| {
        progress.show(&event);
        signals::flow()
    });
    progress.end();
    signals::check(&arguments.out)?;
    let fitted = fitted?;
    if let Some(path) = &arguments.model {
        fitted.0.save(path)?;
        if !arguments.machine.quiet {
            say(&format!("model   {}", path.display()));
        }
    }
    Ok(fitted)
}

fn write_rows(
    arguments: &ScoreArguments,
    table: &Dataset,
    scores: &[RowScore],
) -> unsmudge::Result<()> {
    let header = ["row", "score", "p", "fdr"].map(String::from);
    let mut file = begin_csv(&arguments.out, &header, &arguments.part)?;
    for (i, RowScore { score, p, fdr }) in scores.iter().enumerate() {
        let number = |value: f64| format!("{value:.6}");
        file.write_row([
            table.origin().row(i).to_string(),
            score.to_string(),
            number(*p),
            // It depends on all rows of the table.
            if arguments.part.shard.is_none() { number(*fdr) } else { String::new() },
        ])?;
    }
    signals::check(&arguments.out)?;
    file.commit()
}

/// Rows whose cells are looked at together.
const BLOCK: usize = 1024;

/// Writes every cell, the most surprising ones of each row first.
fn write_cells(
    arguments: &ScoreArguments,
    scored: &Scored,
    written: &Written,
) -> unsmudge::Result<()> {
    let out = cells_path(arguments);
    let header = ["row", "column", "value", "surprise", "p", "expected", "low", "high"];
    let mut file = begin_csv(&out, &header.map(String::from), &arguments.part)?;
    let mut block = Vec::new();
    let n_rows = scored.table.n_rows();
    written.each_row(|row, texts| {
        block.push(texts.to_vec());
        if block.len() < BLOCK && row + 1 < n_rows {
            return Ok(());
        }
        signals::check(&out)?;
        let first = row + 1 - block.len();
        let rows: Vec<u32> = (first as u32..=row as u32).collect();
        for row in scored.rows(&rows, &block, written)? {
            for cell in row.cells {
                let [low, high] = match cell.range {
                    Some((low, high)) => [low, high],
                    None => Default::default(),
                };
                file.write_row([
                    row.number.to_string(),
                    cell.column,
                    cell.value,
                    format!("{:.4}", cell.surprise),
                    format!("{:.6}", cell.p),
                    cell.expected,
                    low,
                    high,
                ])?;
            }
        }
        block.clear();
        Ok(())
    })?;
    file.commit()?;
    if !arguments.machine.quiet {
        say(&format!("cells   {}", out.display()));
    }
    Ok(())
}
