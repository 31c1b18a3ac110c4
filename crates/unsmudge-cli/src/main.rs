//! The `unsmudge` command.
fn main() {}
