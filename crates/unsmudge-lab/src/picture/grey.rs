//! From the weights of filters to greys.

/// The grey of a weight of zero.
const MIDDLE: u8 = 128;

/// The norm in f64, where squares of f32 neither overflow nor underflow.
pub fn norm(filter: &[f32]) -> f64 {
    filter.iter().map(|&weight| f64::from(weight).powi(2)).sum::<f64>().sqrt()
}

/// The 99.5th percentile of the sizes of all weights; their largest where that is zero, as with
/// filters that are nearly all zeros. Silent filters do not count. `None` when all are silent.
pub fn percentile_of_sizes(inputs: &[Vec<f32>]) -> Option<f32> {
    let loud = inputs.iter().filter(|input| input.iter().any(|&weight| weight != 0.0));
    let mut sizes: Vec<f32> = loud.flatten().map(|weight| weight.abs()).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let rank = (sizes.len() * 995).div_ceil(1000);
    let percentile = *sizes.get(rank.checked_sub(1)?)?;
    if percentile > 0.0 { Some(percentile) } else { sizes.last().copied() }
}

/// Mid-grey for zero; `most` and `-most` are equally far from it.
pub fn signed_grey(weight: f32, most: f32) -> u8 {
    if most <= 0.0 {
        return MIDDLE;
    }
    (f32::from(MIDDLE) + 127.0 * (weight / most).clamp(-1.0, 1.0)).round() as u8
}
