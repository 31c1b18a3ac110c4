//! The table as tables, ours and the paper's.

use super::Cell;
use super::svm::{Kernel, SvmCell};
use crate::experiment::rival::Rival;
use crate::metric::ErrorRate;
use crate::problem::Problem;
use crate::report::table::{Better, Table};
use crate::report::{Block, Section};

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

/// Rows of the paper's table, as [`PAPER`] has them.
const PAPER_MODELS: [&str; 6] = ["SVM_rbf", "SVM_poly", "DBN-1", "SAA-3", "DBN-3", "SdA-3"];

/// The cells as a table, one column a problem, and the paper's table beside it.
pub fn tables(cells: &[Cell], svms: &[SvmCell]) -> [Table; 2] {
    let in_cells = |problem: &Problem| cells.iter().any(|cell| cell.chosen.problem == *problem);
    let in_svms = |problem: &Problem| svms.iter().any(|cell| cell.problem == *problem);
    let problems: Vec<Problem> =
        Problem::ALL.into_iter().filter(|p| in_cells(p) || in_svms(p)).collect();
    let header: Vec<String> =
        std::iter::once(String::new()).chain(problems.iter().map(Problem::to_string)).collect();
    let row = |name: &str, test: &dyn Fn(Problem) -> Option<ErrorRate>| {
        let percents = problems.iter().map(|p| test(*p).map_or(String::new(), |e| e.percent()));
        std::iter::once(name.to_string()).chain(percents).collect::<Vec<String>>()
    };
    let of_svm = Kernel::ALL.into_iter().map(|kernel| {
        let found = |problem| {
            let cell = svms.iter().find(|c| (c.problem, c.kernel) == (problem, kernel));
            cell.map(|cell| cell.test)
        };
        row(kernel.name(), &found)
    });
    let of_networks = Rival::ALL.into_iter().map(|rival| {
        let found = |problem| {
            let mine = |c: &&Cell| (c.chosen.problem, c.chosen.model) == (problem, rival);
            cells.iter().find(mine).map(|cell| cell.test)
        };
        row(rival.name(), &found)
    });
    let is_filled = |row: &Vec<String>| row.iter().skip(1).any(|text| !text.is_empty());
    let ours = Table {
        rows: of_svm.chain(of_networks).filter(is_filled).collect(),
        caption: "Test error in percent with its 95 % interval. Choices were made on validation \
                  data."
            .into(),
        best: (1..=problems.len()).map(|column| (column, Better::Lower)).collect(),
        header: header.clone(),
    };
    let paper_row = |(i, name): (usize, &str)| {
        let figure = |problem: &Problem| {
            let row = PAPER.iter().find(|row| row.0 == *problem);
            row.map_or(String::new(), |row| row.1[i].to_string())
        };
        std::iter::once(name.to_string()).chain(problems.iter().map(figure)).collect()
    };
    let paper = Table {
        rows: PAPER_MODELS.into_iter().enumerate().map(paper_row).collect(),
        caption: "The paper's figures (other files but for rect: only the order compares).".into(),
        best: (1..=problems.len()).map(|column| (column, Better::Lower)).collect(),
        header,
    };
    [ours, paper]
}

/// What there is to say of a finished or unfinished table: results, choices, costs.
pub(in crate::experiment) fn section(cells: &[Cell], svms: &[SvmCell], notes: &str) -> Section {
    let [ours, paper] = tables(cells, svms);
    let choice = |cell: &Cell| {
        let Cell { chosen, n_candidates, .. } = cell;
        vec![
            chosen.problem.to_string(),
            chosen.model.name().to_string(),
            chosen.settings.alternative(),
            n_candidates.to_string(),
            chosen.valid.percent(),
            format!("{} of {}", chosen.best_epoch, chosen.settings.epochs),
            format!("{:.0}", chosen.seconds),
        ]
    };
    let header = ["", "", "chosen", "of", "validation error, %", "best epoch", "seconds"];
    let choices = Table {
        header: header.map(String::from).to_vec(),
        rows: cells.iter().map(choice).collect(),
        caption: "What validation chose, and what training it took. Alternatives are compared at \
                  a quarter of the epochs."
            .into(),
        best: Vec::new(),
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
        caption: "The support vector machines (scikit-learn). C and gamma or degree were chosen \
                  by machines that learned 2,000 rows; seconds are those of the last machine."
            .into(),
        best: Vec::new(),
    };
    let mut blocks = vec![Block::Table(ours), Block::Table(paper), Block::Text(notes.into())];
    blocks.push(Block::Facts(facts(cells, svms)));
    if !cells.is_empty() {
        blocks.push(Block::Table(choices));
    }
    if !svms.is_empty() {
        blocks.push(Block::Table(svm_choices));
    }
    Section { heading: "Table 1 of the technical report".into(), text: TEXT.into(), blocks }
}

const TEXT: &str = "Eight problems, and systems that differ in how their layers were pretrained: \
not at all (random-3), by Boltzmann machines (DBN-1, DBN-3), by autoencoders that copy (SAA-3), \
by autoencoders that denoise (SdA-3). Then all are fine-tuned alike. The least error of each \
problem is marked; it is better than another only where their intervals do not overlap. \
rect is the original files, the others are regenerated, so that between our table and the \
paper's only the order of the systems compares.";

/// What all cells have in common, as far as they have it.
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
            "{} units a layer, batch {}, fine-tuning rate {} falling to 0 by a cosine, seed {}",
            settings.n_hidden, settings.batch, settings.rate, settings.seed
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
