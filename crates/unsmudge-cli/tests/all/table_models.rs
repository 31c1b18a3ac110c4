//! Models of tables and detectors as arguments of the commands that use models.

use crate::shared::Folder;

/// Two numbers and a word, with holes that are `-999`; decimal commas.
fn readings(n_rows: usize) -> String {
    let row = |i: usize| {
        let x = i * 13 % 40;
        let y = if i.is_multiple_of(9) { "-999".into() } else { format!("{},5", x / 2) };
        format!("{x};{y};{}\n", ["low", "high"][x / 20])
    };
    (1..=n_rows).fold("x;y;level\n".to_string(), |text, i| text + &row(i))
}

#[test]
fn other_files_are_read_as_the_first_one_was() {
    let folder = Folder::new();
    folder.write("first.csv", readings(60));
    let layout = ["--missing", "-999", "--decimal", "comma"];
    let more = "level;y;x\nlow;-999;4\nhigh;16,5;33\n";
    folder.write("more.csv", more);
    folder
        .run([&["impute", "first.csv", "-o", "x.csv", "--model", "m"][..], &layout].concat())
        .succeeded();
    let done = folder.run(["impute", "m", "more.csv", "-o", "filled.csv"]).succeeded();
    done.says(&["filled  1 cell "]);
    assert!(!folder.text("filled.csv").contains("-999"), "{}", folder.text("filled.csv"));

    folder
        .run([&["score", "first.csv", "-o", "x.csv", "--model", "d"][..], &layout].concat())
        .succeeded();
    folder.run(["score", "d", "more.csv", "-o", "scores.csv", "--cells"]).succeeded();
    let cells = folder.text("scores.cells.csv");
    assert!(cells.lines().count() == 6 && !cells.contains("-999"), "{cells}");
}
