//! Manners: help that fits, no colours where none belong, closed pipes, odd paths. (70, 71)

use crate::shared::{Folder, SMALL};

const COMMANDS: [&str; 20] = [
    "demo",
    "describe",
    "train",
    "resume",
    "encode",
    "denoise",
    "impute",
    "score",
    "sample",
    "predict",
    "evaluate",
    "filters",
    "inspect",
    "export",
    "problem",
    "reproduce",
    "results",
    "search",
    "completions",
    "manual",
];

#[test]
fn help_of_every_command_fits_80_columns_and_has_an_example() {
    let folder = Folder::new();
    for command in COMMANDS {
        for flag in ["--help", "-h"] {
            let done = folder.run([command, flag]).succeeded();
            assert_eq!(done.stderr, "");
            for line in done.stdout.lines() {
                assert!(line.chars().count() <= 80, "{command}: {line}");
            }
            let example = format!("\n  unsmudge {command}");
            let (_, examples) = done.stdout.split_once("\nExample").expect(command);
            assert!(examples.contains(&example), "{command} has no example");
        }
    }
    let done = folder.run(["--help"]).succeeded();
    assert!(done.stdout.lines().all(|line| line.chars().count() <= 80), "{}", done.stdout);
    for command in COMMANDS {
        assert!(done.stdout.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[test]
fn the_version_is_one_line() {
    let done = Folder::new().run(["--version"]).succeeded();
    assert_eq!(done.stdout, format!("unsmudge {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_come_for_every_shell() {
    let folder = Folder::new();
    for (shell, word) in [
        ("bash", "complete -F _unsmudge"),
        ("zsh", "#compdef unsmudge"),
        ("fish", "complete -c unsmudge"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let done = folder.run(["completions", shell]).succeeded();
        assert!(done.stdout.contains(word), "{shell}");
        assert!(done.stdout.contains("checkpoint-steps"), "{shell}");
        assert_eq!(done.stderr, "");
    }
    folder.run(["completions", "tcsh"]).failed_with(2, &["bash", "zsh", "fish"]);
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let folder = Folder::new();
    folder.run(["manual", "pages"]).succeeded();
    for command in COMMANDS {
        let page = folder.text(format!("pages/unsmudge-{command}.1"));
        assert!(page.contains(".SH SYNOPSIS"), "{command}");
        assert!(page.contains(&format!("unsmudge\\-{command}")), "{command}");
    }
    assert!(folder.text("pages/unsmudge.1").contains("unsmudge\\-train(1)"));
    folder.write("file", "");
    folder.run(["manual", "file"]).failed_with(1, &["make the folder", "file"]);
}

#[test]
fn nothing_is_coloured_where_no_terminal_is_or_no_colour_is_wanted() {
    let folder = Folder::new();
    let small = "train problem:rect --size 200,50,20 --hidden 2 --epochs 2 --out run";
    let small: Vec<_> = small.split(' ').collect();
    for arguments in [&["--help"], &["trian"], &["demo", "--hlep"][..], &small] {
        let done = folder.run(arguments);
        assert!(!(done.stdout + &done.stderr).contains('\x1b'), "{arguments:?}");
    }
    // `script` gives the program a terminal.
    if !folder.shell("command -v script").stdout.starts_with('/') {
        println!("skipped in part: there is no `script` to make a terminal with");
        return;
    }
    for arguments in ["--help", "trian", "train --help"] {
        let line = format!("NO_COLOR=1 script -qec '\"$UNSMUDGE\" {arguments}' /dev/null");
        let done = folder.shell(&line);
        assert!(done.stdout.contains("unsmudge"), "{done:?}");
        assert!(!done.stdout.contains('\x1b'), "{arguments}: {}", done.stdout);
    }
}

#[test]
fn a_progress_bar_never_leaves_its_line() {
    let folder = Folder::new();
    if !folder.shell("command -v script").stdout.starts_with('/') {
        println!("skipped: there is no `script` to make a terminal with");
        return;
    }
    let train = "train problem:basic --size 6000,100,10 --hidden 200 --epochs 2 --threads 1";
    let line = format!("stty rows 24 cols 60; \"$UNSMUDGE\" {train} --out run");
    let done = folder.shell(&format!("script -qec '{line}' /dev/null"));
    assert_eq!(done.code, Some(0), "{done:?}");
    let bars = done.stdout.split(['\r', '\n']).map(without_escapes);
    let bars: Vec<String> = bars.filter(|text| text.contains("ex/s")).collect();
    assert!(!bars.is_empty(), "no bar was drawn: {}", done.stdout);
    for bar in bars {
        assert!(bar.chars().count() <= 60, "{bar}");
    }
}

fn without_escapes(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_string();
    for part in parts {
        plain += part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest);
    }
    plain
}

// 71
#[test]
fn a_closed_standard_output_is_no_error() {
    let folder = Folder::with_run();
    folder.write("args", SMALL.join(" "));
    for command in [
        "evaluate run $(cat args)",
        "evaluate run $(cat args) --json",
        "inspect run",
        "completions bash",
        "--help",
        "resume run --json --quiet",
    ] {
        for script in [
            format!("set -o pipefail; \"$UNSMUDGE\" {command} | true"),
            format!("set -o pipefail; \"$UNSMUDGE\" {command} | head -c 1 >&2"),
            format!("\"$UNSMUDGE\" {command} >&-"),
        ] {
            let done = folder.shell(&script);
            assert_eq!(done.code, Some(0), "{script}: {done:?}");
            done.says(&[]);
        }
    }
    let script = "\"$UNSMUDGE\" train $(cat args) --hidden 2 --epochs 2 --out closed 2>&- >&-";
    assert_eq!(folder.shell(script).code, Some(0));
    folder.run(["inspect", "closed"]).succeeded();
}

// 71
#[test]
fn a_full_standard_output_is_an_error() {
    let folder = Folder::with_run();
    let done = folder.shell("\"$UNSMUDGE\" inspect run >/dev/full");
    done.failed(
        1,
        "unsmudge: standard output: cannot write: No space left on device (os error 28)\nhint: \
         make room on the disk; nothing saved before is lost\n",
    );
}

// 70
#[test]
fn odd_paths_are_paths() {
    let folder = Folder::new();
    let small = ["--hidden", "2", "--epochs", "1", "--quiet"];
    folder.write("table.csv", "1,2\n3,4\n5,7\n");
    let longest = "n".repeat(255);
    for name in ["with space", "pr🎉ject", "-rf", "a\nb", "%s$HOME`x`'\"", longest.as_str()] {
        let out = format!("--out={name}");
        let all = ["train", &out, "table.csv"].into_iter().chain(small);
        folder.run(all).succeeded();
        assert!(folder.exists(format!("{name}/model.safetensors")), "{name}");
        folder.run(["inspect", "--", name]).succeeded();
        folder.run(["resume", "--quiet", "--", name]).succeeded();
    }
    for name in ["with space.csv", "pr🎉ject.csv", "-rf.csv"] {
        folder.write(name, "1,2\n3,4\n5,7\n");
        let out = format!("--out=run of {name}");
        let all = ["train", &out].into_iter().chain(small).chain(["--", name]);
        folder.run(all).succeeded();
        folder.run(["resume", &format!("run of {name}")]).succeeded();
    }
    let name = "n".repeat(256);
    let done = folder.train(&name, &small);
    done.failed_with(1, &["cannot make the folder: File name too long"]);
}

// 70
#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_utf_8_is_a_path_but_cannot_be_recorded_as_data() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let odd = OsStr::from_bytes(b"run-\xff");
    let start = ["train", "--quiet", "--hidden", "2", "--epochs", "1"].map(OsStr::new);
    let small = SMALL.map(OsStr::new);
    folder.run(start.iter().chain(&small).chain(&[OsStr::new("--out"), odd])).succeeded();
    folder.run([OsStr::new("inspect"), odd]).succeeded();
    let data = OsStr::from_bytes(b"data-\xff.csv");
    std::fs::write(folder.path(data), "1,2\n3,4\n").unwrap();
    let done = folder.run(start.iter().chain(&[data, OsStr::new("--out"), OsStr::new("run")]));
    done.failed_with(2, &["setting `source`", "a path in UTF-8", "a link will do"]);
    assert!(!folder.exists("run"));
}
