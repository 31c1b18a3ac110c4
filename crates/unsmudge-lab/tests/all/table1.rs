//! The table of the paper.

use std::ops::ControlFlow;
use unsmudge::event::{Event, EventKind};
use unsmudge::journal::Journal;
use unsmudge::processor::Context;
use unsmudge_lab::experiment::{Budget, System, Table1Settings, Trial, table1, tables};
use unsmudge_lab::problem::Problem;

#[test]
fn an_experiment_goes_on_from_its_journal_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let settings = Table1Settings {
        budget: Budget::Quick,
        problems: vec![Problem::Rect],
        systems: vec![System::Random3, System::Sda3],
        digits: None,
        photos: None,
        rectangles: None,
        seed: 3,
    };
    let mut trained = Vec::new();
    let mut run = |stop_at: Option<&str>| {
        let mut journal = Journal::open(&path).unwrap();
        let mut observer = |event: Event| match event.kind {
            EventKind::Start(_) if Some(event.scope.item) == stop_at => ControlFlow::Break(()),
            EventKind::Start(what) => {
                let round = what.split(':').next().unwrap();
                trained.push(format!("{} {round}", event.scope.item));
                ControlFlow::Continue(())
            }
            _ => ControlFlow::Continue(()),
        };
        // One thread: one cell after the other.
        let context = Context::new(Some(1)).unwrap();
        table1(&settings, &mut journal, &context, &mut observer).unwrap()
    };
    assert!(run(Some("rect SdA-3")).is_none());
    let cells = run(None).unwrap();
    assert_eq!(run(None).unwrap(), cells);
    // Three candidates, the better two for twice as long, then the best.
    let compared = "rect SdA-3 to compare";
    assert_eq!(trained[0], "rect random-3 in full");
    assert_eq!(trained[1..6], [compared; 5]);
    assert_eq!(trained[6..], ["rect SdA-3 in full"]);
    let trials: Vec<Trial> = Journal::read(&path).unwrap();
    let epochs: Vec<u32> = trials.iter().map(|trial| trial.settings.epochs).collect();
    let all = cells[1].chosen.settings.epochs;
    let (quarter, half) = (all.div_ceil(4), all.div_ceil(2));
    assert_eq!(epochs, [quarter, quarter, quarter, half, half]);
    let worst = trials[..3].iter().max_by(|a, b| a.valid.error_rate.total_cmp(&b.valid.error_rate));
    let noise = |trial: &Trial| trial.settings.corruption.to_string();
    assert!(trials[3..].iter().all(|trial| Some(noise(trial)) != worst.map(noise)));
    assert_eq!(cells.len(), 2);
    assert!(cells.iter().all(|cell| cell.test.error_rate < 0.5 && cell.test.n_examples == 2000));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("contraction"), "journals of these systems are as they were");
    let [ours, paper] = tables(&cells, &[]);
    assert_eq!((ours.rows.len(), ours.header.len(), paper.rows.len()), (1, 3, 1));
}

#[test]
fn contractive_layers_are_compared_by_their_weight_and_have_a_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    let settings = Table1Settings {
        budget: Budget::Quick,
        problems: vec![Problem::Rect],
        systems: vec![System::Cae2],
        digits: None,
        photos: None,
        rectangles: None,
        seed: 3,
    };
    let run = || {
        let mut journal = Journal::open(&path).unwrap();
        let mut observer = |_: Event| ControlFlow::Continue(());
        let context = Context::new(Some(1)).unwrap();
        table1(&settings, &mut journal, &context, &mut observer).unwrap().unwrap()
    };
    let cells = run();
    assert_eq!((cells.len(), cells[0].n_candidates), (1, 2));
    assert!(cells[0].chosen.settings.contraction > 0.0);
    assert!(cells[0].test.error_rate < 0.5, "{:?}", cells[0].test);
    assert_eq!(run(), cells, "the journal is read again");
    assert_eq!(tables(&cells, &[])[0].header, ["", "CAE-2"]);
}
