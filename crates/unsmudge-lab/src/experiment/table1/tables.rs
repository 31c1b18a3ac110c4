//! The table as tables, ours and the paper's.

use super::Cell;
use super::svm::{Kernel, SvmCell};
use crate::experiment::system::{System, SystemSettings};
use crate::problem::Problem;
use crate::report::table::{Best, Better, Table};
use crate::report::{Block, Section};
use unsmudge::metric::ErrorRate;

/// The paper's figures in percent, as far as they were checked against it: problem, then the
/// systems of [`PAPER_MODELS`].
const PAPER: [(Problem, [&str; 6]); 8] = [
    (Problem::Basic, ["3.03", "", "", "3.46", "3.11", "2.80"]),
    (Problem::Rot, ["11.11", "15.42", "14.69", "10.30", "10.30", "10.29"]),
    (Problem::BgRand, ["14.58", "16.62", "", "11.28", "6.73", "10.38"]),
    (Problem::BgImg, ["22.61", "24.01", "16.15", "23.00", "16.31", "16.68"]),
    (Problem::RotBgImg, ["55.18", "56.41", "52.21", "51.93", "47.39", "44.49"]),
    (Problem::Rect, ["2.15", "", "", "2.41", "2.60", "1.99"]),
    (Problem::RectImg, ["24.04", "24.05", "23.69", "24.05", "22.50", "21.59"]),
    (Problem::Convex, ["19.13", "19.82", "19.92", "18.41", "18.63", "19.06"]),
];

/// Columns of the paper's table, as [`PAPER`] has them.
const PAPER_MODELS: [&str; 6] = ["SVM_rbf", "SVM_poly", "DBN-1", "SAA-3", "DBN-3", "SdA-3"];

/// The cells as a table, one row a problem, and the paper's table.
pub fn tables(cells: &[Cell], svms: &[SvmCell]) -> [Table; 2] {
    let in_cells = |problem: &Problem| cells.iter().any(|cell| cell.chosen.problem == *problem);
    let in_svms = |problem: &Problem| svms.iter().any(|cell| cell.problem == *problem);
    let problems: Vec<Problem> =
        Problem::ALL.into_iter().filter(|p| in_cells(p) || in_svms(p)).collect();
    let of_svm = |kernel: Kernel, problem: Problem| {
        let mine = |cell: &&SvmCell| (cell.problem, cell.kernel) == (problem, kernel);
        svms.iter().find(mine).map(|cell| cell.test)
    };
    let of_network = |system: System, problem: Problem| {
        let mine = |cell: &&Cell| (cell.chosen.problem, cell.chosen.model) == (problem, system);
        cells.iter().find(mine).map(|cell| cell.test)
    };
    let column = |name: &str, tests: Vec<Option<ErrorRate>>| {
        // Without blanks five columns fit into a terminal.
        let text = |test: &ErrorRate| test.percent().replace(" \u{b1} ", "\u{b1}");
        let cells = tests.iter().map(|test| test.as_ref().map_or(String::new(), text));
        (name.to_string(), cells.collect::<Vec<String>>())
    };
    let svm_columns = Kernel::ALL
        .into_iter()
        .map(|kernel| column(kernel.name(), problems.iter().map(|p| of_svm(kernel, *p)).collect()));
    let network_columns = System::ALL.into_iter().map(|system| {
        column(system.name(), problems.iter().map(|p| of_network(system, *p)).collect())
    });
    let columns = svm_columns.chain(network_columns);
    let columns: Vec<_> =
        columns.filter(|(_, cells)| cells.iter().any(|c| !c.is_empty())).collect();
    let blank = || std::iter::once(String::new());
    let row = |(at, problem): (usize, &Problem)| {
        let cells = columns.iter().map(|(_, cells)| cells[at].clone());
        std::iter::once(problem.to_string()).chain(cells).collect()
    };
    let ours = Table {
        header: blank().chain(columns.iter().map(|(name, _)| name.clone())).collect(),
        rows: problems.iter().enumerate().map(row).collect(),
        caption: "Test error in percent with its 95 % interval. Choices were made on validation \
                  data."
            .into(),
        best: Best::OfRows(Better::Lower),
    };
    let of_paper = PAPER.iter().filter(|row| problems.contains(&row.0));
    let paper_row = |(problem, figures): &(Problem, [&str; 6])| {
        std::iter::once(problem.to_string()).chain(figures.map(String::from)).collect()
    };
    let paper = Table {
        header: blank().chain(PAPER_MODELS.map(String::from)).collect(),
        rows: of_paper.map(paper_row).collect(),
        caption: "The paper's figures (other files but for rect: only the order compares).".into(),
        best: Best::OfRows(Better::Lower),
    };
    [ours, paper]
}

/// The notes on a finished or unfinished table: results, choices, costs.
pub(in crate::experiment) fn section(
    heading: &str,
    (cells, svms): (&[Cell], &[SvmCell]),
    notes: &str,
) -> Section {
    let [ours, paper] = tables(cells, svms);
    let choice = |cell: &Cell| {
        let Cell { chosen, n_candidates, .. } = cell;
        vec![
            chosen.problem.to_string(),
            chosen.model.name().to_string(),
            pretraining(&chosen.settings),
            n_candidates.to_string(),
            chosen.valid.percent(),
            format!("{} of {}", chosen.best_epoch, chosen.settings.epochs),
            format!("{:.0}", chosen.seconds),
        ]
    };
    let mut in_order: Vec<&Cell> = cells.iter().collect();
    let place = |cell: &&Cell| {
        let problem = Problem::ALL.iter().position(|p| *p == cell.chosen.problem);
        (problem, System::ALL.iter().position(|r| *r == cell.chosen.model))
    };
    in_order.sort_by_key(place);
    let header = ["", "", "pretraining", "of", "validation error, %", "best epoch", "seconds"];
    let choices = Table {
        header: header.map(String::from).to_vec(),
        rows: in_order.into_iter().map(choice).collect(),
        caption: "The pretraining of each layer that validation chose, of how many alternatives, \
                  and the seconds of the chosen network's training."
            .into(),
        best: Best::Nothing,
    };
    let svm_choice = |cell: &SvmCell| {
        vec![
            cell.problem.to_string(),
            cell.kernel.name().to_string(),
            format!("C {}, {} {}", cell.chosen.c, cell.kernel.shape(), cell.chosen.shape),
            cell.n_candidates.to_string(),
            format!("{:.0}", cell.seconds),
        ]
    };
    let svm_choices = Table {
        header: ["", "", "chosen", "of", "seconds"].map(String::from).to_vec(),
        rows: svms.iter().map(svm_choice).collect(),
        caption: "The support vector machines (scikit-learn): what validation chose, and the \
                  seconds of the chosen machine, its look at the test rows included."
            .into(),
        best: Best::Nothing,
    };
    let mut blocks = vec![Block::Table(ours), Block::Table(paper), Block::Text(notes.into())];
    blocks.push(Block::Facts(facts(cells, svms)));
    if !cells.is_empty() {
        blocks.push(Block::Table(choices));
    }
    if !svms.is_empty() {
        blocks.push(Block::Table(svm_choices));
    }
    Section { heading: heading.into(), text: TEXT.into(), blocks }
}

const TEXT: &str = "Eight problems, and systems that differ in how their layers were pretrained: \
not at all (random-3), by Boltzmann machines (DBN-1, DBN-3), by autoencoders that copy (SAA-3), \
by autoencoders that denoise (SdA-3), by two contractive ones (CAE-2, of another paper: Rifai et \
al. 2011). Those that were not run have no column. Then all are fine-tuned alike. The least error of \
each problem is marked; it is better than another only where their intervals do not overlap. rect \
is the original files, the others are regenerated, so that between our table and the paper's only \
the order of the systems compares.";

fn pretraining(settings: &SystemSettings) -> String {
    match settings.pretraining_epochs {
        0 => format!("none, fine-tuned at {}", settings.rate),
        n => format!("{n} epochs at {}, {}", settings.pretraining_rate, settings.alternative()),
    }
}

/// The settings that all cells have in common.
fn facts(cells: &[Cell], svms: &[SvmCell]) -> Vec<(String, String)> {
    let distinct = |values: &mut dyn Iterator<Item = String>| {
        let mut values: Vec<String> = values.collect();
        values.sort();
        values.dedup();
        values.join("; ")
    };
    let network = |cell: &Cell| {
        let settings = &cell.chosen.settings;
        format!(
            "batch {}, rates of fine-tuning fall to 0 by a cosine, seed {}",
            settings.batch, settings.seed
        )
    };
    let mut machines = cells.iter().map(|cell| cell.chosen.machine.clone());
    let mut versions = svms.iter().map(|cell| cell.scikit_learn.clone());
    vec![
        ("Networks".into(), distinct(&mut cells.iter().map(network))),
        ("Data".into(), distinct(&mut cells.iter().map(|cell| cell.chosen.data.clone()))),
        ("Machine".into(), distinct(&mut machines)),
        ("scikit-learn".into(), distinct(&mut versions)),
        ("Command".into(), COMMAND.into()),
    ]
}

const COMMAND: &str = "unsmudge reproduce table1 --budget full --out results/table1 --digits \
MNIST --photos PHOTOGRAPHS --rectangles ORIGINALS; bench/svm.py for the support vector machines";
