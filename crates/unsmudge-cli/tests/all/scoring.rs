//! `score`: unusual rows and cells are told in words, models are saved and used, and bad tables and
//! arguments are refused.

use crate::shared::Folder;
use serde_json::Value;

/// People whose hours follow their age, with holes and an id; the row of number `odd` contradicts
/// itself.
fn people(n_rows: usize, odd: usize) -> String {
    let header = "id,age,education,hours,born\n".to_string();
    let row = |i: usize| {
        let age = 20 + i * 13 % 40;
        let school = if age < 30 { "school" } else { "college" };
        let hours = if i == odd { 99.5 } else { age as f64 / 2.0 + 10.0 };
        let hours = if i % 11 == 5 { "?".to_string() } else { format!("{hours:.1}") };
        let born = format!("{}-0{}-11", 2026 - age, 1 + i % 9);
        format!("{},{age},{school},{hours},{born}\n", i + 100)
    };
    (1..=n_rows).fold(header, |text, i| text + &row(i))
}

fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect()).collect()
}

#[test]
fn an_odd_row_is_told_in_words_and_a_saved_model_scores_others() {
    let folder = Folder::new();
    folder.write("people.csv", people(60, 17));
    let all = ["--cells", "--model", "people.model", "--report", "page.html"];
    let done = folder.run([&["score", "people.csv", "-o", "scores.csv"][..], &all].concat());
    let done = done.succeeded();
    done.says(&[
        "left out: \"id\"",
        "model   people.model",
        "scored  60 rows",
        "no p-value is below",
    ]);
    let first = done.stdout.lines().next().unwrap();
    assert!(first.starts_with("row 17 ") && first.contains("hours 99.5, expected"), "{first}");
    assert!(done.stdout.lines().all(|line| line.chars().count() <= 80), "{}", done.stdout);
    assert!(done.stdout.ends_with("\n0 of 60 rows at p <= 0.01\n"), "{}", done.stdout);

    let text = folder.text("scores.csv");
    assert!(text.starts_with("row,score,p,fdr\n1,"), "{text}");
    let scores = rows(&text);
    assert_eq!((scores.len(), scores[16][2]), (60, "0.016667"));
    let text = folder.text("scores.cells.csv");
    assert!(text.starts_with("row,column,value,surprise,p,expected,low,high\n1,"));
    let cells = rows(&text);
    // Four columns, and no score of the six holes.
    assert_eq!(cells.len(), 4 * 60 - 6);
    let odd = cells.iter().position(|cell| cell[0] == "17").unwrap();
    assert_eq!(cells[odd][1..3], ["hours", "99.5"]);
    assert!(cells[odd][6].parse::<f64>().unwrap() < cells[odd][7].parse::<f64>().unwrap());
    let born = cells.iter().find(|cell| cell[1] == "born").unwrap();
    assert!(born[5].len() == 10 && born[5].matches('-').count() == 2, "{born:?}");
    let word = cells.iter().find(|cell| cell[1] == "education").unwrap();
    assert!(["school", "college"].contains(&word[5]) && word[6..] == ["", ""], "{word:?}");
    let page = folder.text("page.html");
    assert!(page.contains("<dt>row 17</dt><dd>hours 99.5: expected"), "{page}");

    // Another order of columns, no id, a level never seen, and a row of holes.
    let more =
        "education;hours;age;born\ncollege;30.0;40;1986-02-11\nguild;5,5;40;1986-02-11\n;;;\n";
    folder.write("more.csv", more.replace("5,5", "5.5"));
    let json = ["--json", "--threshold", "share=0.34"];
    let with = ["score", "people.model", "more.csv", "-o", "more-scores.csv"];
    let done = folder.run([&with[..], &json].concat()).succeeded();
    done.says(&["levels that training did not have"]);
    let found: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!((&found["rows"], &found["reported"]), (&3.into(), &1.into()));
    assert_eq!(found["most_unusual"][0]["row"], 2);
    let told = found["most_unusual"][0]["cells"].as_array().unwrap();
    assert!(told.iter().any(|cell| cell["value"] == "guild"), "{told:?}");
    assert_eq!(rows(&folder.text("more-scores.csv"))[2][2], "1.000000");
}

#[test]
fn bad_tables_models_and_arguments_are_refused() {
    let folder = Folder::new();
    folder.write("few.csv", "a,b\n1,2\n3,4\n");
    let refused = |arguments: &[&str], code: i32, words: &[&str]| {
        folder.run(arguments).failed_with(code, words);
    };
    refused(&["score", "few.csv", "-o", "x.csv"], 1, &["at least 10 rows", "found 2"]);
    refused(&["score", "none.csv", "-o", "x.csv"], 1, &["none.csv"]);
    refused(&["score", "few.csv", "-o", "few.csv"], 2, &["another file"]);
    refused(&["score", "few.csv", "-o", "x.txt"], 2, &[".csv"]);
    refused(&["score", "few.csv", "-o", "x.csv", "--report", "x.txt"], 2, &[".html"]);
    for threshold in ["0.01", "p=2", "q=0.1", "p=x"] {
        let with = ["score", "few.csv", "-o", "x.csv", "--threshold", threshold];
        refused(&with, 2, &["p, fdr or share"]);
    }
    let table = (0..30).fold("a,b\n".to_string(), |text, i| text + &format!("{i},{}\n", i % 7));
    folder.write("table.csv", table);
    folder.run(["impute", "table.csv", "-o", "y.csv", "--model", "fills.model"]).succeeded();
    folder.run(["score", "table.csv", "-o", "z.csv", "--model", "scores.model"]).succeeded();
    let with = ["score", "fills.model", "table.csv", "-o", "x.csv"];
    refused(&with, 1, &["unsmudge table model", "unsmudge impute MODEL FILE"]);
    let with = ["impute", "scores.model", "table.csv", "-o", "x.csv"];
    refused(&with, 1, &["unsmudge anomaly detector", "unsmudge score MODEL FILE"]);
    let with = ["score", "scores.model", "few.csv", "-o", "x.csv", "--model", "m"];
    refused(&with, 2, &["only where a model is trained"]);
    folder.write("other.csv", "a,c\n1,2\n");
    refused(&["score", "scores.model", "other.csv", "-o", "x.csv"], 1, &["\"b\""]);
    assert!(!folder.exists("x.csv"));
}
