//! Outputs that are logarithms, such as log variances, are kept within bounds.

/// The bounds.
pub(crate) const BOUNDS: (f32, f32) = (-14.0, 14.0);

/// The nearest number within the bounds.
pub(super) fn bounded(log: f32) -> f32 {
    log.clamp(BOUNDS.0, BOUNDS.1)
}

/// The derivative with respect to such an output: 0 where a step down it would leave the bounds,
/// as that of a constant column would forever.
pub(super) fn kept_within(log: f32, derivative: f32) -> f32 {
    let leaves = log <= BOUNDS.0 && derivative > 0.0 || log >= BOUNDS.1 && derivative < 0.0;
    if leaves { 0.0 } else { derivative }
}
