//! Lists of columns: their text form, and the column that a name is for.

use crate::error::{Error, Result};

/// Names with commas between them. A name that has a comma, or begins with a quote, is written in
/// quotes, as in CSV: `"is it, yes?",b`.
///
/// # Errors
/// [`Error::Setting`] for quotes that do not close before a comma.
///
/// # Example
/// ```
/// use unsmudge::table::parse_names;
///
/// assert_eq!(parse_names(r#"a, "b, c""#)?, ["a", "b, c"]);
/// # Ok::<(), unsmudge::Error>(())
/// ```
pub fn parse_names(text: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = text;
    loop {
        let (name, after) = match rest.trim_start().strip_prefix('"') {
            Some(quoted) => unquoted(quoted).ok_or_else(|| {
                let allowed = "names with commas between them; quotes around a name close before \
                               the next comma, and \"\" is a quote in it";
                Error::setting("columns", text, allowed)
            })?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim().to_string(), &rest[end..])
            }
        };
        names.push(name);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Ok(names),
        }
    }
}

/// A name whose opening quote was read, and what follows it: nothing, or a comma.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        name.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => {
                let after = after.trim_start();
                return (after.is_empty() || after.starts_with(',')).then_some((name, after));
            }
        }
    }
}

/// The column, from 0, that `name` is for: the one of this name, else by number from 1: `#3`, and
/// where there are no names also `3`.
pub fn place(name: &str, header: Option<&[String]>, n_columns: usize) -> Option<usize> {
    let named = header.and_then(|names| names.iter().position(|known| known == name));
    let number = match name.strip_prefix('#') {
        Some(number) => Some(number),
        None => header.is_none().then_some(name),
    };
    let numbered =
        || number?.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < n_columns);
    named.or_else(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_comma_is_quoted() {
        for (text, names) in [
            ("a,b", vec!["a", "b"]),
            (" a , b ", vec!["a", "b"]),
            (r#""is it, yes?""#, vec!["is it, yes?"]),
            (r#" "a, b" , c,"d""#, vec!["a, b", "c", "d"]),
            (r#""say ""hi"", now",b"#, vec![r#"say "hi", now"#, "b"]),
            (r#"5" disk,b"#, vec![r#"5" disk"#, "b"]),
            ("a,,b", vec!["a", "", "b"]),
        ] {
            assert_eq!(parse_names(text).unwrap(), names, "{text}");
        }
        for text in [r#""a, b"#, r#""a"b,c"#, r#"""#] {
            let error = parse_names(text).unwrap_err().to_string();
            assert!(error.contains("close before the next comma"), "{error}");
        }
    }

    #[test]
    fn a_number_is_a_column_where_no_name_is_the_same() {
        let names = ["a", "#1", "3"].map(String::from);
        let named = |name| place(name, Some(&names), 3);
        assert_eq!(["a", "#1", "#2", "3"].map(named), [Some(0), Some(1), Some(1), Some(2)]);
        assert_eq!(["2", "#0", "#4", "#x", "b"].map(named), [None; 5]);
        let numbered = |name| place(name, None, 3);
        assert_eq!(["1", "#3", "0", "4", "a"].map(numbered), [Some(0), Some(2), None, None, None]);
    }
}
