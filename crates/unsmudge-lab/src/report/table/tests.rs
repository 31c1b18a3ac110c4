//! Tables in a terminal and on a page.

use super::*;

fn table(rows: &[&[&str]]) -> Table {
    let owned = |cells: &[&str]| cells.iter().map(|cell| cell.to_string()).collect();
    Table { rows: rows.iter().map(|row| owned(row)).collect(), ..Table::default() }
}

fn errors() -> Table {
    let rows: &[&[&str]] = &[
        &["identity", "74.20", "-"],
        &["PCA, 64", "9.80", "3.1 s"],
        &["ours", "6.4+-0.1", "71 s"],
    ];
    Table {
        header: vec!["method".into(), "error".into(), "time".into()],
        caption: "Denoising".into(),
        best: Best::OfColumns(vec![(1, Better::Lower)]),
        ..table(rows)
    }
}

#[test]
fn wide_characters_take_two_places_and_marks_none() {
    let of_rows: &[&[&str]] = &[&["身長と体重", "1.5"], &["e\u{301}te\u{301}", "20"]];
    let table = Table { header: vec!["名".into(), "値".into()], ..table(of_rows) };
    let expected = "\
名           値
----------  ---
身長と体重  1.5
e\u{301}te\u{301}          20
";
    assert_eq!(table.text(), expected);
    assert_eq!(fold("身長と体重 kg", 5), ["身長", "と体", "重 kg"]);
    assert_eq!(fold("身", 1), ["身"]);
}

#[test]
fn a_terminal_gets_words_left_numbers_right_and_a_star() {
    let text = errors().text();
    let expected = "\
Denoising

method       error    time
--------  ---------  -----
identity     74.20       -
PCA, 64       9.80   3.1 s
ours      6.4+-0.1*   71 s
* best of its column
";
    assert_eq!(text, expected);
}

#[test]
fn long_words_are_folded_at_80_characters_and_numbers_are_not() {
    let long = "word ".repeat(30);
    let unbroken = "x".repeat(100);
    let text = table(&[&[&long, &unbroken, "123456789"]]).text();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("123456789"));
    assert_eq!(text.matches('x').count(), 100);
    assert_eq!(text.matches("word").count(), 30);
    let numbers: Vec<&str> = vec!["1234567890"; 9];
    assert_eq!(table(&[&numbers]).text().matches("1234567890").count(), 9);
}

#[test]
fn a_name_cannot_steer_the_terminal() {
    let text = table(&[&["a\u{1b}[31m\nb", "1"]]).text();
    assert!(text.contains("a\u{fffd}[31m b"), "{text}");
}

#[test]
fn numbers_are_told_from_words() {
    for text in ["1", "-0.5", "\u{2212}3", "1e-4", "2.80+-0.14", "2.80\u{b1}0.14", "71 s", "1,200"]
    {
        assert!(is_number(text), "{text}");
    }
    for text in ["", "e", "nan", "inf", "784 inputs", "n/a", "PCA 64"] {
        assert!(!is_number(text), "{text}");
    }
    assert_eq!(leading_number("2.80+-0.14"), Some(2.8));
    assert_eq!(leading_number("1,200 rows"), Some(1200.0));
}

#[test]
fn equals_are_all_best_and_one_alone_is_not() {
    let best = Best::OfColumns(vec![(1, Better::Higher)]);
    let three = table(&[&["a", "2"], &["b", "2.0"], &["c", "-"], &["d", "1"]]);
    assert_eq!(Table { best: best.clone(), ..three }.best_cells(), [(0, 1), (1, 1)]);
    assert!(Table { best, ..table(&[&["a", "2"]]) }.best_cells().is_empty());
    let best = Best::OfRows(Better::Lower);
    let rows = table(&[&["a", "2 ± 1", "", "1 ± 1"], &["3", "5"], &["c", "4", "5", "4.0"]]);
    let by_rows = Table { best, ..rows };
    assert_eq!(by_rows.best_cells(), [(0, 3), (2, 1), (2, 3)]);
    assert!(by_rows.text().ends_with("* best of its row\n"), "{}", by_rows.text());
}

#[test]
fn a_page_has_headings_with_their_scope() {
    let html = errors().html();
    assert!(html.contains("<th scope=\"col\" class=\"n\">error</th>"), "{html}");
    assert!(html.contains("<th scope=\"row\">ours</th>"));
    assert!(html.contains("<td class=\"n\"><strong>6.4+-0.1</strong></td>"));
}

#[test]
fn short_rows_and_no_rows_are_tables_too() {
    let ragged = table(&[&["a"], &["b", "1", "2"]]);
    assert_eq!(ragged.html().matches("<td").count(), 4);
    assert!(!Table::default().html().is_empty());
    assert!(Table::default().text().trim().is_empty());
}

#[test]
fn cells_are_shaded_on_the_page_only() {
    let rows = table(&[&["a", "1", "x"], &["b", "2", "y"]]);
    let plain = rows.text();
    let shaded = Table { best: Best::Shaded(vec![vec![0, 4], vec![0, 0, 1]]), ..rows };
    let html = shaded.html();
    assert!(html.contains("<td class=\"n s4\">1</td>") && html.contains("<td class=\"s1\">y</td>"));
    assert_eq!(html.matches("class=\"s").count() + html.matches("class=\"n s").count(), 2 + 1);
    assert_eq!(shaded.text(), plain);
}
