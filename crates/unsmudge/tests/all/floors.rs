//! The `mod` lines of lib.rs, and those of every module with children, are a total order: a module
//! imports only modules above it.

use crate::module_order::Tree;
use std::path::Path;

#[test]
fn every_module_imports_only_modules_above_it() {
    let tree = Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let faults = tree.faults();
    assert!(faults.is_empty(), "{} wrong imports:\n{}", faults.len(), faults.join("\n"));
    let n_paths = tree.n_paths();
    assert!(n_paths > 1000, "only {n_paths} paths were seen: the reader of paths is broken");
}

/// A crate with the modules error, low, middle and high, of which middle has children.
fn faults(file: &str, text: &str) -> Vec<String> {
    let mut files = vec![
        (
            "lib.rs",
            "pub mod error; // mod comment;\nmod low;\npub(crate) mod middle;\npub mod high;\n\
             pub use error::{Error, Result};",
        ),
        ("error.rs", ""),
        ("low.rs", "mod part;"),
        ("low/part.rs", ""),
        (
            "middle.rs",
            "mod first;\n#[cfg(test)]\nmod second;\npub mod third;\npub(crate) use first::One;\n\
             pub use third::{Two as Three, Five};\nuse crate::low::Low;\nuse third::{self as last, Four};",
        ),
        ("middle/first.rs", "pub mod inner;"),
        ("middle/first/inner.rs", ""),
        ("middle/second.rs", ""),
        ("middle/third.rs", ""),
        ("high.rs", ""),
    ];
    files.retain(|(name, _)| *name != file);
    files.push((file, text));
    let tree = Tree::new(files.into_iter().map(|(name, text)| (name.into(), text.into())));
    tree.faults()
}

#[test]
fn an_upward_arrow_is_found_wherever_it_stands() {
    for (text, line) in [
        ("use crate::high::Thing;", 1),
        ("\nfn f() { crate::high::g(); }", 2),
        ("use crate::{\n    low::{self, inner::{A, B}},\n    high,\n};", 3),
        ("#[serde(with = \"crate::high\")]", 1),
        ("fn f(x: &crate::high::X) {} // fine", 1),
        ("\nmod tests {\n    use crate::high::X;\n}", 3),
    ] {
        let expected =
            format!("middle/second.rs:{line}: middle imports high, which lib.rs lists below it");
        assert_eq!(faults("middle/second.rs", text), [expected], "{text}");
    }
    for text in [
        "use crate::low::{high, middle};",
        "use crate::{error::Error, low, middle::own};",
        "//! [`crate::high`]",
        "use crate::Result;",
        "use othercrate::high;",
        "use high::X;",
    ] {
        assert_eq!(faults("middle/second.rs", text), [""; 0], "{text}");
    }
    assert_eq!(faults("error.rs", "crate::gone::f()"), ["error.rs:1: crate::gone is no module"]);
    assert_eq!(faults("low.rs", "use crate::{Error, middle};\nmod part;").len(), 1);
    assert_eq!(faults("stray.rs", ""), ["stray.rs: no mod line for stray"]);
    assert_eq!(faults("low/stray.rs", ""), ["low/stray.rs: no mod line for stray"]);
}

#[test]
fn children_import_only_siblings_above_them_by_whatever_path() {
    for text in [
        "use super::third::X;",
        "use super::{first::One, third};",
        "use crate::middle::third::X;",
        "use crate::{low::X, middle::{third::{A, B}}};",
        "fn f() -> super::third::X {}",
        // Names that the parent brings in are of the child that defines them.
        "use super::Three;",
        "use super::{One, Five};",
        "use super::Four;",
        "use super::last::X;",
        "use crate::middle::Three;",
        "#[serde(with = \"super::third\")]",
    ] {
        let expected = "middle/second.rs:1: second imports third, which middle.rs lists below it";
        assert_eq!(faults("middle/second.rs", text), [expected], "{text}");
    }
    for text in [
        "use super::first::{self, inner::X};",
        "use super::{One, Low, Own};",
        "use super::*;",
        "use self::third::X;",
        "mod tests {\n    use super::third;\n    use super::*;\n}",
    ] {
        assert_eq!(faults("middle/second.rs", text), [""; 0], "{text}");
    }
    let after_tests = "mod tests {\n    use super::third;\n}\nuse super::third::X;";
    assert_eq!(faults("middle/second.rs", after_tests).len(), 1);
}

#[test]
fn the_order_of_children_holds_for_what_is_inside_of_them() {
    let inner = |text| faults("middle/first/inner.rs", text);
    let expected = |name| {
        format!("middle/first/inner.rs:1: first imports {name}, which middle.rs lists below it")
    };
    assert_eq!(inner("use crate::middle::second::X;"), [expected("second")]);
    assert_eq!(inner("use crate::middle::Three;"), [expected("third")]);
    assert_eq!(inner("use super::X; use crate::low::part; use crate::middle::One;"), [""; 0]);
    assert_eq!(
        inner("use super::super::second;"),
        ["middle/first/inner.rs: super::super hides which module is meant"]
    );
    // A child of another module stands where that module stands.
    assert_eq!(
        faults("low/part.rs", "use crate::middle::One;"),
        ["low/part.rs:1: low imports middle, which lib.rs lists below it"]
    );
}
