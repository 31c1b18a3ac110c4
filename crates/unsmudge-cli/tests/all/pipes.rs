//! Standard input and pipes as data, standard output as output. (66, 71)

use crate::shared::Folder;
#[cfg(target_os = "linux")]
use crate::shared::send;

/// 60 rows of numbers and words, the second number missing in every sixth.
fn table() -> String {
    let rows = (0..60).map(|i| match i % 6 {
        0 => format!("{i}.5,,north\n"),
        _ => format!("{i}.5,{},south\n", 2 * i),
    });
    rows.fold("a,b,c\n".to_string(), |text, row| text + &row)
}

/// A folder with a run on the numbers of a table.
fn with_run() -> Folder {
    let folder = Folder::new();
    folder.write("table.csv", table());
    let train = "train table.csv --out run --hidden 3 --epochs 2 --quiet";
    folder.run(train.split(' ')).succeeded();
    folder
}

#[test]
fn codes_of_a_pipe_on_standard_output_are_those_of_the_files() {
    let folder = with_run();
    folder.run(["encode", "run", "table.csv", "-o", "codes.npy"]).succeeded();
    for line in [
        "cat table.csv | \"$UNSMUDGE\" encode run - -o - > piped.npy",
        "\"$UNSMUDGE\" encode run - -q -o - < table.csv > piped.npy",
        "\"$UNSMUDGE\" encode run <(cat table.csv) -o >(cat > piped.npy); sleep 0.2",
    ] {
        let done = folder.shell(line);
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""), "{line}: {done:?}");
        assert!(folder.read("piped.npy") == folder.read("codes.npy"), "{line}: {done:?}");
    }
    let done = folder.shell("\"$UNSMUDGE\" encode run - -o - < table.csv > /dev/full");
    done.failed_with(1, &["<standard output>: cannot write"]);
    // A reader that needs no more is no failure.
    let line = "\"$UNSMUDGE\" predict run table.csv -q -o /dev/null; \
                (\"$UNSMUDGE\" encode run table.csv -q -o -; echo $? >&2) | true";
    let done = folder.shell(&format!("{{ {line}; }}"));
    assert!(done.stderr.ends_with("0\n"), "{done:?}");
}

#[test]
fn a_run_on_standard_input_is_the_run_on_the_file() {
    let folder = with_run();
    let train = "\"$UNSMUDGE\" train - --out piped --hidden 3 --epochs 2";
    let done = folder.shell(&format!("cat table.csv | {train} --quiet")).succeeded();
    assert_eq!(done.stdout, "");
    let model = "model.safetensors";
    assert!(folder.read(format!("piped/{model}")) == folder.read(format!("run/{model}")));
    assert!(!folder.exists("piped/cache"));
    let words = ["the data of the run, which came from standard input", "model is complete"];
    folder.run(["resume", "piped"]).failed_with(1, &words);
    let done = folder.shell(&format!("cat table.csv | {train}"));
    done.failed_with(2, &["a folder without a run"]);
    // What is refused leaves nothing of the data.
    let done = folder.shell(&train.replace("piped", "other").replace(" - ", " - --labels=x "));
    done.failed_with(1, &["standard input: expected data, found none"]);
    let line = "\"$UNSMUDGE\" train - --out other --labels=x < table.csv";
    folder.shell(line).failed_with(1, &["standard input: expected a column \"x\""]);
    assert_eq!(folder.names("other/cache"), [""; 0]);
}

#[test]
fn a_table_goes_through_impute_and_score_with_nothing_else_on_standard_output() {
    let folder = Folder::new();
    folder.write("table.csv", table());
    folder.run("train table.csv --tabular --epochs 1 -q --out model".split(' ')).succeeded();
    let done = folder.shell("\"$UNSMUDGE\" impute model - -o - < table.csv").succeeded();
    let lines: Vec<_> = done.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0]), (61, "a,b,c"), "{done:?}");
    assert!(!done.stdout.contains(",,"), "{}", done.stdout);
    done.says(&["filled", "<standard output>"]);
    let score = "\"$UNSMUDGE\" score - -o -";
    for more in ["--cells", "--json"] {
        let done = folder.shell(&format!("{score} {more} < table.csv"));
        done.failed_with(2, &[&more[2..], "only with a file as output: -o FILE"]);
    }
}

#[test]
fn pipes_that_give_nothing_and_a_second_standard_input_are_refused() {
    let folder = with_run();
    let done = folder.shell("true | \"$UNSMUDGE\" describe -");
    let hint = "the program that writes to the pipe wrote nothing: did it fail?";
    let text = format!("unsmudge: standard input: expected data, found none\nhint: {hint}\n");
    done.failed(1, &text);
    folder.shell("\"$UNSMUDGE\" describe <(true)").failed_with(1, &["/dev/fd/", "found none"]);
    let done = folder.shell("\"$UNSMUDGE\" describe - <&-");
    done.failed_with(1, &["standard input: "]);
    let line = "\"$UNSMUDGE\" predict run - --beside - -o - < table.csv";
    folder.shell(line).failed_with(2, &["DATA", "front to back"]);
    let done = folder.shell("printf 'a,b\\n1,2\\n3\\n' | \"$UNSMUDGE\" describe -");
    done.failed_with(1, &["standard input: line 3, row 2"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_that_is_killed_leaves_nothing_of_what_came_through_a_pipe() {
    use std::io::Write;
    let folder = with_run();
    std::fs::create_dir(folder.path("tmp")).unwrap();
    let mut command = folder.command(["encode", "run", "-", "-o", "codes.npy"]);
    command.env("TMPDIR", folder.path("tmp")).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    // More than a pipe holds: some of it is in the copy by then.
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(table().repeat(1000).as_bytes()).unwrap();
    send("KILL", &child);
    child.wait().unwrap();
    assert_eq!(folder.names("tmp"), [""; 0]);
}
