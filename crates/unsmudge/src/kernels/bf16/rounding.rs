//! Factors rounded to bf16, as they are packed in pairs.

#[cfg(test)]
use super::rounded;

/// Two bf16 in the place of one f32.
#[cfg(test)]
fn pair(first: f32, second: f32) -> f32 {
    f32::from_bits(rounded(first) >> 16 | rounded(second))
}

/// A way to round, sixteen pairs at a time.
pub trait Rounding {
    /// Pairs of neighbours among 32 values.
    ///
    /// # Safety
    /// `from` has these values, `to` room for the pairs; called from code compiled for the
    /// instruction set of the implementation.
    unsafe fn along(from: *const f32, to: *mut f32);

    /// Pairs of a value of `first` and the one in the same place of `second`.
    ///
    /// # Safety
    /// As above, with sixteen values each.
    unsafe fn across(first: *const f32, second: *const f32, to: *mut f32);
}

/// By arithmetic.
#[cfg(test)]
pub struct Plain;

#[cfg(test)]
impl Rounding for Plain {
    unsafe fn along(from: *const f32, to: *mut f32) {
        for i in 0..16 {
            // SAFETY: the caller's contract.
            unsafe { *to.add(i) = pair(*from.add(2 * i), *from.add(2 * i + 1)) }
        }
    }

    unsafe fn across(first: *const f32, second: *const f32, to: *mut f32) {
        for i in 0..16 {
            // SAFETY: the caller's contract.
            unsafe { *to.add(i) = pair(*first.add(i), *second.add(i)) }
        }
    }
}

/// By the instruction of AVX-512 BF16. It takes denormal numbers for 0, as those for products do.
pub struct Converted;

mod converted {
    use super::*;
    use std::arch::x86_64::*;

    impl Rounding for Converted {
        #[inline(always)]
        unsafe fn along(from: *const f32, to: *mut f32) {
            // SAFETY: the caller's contract.
            unsafe {
                let (low, high) = (_mm512_loadu_ps(from), _mm512_loadu_ps(from.add(16)));
                let both = _mm512_cvtne2ps_pbh(high, low);
                _mm512_storeu_ps(to, std::mem::transmute::<__m512bh, __m512>(both));
            }
        }

        #[inline(always)]
        unsafe fn across(first: *const f32, second: *const f32, to: *mut f32) {
            // The low half has the first row, the high half the second: interleaved.
            const ORDER: [u16; 32] = {
                let mut order = [0; 32];
                let mut i = 0;
                while i < 32 {
                    order[i] = (i / 2 + i % 2 * 16) as u16;
                    i += 1;
                }
                order
            };
            // SAFETY: the caller's contract.
            unsafe {
                let (first, second) = (_mm512_loadu_ps(first), _mm512_loadu_ps(second));
                let both = _mm512_cvtne2ps_pbh(second, first);
                let both = std::mem::transmute::<__m512bh, __m512i>(both);
                let order = _mm512_loadu_si512(ORDER.as_ptr().cast());
                let pairs = _mm512_permutexvar_epi16(order, both);
                _mm512_storeu_ps(to, _mm512_castsi512_ps(pairs));
            }
        }
    }
}
