//! The decimal mark of a table, and whether its digits are divided by threes.

use super::tally::Tally;

/// How the numbers of a table are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    /// The decimal mark: a point or a comma.
    pub decimal: u8,
    /// Whether the other mark divides digits by threes.
    pub has_groups: bool,
}

/// The marks of a table.
///
/// # Errors
/// Where `1,000` may be 1000 or 1: the number of a column where that is so, from 0.
pub(super) fn find(tallies: &[Tally]) -> Result<Marks, usize> {
    let sum = |count: fn(&Tally) -> u64| tallies.iter().map(count).sum::<u64>();
    let point = Marks { decimal: b'.', has_groups: false };
    let groups = Marks { has_groups: true, ..point };
    if sum(|tally| tally.n_comma) > 0 {
        return Ok(Marks { decimal: b',', has_groups: false });
    }
    if sum(|tally| tally.n_grouped_surely) > 0 {
        return Ok(groups);
    }
    if sum(|tally| tally.n_grouped) == 0 {
        return Ok(point);
    }
    // `1,000` next to 37 and 962 is a thousand; next to 1500, or alone, nobody can tell.
    let is_unclear = |tally: &Tally| {
        tally.n_grouped > 0
            && tally.n_point == 0
            && (tally.n_whole == 0 || tally.greatest_whole >= 1000.0)
    };
    match tallies.iter().position(is_unclear) {
        Some(column) => Err(column),
        None => Ok(groups),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_from_decimals_or_refused() {
        let of = |columns: &[&[&str]]| {
            let tallies: Vec<Tally> = columns.iter().map(|cells| Tally::of(cells)).collect();
            find(&tallies).map(|marks| (marks.decimal, marks.has_groups))
        };
        assert_eq!(of(&[&["1.5", "2"]]), Ok((b'.', false)));
        assert_eq!(of(&[&["0,5", "1,000"], &["1", "2"]]), Ok((b',', false)));
        assert_eq!(of(&[&["1,000", "37", "962"]]), Ok((b'.', true)));
        assert_eq!(of(&[&["1,000", "1,234,567"]]), Ok((b'.', true)));
        assert_eq!(of(&[&["1.5"], &["1,000", "2,500"]]), Err(1));
        assert_eq!(of(&[&["1,000", "1500"]]), Err(0));
    }
}
