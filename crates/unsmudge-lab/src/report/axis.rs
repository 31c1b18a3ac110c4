//! Round numbers along an axis: steps of 1, 2 or 5, or powers of ten when the values span more
//! than three of them. Works for any finite range; independent of pixels and SVG.
#![allow(clippy::disallowed_methods)] // a picture, whose last bits nobody compares

/// The range of an axis and what is written along it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    is_log: bool,
    /// Place (0 at the low end, 1 at the high end) and label of each tick, upwards.
    pub(crate) ticks: Vec<(f64, String)>,
}

/// What an axis may do with its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// Ends where the values end if they are whole, as epochs are; else at the next tick, so that no
    /// value seems to be cut.
    Exact,
    /// Ends at the next tick; may be logarithmic.
    Round,
}

/// Larger numbers are not drawn: sums and differences of them would overflow.
const LARGEST: f64 = 1e300;
/// From highest to lowest value, a straight axis shows no more than this.
const LOG_RATIO: f64 = 1000.0;

/// Whether a value can be drawn at all.
pub(crate) fn is_drawable(value: f64) -> bool {
    value.abs() <= LARGEST
}

impl Axis {
    /// The axis for some values, with about `n_ticks` ticks; `None` when none can be drawn.
    pub(crate) fn new(
        values: impl Iterator<Item = f64>,
        range: Range,
        n_ticks: usize,
    ) -> Option<Self> {
        let (mut low, mut high, mut is_whole) = (f64::INFINITY, f64::NEG_INFINITY, true);
        for value in values.filter(|&value| is_drawable(value)) {
            low = low.min(value);
            high = high.max(value);
            is_whole &= value.fract() == 0.0;
        }
        if low > high {
            return None;
        }
        if range == Range::Round && low > 0.0 && high / low > LOG_RATIO {
            return Some(Self::logarithmic(low, high, n_ticks));
        }
        let are_counts = range == Range::Exact && is_whole;
        Some(Self::straight(low, high, are_counts, n_ticks))
    }

    fn straight(low: f64, high: f64, are_counts: bool, n_ticks: usize) -> Self {
        // Epochs and other counts have no ticks between them.
        let least_step = if are_counts { 1.0 } else { 0.0 };
        let size = low.abs().max(high.abs());
        // A range of nothing, or one that would drown in rounding, gets room around it.
        let room = if size < 1e-290 { 1.0 } else { size * 0.05 };
        let room = room.max(least_step);
        let is_flat = high - low <= size * 1e-9 || size < 1e-290;
        let (mut low, mut high) = if is_flat { (low - room, high + room) } else { (low, high) };
        let (step, exponent) = round_step(((high - low) / n_ticks as f64).max(least_step));
        if !are_counts {
            low = (low / step).floor() * step;
            high = (high / step).ceil() * step;
        }
        let first = (low / step - 1e-6).ceil() as i64;
        let last = (high / step + 1e-6).floor() as i64;
        let values = (first..=last).map(|at| at as f64 * step);
        let axis = Self { low, high, is_log: false, ticks: Vec::new() };
        let tick = |value| (axis.fraction(value), label(value, exponent, size));
        Self { ticks: values.map(tick).collect(), ..axis }
    }

    fn logarithmic(low: f64, high: f64, n_ticks: usize) -> Self {
        let (first, last) = (low.log10().floor() as i64, high.log10().ceil() as i64);
        let step = round_step((last - first) as f64 / n_ticks as f64).0.max(1.0) as i64;
        let powers = (first.div_euclid(step)..=last.div_euclid(step) + 1).map(|at| at * step);
        let powers = powers.filter(|power| (first..=last).contains(power));
        let name = |power: i64| match power {
            -4..=-1 => format!("{:.*}", -power as usize, 10f64.powi(power as i32)),
            0..=5 => format!("{}", 10f64.powi(power as i32)),
            _ => format!("1e{power}").replace('-', "\u{2212}"),
        };
        let (low, high) = (10f64.powi(first as i32), 10f64.powi(last as i32));
        let axis = Self { low, high, is_log: true, ticks: Vec::new() };
        let tick = |power| (axis.fraction(10f64.powi(power as i32)), name(power));
        Self { ticks: powers.map(tick).collect(), ..axis }
    }

    /// Where a value stands: 0 at the low end, 1 at the high end. `None` if it cannot be drawn.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        if !is_drawable(value) || (self.is_log && value <= 0.0) {
            return None;
        }
        Some(self.fraction(value))
    }

    fn fraction(&self, value: f64) -> f64 {
        let scale = |value: f64| if self.is_log { value.log10() } else { value };
        let (low, high) = (scale(self.low), scale(self.high));
        ((scale(value) - low) / (high - low)).clamp(0.0, 1.0)
    }
}

/// The next number of 1, 2 or 5 times a power of ten, and that power.
fn round_step(least: f64) -> (f64, i32) {
    let power = least.log10().floor() as i32;
    for (factor, power) in [(1.0, power), (2.0, power), (5.0, power)] {
        let step = factor * 10f64.powi(power);
        // A little slack: a step of 0.3 / 3 is to be 0.1.
        if step >= least * (1.0 - 1e-9) {
            return (step, power);
        }
    }
    (10f64.powi(power + 1), power + 1)
}

/// A tick's number with as many digits as its step has; `size` is the largest number on the axis.
fn label(value: f64, exponent: i32, size: f64) -> String {
    let text = if size >= 1e6 || exponent < -6 {
        let digits = (size.log10().floor() as i32 - exponent).clamp(0, 9) as usize;
        let text = format!("{value:.digits$e}");
        if value == 0.0 { "0".into() } else { text }
    } else {
        format!("{:.*}", (-exponent).max(0) as usize, value)
    };
    // -0.0 is a zero that went through rounding.
    let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    if is_zero { text.replace('-', "") } else { text.replace('-', "\u{2212}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], range: Range) -> Vec<String> {
        let axis = Axis::new(values.iter().copied(), range, 5).unwrap();
        assert!(axis.ticks.iter().all(|(place, _)| (0.0..=1.0).contains(place)), "{values:?}");
        axis.ticks.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn steps_are_1_2_or_5_and_digits_are_those_of_the_step() {
        assert_eq!(labels(&[52.0, 70.7], Range::Round), ["50", "55", "60", "65", "70", "75"]);
        assert_eq!(labels(&[0.0, 0.3], Range::Round), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(
            labels(&[-0.2, 0.21], Range::Exact),
            ["\u{2212}0.2", "\u{2212}0.1", "0.0", "0.1", "0.2", "0.3"]
        );
    }

    #[test]
    fn epochs_have_no_ticks_between_them() {
        assert_eq!(labels(&[1.0, 2.0, 3.0], Range::Exact), ["1", "2", "3"]);
        assert_eq!(labels(&[1.0, 15.0], Range::Exact), ["5", "10", "15"]);
        assert_eq!(labels(&[7.0], Range::Exact), ["6", "7", "8"]);
    }

    #[test]
    fn more_than_a_thousandfold_is_logarithmic() {
        assert_eq!(labels(&[0.02, 30.0], Range::Round), ["0.01", "0.1", "1", "10", "100"]);
        let wide = labels(&[1e-200, 1e200], Range::Round);
        assert_eq!(wide, ["1e\u{2212}200", "1e\u{2212}100", "1", "1e100", "1e200"]);
    }

    #[test]
    fn any_range_has_a_few_ticks_within_it() {
        let (tiny, huge) = (f64::MIN_POSITIVE / 2.0, 1e300);
        let ranges: &[&[f64]] = &[
            &[0.0],
            &[5.0],
            &[-5.0, -5.0],
            &[tiny],
            &[0.0, tiny],
            &[-huge, huge],
            &[-1e-200, 1e200],
            &[1e16, 1e16 + 2.0],
            &[0.1, 0.1 + 1e-8],
            &[0.0, f64::NAN, f64::INFINITY],
        ];
        for values in ranges {
            for range in [Range::Exact, Range::Round] {
                let n_ticks = labels(values, range).len();
                assert!((1..=8).contains(&n_ticks), "{n_ticks} for {values:?} {range:?}");
            }
        }
        assert!(Axis::new([f64::NAN, f64::INFINITY].into_iter(), Range::Round, 5).is_none());
    }
}
