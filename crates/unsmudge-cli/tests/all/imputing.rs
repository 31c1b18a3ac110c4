//! `impute`: missing cells filled and nothing else changed, models saved and used, tables that
//! leave little to do.

use crate::shared::Folder;
use serde_json::Value;

/// People as adult.csv has them: words, spaces after commas, holes as `?`, and an id.
fn people(n_rows: usize) -> String {
    let header = "id, age, education, hours, sex\n".to_string();
    let row = |i: usize| {
        let age = 17 + i * 13 % 60;
        let hole = |column: usize, text: String| {
            if (i + 3 * column).is_multiple_of(11) { "?".to_string() } else { text }
        };
        let school = ["HS-grad", "Some-college", "Masters"][age / 20 % 3];
        let cells = [
            hole(0, age.to_string()),
            hole(1, school.to_string()),
            hole(2, format!("{:.1}", age as f64 / 2.0 + 10.0)),
            hole(3, ["Male", "Female"][i % 2].to_string()),
        ];
        format!("{}, {}\n", i + 100, cells.join(", "))
    };
    (1..=n_rows).fold(header, |text, i| text + &row(i))
}

/// The lines of both, cell by cell where they differ.
fn changes<'a>(before: &'a str, after: &'a str, separator: &str) -> Vec<(&'a str, &'a str)> {
    let lines = before.split('\n').zip(after.split('\n'));
    assert_eq!(before.split('\n').count(), after.split('\n').count());
    let mut changes = Vec::new();
    for (before, after) in lines.filter(|(before, after)| before != after) {
        let separator = separator.to_string();
        let (before, after) = (before.split(&separator), after.split(&separator));
        changes.extend(before.zip(after).filter(|(before, after)| before != after));
    }
    changes
}

#[test]
fn only_holes_are_filled_and_a_saved_model_fills_others() {
    let folder = Folder::new();
    let before = people(66);
    folder.write("people.csv", &before);
    let done = folder.run(["impute", "people.csv", "-o", "filled.csv", "--model", "people.model"]);
    let done = done.succeeded();
    done.says(&["left out: \"id\"", "model   people.model", "filled  24 cells  filled.csv"]);
    for words in ["mean, mode", "neighbours", "linear", "networks", "education", "%"] {
        assert!(done.stdout.contains(words), "{words} is not in: {}", done.stdout);
    }
    assert!(done.stdout.lines().all(|line| line.chars().count() <= 80), "{}", done.stdout);
    let after = folder.text("filled.csv");
    let changes = changes(&before, &after, ", ");
    assert_eq!(changes.len(), 24);
    for (hole, filled) in changes {
        assert_eq!(hole, "?");
        let is_number = filled
            .parse::<f64>()
            .is_ok_and(|number| (17.0..=76.0).contains(&number) && filled.len() <= 4);
        let words = ["HS-grad", "Some-college", "Masters", "Male", "Female"];
        assert!(is_number || words.contains(&filled), "{filled}");
    }

    // Another order of columns, no id, a level never seen, and holes in new places.
    let more = "sex;education;hours;age\n;Doctorate;20.5;\nMale;;;40\n";
    folder.write("more.csv", more);
    let done = folder.run(["impute", "people.model", "more.csv", "-o", "more-filled.csv"]);
    done.succeeded().says(&["more.csv: column \"education\" has 1 cell", "filled  4 cells"]);
    let after = folder.text("more-filled.csv");
    let rows: Vec<Vec<&str>> = after.lines().map(|line| line.split(';').collect()).collect();
    assert_eq!((rows[0].len(), rows[1][1], rows[1][2], rows[2][3]), (4, "Doctorate", "20.5", "40"));
    assert!(["Male", "Female"].contains(&rows[1][0]), "{after}");
    assert!((17..=76).contains(&rows[1][3].parse::<i32>().unwrap()), "{after}");

    folder.write("other.csv", "a,b\n1,2\n");
    let done = folder.run(["impute", "people.model", "other.csv", "-o", "x.csv"]);
    done.failed_with(1, &["age"]);
    let done = folder.run(["impute", "people.csv", "more.csv", "-o", "x.csv"]);
    done.failed_with(1, &["people.csv"]);
    assert!(!folder.path("x.csv").exists());
}

#[test]
fn decimal_commas_quotes_and_ends_of_lines_stay() {
    let folder = Folder::new();
    let row = |i: usize| {
        let x = format!("{},{}", i % 9, i % 4 * 25);
        let y = if i % 8 == 3 { String::new() } else { format!("\"{},5\"", i % 9) };
        let word = if i % 10 == 7 { "NA" } else { ["\"a;b\"", "\"c\""][i % 2] };
        format!("{x};{y};{word}\r\n")
    };
    let before =
        (0..40).fold("\u{feff}Tabelle\r\nx;y;wort\r\n".to_string(), |text, i| text + &row(i));
    folder.write("tabelle.csv", &before);
    let done = folder.run(["impute", "tabelle.csv", "-o", "out.csv", "--json", "-q"]).succeeded();
    assert_eq!(done.stderr, "");
    let found: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(found["columns"][1]["column"], "y");
    let after = folder.text("out.csv");
    assert_eq!(after.matches("\r\n").count(), before.matches("\r\n").count());
    for (before, after) in before.split("\r\n").zip(after.split("\r\n")) {
        let filled = before.replace(";;", ";\"#\";").replace(";NA", ";\"#\"");
        let parts: Vec<&str> = filled.split('#').collect();
        let mut rest = after;
        for part in parts {
            let place = rest.find(part).unwrap_or_else(|| panic!("{before} {after}"));
            let text = &rest[..place];
            let number = text.replace(',', ".").parse::<f64>();
            let is_number = number.is_ok_and(|x| (0.5..=8.5).contains(&x)) && text.len() <= 3;
            assert!(text.is_empty() || is_number || text == "a;b" || text == "c", "{after}");
            rest = &rest[place + part.len()..];
        }
        assert_eq!(rest, "");
    }
}

#[test]
fn tables_that_leave_little_to_do() {
    let folder = Folder::new();
    let whole = "a,b\n1,x\n2,y\n\n3,x\n";
    folder.write("whole.csv", whole);
    let done = folder.run(["impute", "whole.csv", "-o", "copy.csv"]).succeeded();
    done.says(&["no cell to fill: copied as it is"]);
    assert_eq!((folder.text("copy.csv").as_str(), done.stdout.as_str()), (whole, ""));

    folder.write("row.csv", "a,b,c\n1,?,x\n");
    folder.run(["impute", "row.csv", "-o", "row-filled.csv"]).succeeded();
    assert!(folder.text("row-filled.csv").starts_with("a,b,c\n1,"));

    folder.run(["impute", "whole.csv", "-o", "whole.csv"]).failed_with(2, &["another file"]);
    folder.run(["impute", "none.csv", "-o", "x.csv"]).failed_with(1, &["none.csv"]);
    folder.write("array.npy", b"\x93NUMPY\x01\x00");
    folder.run(["impute", "array.npy", "-o", "x.csv"]).failed_with(1, &["array.npy"]);
}

#[test]
fn intervals_are_columns_and_draws_are_tables() {
    let folder = Folder::new();
    folder.write("people.csv", people(66));
    let arguments =
        ["impute", "people.csv", "-o", "filled.csv", "--intervals", "90", "--draws", "2"];
    folder.run(arguments).succeeded().says(&["draws   2  filled.1.csv to filled.2.csv"]);
    let text = folder.text("filled.csv");
    let rows: Vec<Vec<&str>> =
        text.lines().map(|line| line.split(',').map(str::trim).collect()).collect();
    assert_eq!(rows[0][5..], ["age.low", "age.high", "hours.low", "hours.high"]);
    let mut n_bounded = 0;
    for row in &rows[1..] {
        assert_eq!(row.len(), 9);
        for (cell, low) in [(1, 5), (3, 7)] {
            if row[low].is_empty() {
                assert!(row[low + 1].is_empty());
                continue;
            }
            let [low, cell, high] = [low, cell, low + 1].map(|k| row[k].parse::<f64>().unwrap());
            assert!(low <= cell && cell <= high && low < high, "{row:?}");
            n_bounded += 1;
        }
    }
    assert_eq!(n_bounded, 12);
    let [first, second] = ["filled.1.csv", "filled.2.csv"].map(|name| folder.text(name));
    let drawn = changes(&first, &second, ", ");
    assert!(!first.contains('?') && (4..=24).contains(&drawn.len()), "{drawn:?}");
    let done = folder.run(["impute", "people.csv", "-o", "x.csv", "--intervals", "100"]);
    assert!(done.code == Some(2) && done.stderr.contains("1..=99"), "{done:?}");
}

#[test]
fn counts_are_drawn_as_counts() {
    let folder = Folder::new();
    let row = |i: usize| {
        let visits = [0, 1, 0, 4, 9, 0, 2][(i * i + i / 7) % 7];
        let visits = if i.is_multiple_of(5) { "?".into() } else { format!("{visits}") };
        format!("{visits},{}.5\n", i * 37 % 101)
    };
    let rows: String = (0..66).map(row).collect();
    folder.write("visits.csv", format!("visits,x\n{rows}"));
    let arguments = ["impute", "visits.csv", "-o", "filled.csv", "--model", "m", "--draws", "1"];
    folder.run(arguments).succeeded();
    let text = folder.text("filled.1.csv");
    let visits = text.lines().skip(1).map(|line| line.split(',').next().unwrap());
    let visits: Vec<u32> = visits.map(|cell| cell.parse().unwrap()).collect();
    let drawn: Vec<u32> = visits.into_iter().step_by(5).collect();
    assert!(drawn.contains(&0) && drawn.iter().all(|visits| *visits <= 9), "{drawn:?}");
    let model = std::fs::read(folder.path("m")).unwrap();
    let header = String::from_utf8_lossy(&model[..4000]);
    assert!(header.contains(r#"\"are_counts\":[true,false]"#), "{header}");
    folder.run(["evaluate", "m", "visits.csv"]).succeeded();
}
