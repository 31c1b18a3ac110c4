//! What the documents say of the benchmark problems.

use std::fs;
use std::path::Path;
use unsmudge_lab::problem::Problem;

#[test]
fn every_problem_is_in_the_readme() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    for problem in Problem::ALL {
        assert!(readme.contains(problem.name()), "{problem}");
    }
}
