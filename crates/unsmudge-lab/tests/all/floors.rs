//! The `mod` lines of lib.rs, and those of every module with children, are a total order, as in the
//! library.

use crate::module_order::Tree;
use std::path::Path;

#[test]
fn every_module_imports_only_modules_above_it() {
    let tree = Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let faults = tree.faults();
    assert!(faults.is_empty(), "{} wrong imports:\n{}", faults.len(), faults.join("\n"));
    assert!(tree.n_paths() > 100, "only {} paths were seen", tree.n_paths());
}
