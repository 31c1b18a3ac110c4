//! The table of the paper.

use unsmudge::journal::Journal;
use unsmudge::processor::Context;
use unsmudge::train::Answer;
use unsmudge_lab::experiment::{
    Budget, Round, System, Table1Event, Table1Settings, table1, tables,
};
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
    let mut run = |stop_at: Option<System>| {
        let mut journal = Journal::open(&path).unwrap();
        let mut observer = |event: Table1Event| match event {
            Table1Event::Start(_, model, ..) if Some(model) == stop_at => Answer::Stop,
            Table1Event::Start(_, model, round, _) => {
                trained.push((model, round));
                Answer::Continue
            }
            _ => Answer::Continue,
        };
        // One thread: one cell after the other.
        let context = Context::new(Some(1)).unwrap();
        table1(&settings, &mut journal, &context, &mut observer).unwrap()
    };
    assert!(run(Some(System::Sda3)).is_none());
    let cells = run(None).unwrap();
    assert_eq!(run(None).unwrap(), cells);
    let (random, sda) = (System::Random3, System::Sda3);
    let (selection, full) = (Round::Selection, Round::Full);
    assert_eq!(trained, [(random, full), (sda, selection), (sda, selection), (sda, full)]);
    assert_eq!(cells.len(), 2);
    assert!(cells.iter().all(|cell| cell.test.error_rate < 0.5 && cell.test.n_examples == 2000));
    let [ours, paper] = tables(&cells, &[]);
    assert_eq!((ours.rows.len(), ours.header.len(), paper.rows.len()), (1, 3, 1));
}
