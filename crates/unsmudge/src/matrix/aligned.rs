//! Vectors aligned to cache lines. Otherwise every load of 64 bytes touches two lines. Alignment
//! only affects speed: no code relies on it.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// The length of a cache line, in values and in bytes.
const LINE: usize = 16;
const LINE_BYTES: usize = 64;

/// A vector whose first `skip` values are padding that aligns the others.
#[derive(Default)]
pub(crate) struct Aligned {
    values: Vec<f32>,
    skip: usize,
}

impl Aligned {
    /// All zeros.
    pub fn zeros(len: usize) -> Self {
        let mut values = vec![0.0; len + LINE];
        let skip = values.as_ptr().align_offset(LINE_BYTES).min(LINE);
        values.truncate(skip + len);
        Self { values, skip }
    }

    /// Changes the length; new values are 0.
    pub fn resize(&mut self, len: usize) {
        if self.skip + len <= self.values.capacity() {
            self.values.resize(self.skip + len, 0.0);
            return;
        }
        let mut longer = Self::zeros(len);
        longer[..self.len()].copy_from_slice(self);
        *self = longer;
    }

    /// The values without padding.
    pub fn into_vec(mut self) -> Vec<f32> {
        self.values.drain(..self.skip);
        self.values
    }
}

impl From<&[f32]> for Aligned {
    fn from(values: &[f32]) -> Self {
        let mut copy = Self::zeros(values.len());
        copy.copy_from_slice(values);
        copy
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[self.skip..]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.skip..]
    }
}

impl Clone for Aligned {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl PartialEq for Aligned {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Aligned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_begin_on_a_line_and_keep_what_they_are_however_they_grow() {
        let is_aligned = |values: &Aligned| (values.as_ptr() as usize).is_multiple_of(LINE_BYTES);
        let mut values = Aligned::from(&[1.0, 2.0, 3.0][..]);
        for len in [3, 2, 1000, 7, 100_000] {
            values.resize(len);
            assert!(is_aligned(&values) && is_aligned(&values.clone()), "{len}");
            assert_eq!((values.len(), &values[..2]), (len, &[1.0, 2.0][..]));
        }
        assert_eq!(values[2..7], [0.0; 5]);
        assert_eq!(Aligned::from(&[4.0, 5.0][..]).into_vec(), [4.0, 5.0]);
        assert_eq!(Aligned::default().into_vec(), [0.0; 0]);
    }
}
