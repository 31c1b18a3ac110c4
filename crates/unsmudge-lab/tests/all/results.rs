//! The page of results is generated from the journals.
use std::fs;
use std::path::Path;
use unsmudge_lab::experiment::results;

#[test]
fn the_committed_page_of_results_is_what_the_committed_journals_give() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = results(&root.join("results")).unwrap().markdown("results");
    let committed = fs::read_to_string(root.join("docs/results.md")).unwrap();
    let hint = "`unsmudge results results --out docs/results.md` makes it anew";
    assert!(page.text == committed, "docs/results.md is not of the journals in results/: {hint}");
    for (name, bytes) in page.pictures {
        let path = root.join("docs/results").join(&name);
        assert!(fs::read(&path).unwrap_or_default() == bytes, "{}: {hint}", path.display());
    }
}
