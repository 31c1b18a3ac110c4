//! How products are divided between the threads of a [`Context`]: always so that no number of
//! threads changes a bit.

use crate::kernels::partition::piece;
use crate::matrix::Aligned;
use crate::processor::Context;
use std::cell::RefCell;
use std::ops::Range;

/// Multiplications below which one thread computes a product: a second one costs more than it
/// saves.
pub(in crate::kernels) const SMALLEST_SHARED_PRODUCT: usize = 200_000;

/// 0..n in ranges, one for each thread, that begin at multiples of `step`. `work` is the number of
/// multiplications of all of them.
pub(super) fn ranges(context: &Context, n: usize, step: usize, work: usize) -> Vec<Range<usize>> {
    let n_parts = if work < SMALLEST_SHARED_PRODUCT { 1 } else { context.n_threads() };
    let length = n.div_ceil(n_parts).next_multiple_of(step).max(step);
    (0..n).step_by(length).map(|start| start..n.min(start + length)).collect()
}

/// A result that several threads write, each in places of its own.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Shared(*mut f32);

// SAFETY: a pointer alone does nothing; its use is unsafe ([`Shared::at`]), and requires that no
// two threads write the same place.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    pub fn new(values: &mut [f32]) -> Self {
        Self(values.as_mut_ptr())
    }

    /// # Safety
    /// `place` is within the values, and no other thread's.
    #[inline(always)]
    pub unsafe fn at(self, place: usize) -> *mut f32 {
        // SAFETY: the caller's contract: `place` is within the values.
        unsafe { self.0.add(place) }
    }
}

/// The inner dimension of a product with a batch is summed in two groups for any number of threads.
/// It is that of the weights' rows: a thread then reads the rows that it wrote last from its own
/// cache, while half of a column would be in that of another core. More threads divide columns.
const N_GROUPS: usize = 2;
const SMALLEST_GROUP: usize = 64;

/// A part of a product with a batch: a range of the inner dimension and columns of the result.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub depth: Range<usize>,
    pub columns: Range<usize>,
}

/// out (.. x n) = the sum of `product(to, group, beta)` over the groups of 0..k.
pub(super) fn in_groups(
    context: &Context,
    out: &mut [f32],
    (k, n): (usize, usize),
    work: usize,
    beta: f32,
    product: impl Fn(Shared, Group, f32) + Sync,
) {
    let length = k.div_ceil(N_GROUPS).max(SMALLEST_GROUP);
    let len = out.len();
    // Taken out while it is used, so that nothing is borrowed twice.
    let mut partial = PARTIAL_SUMS.take();
    partial.resize(if k > length { len } else { 0 });
    let places = [(Shared::new(out), beta), (Shared::new(&mut partial), 0.0)];
    let n_threads = if work < SMALLEST_SHARED_PRODUCT { 1 } else { context.n_threads() };
    let width = n.div_ceil(n_threads.div_ceil(N_GROUPS)).next_multiple_of(GROUP_COLUMNS);
    let mut parts = Vec::with_capacity(n_threads + 1);
    for (first, (to, beta)) in (0..k.max(1)).step_by(length).zip(places) {
        for column in (0..n).step_by(width.max(1)) {
            let columns = column..n.min(column + width);
            parts.push((to, Group { depth: first..k.min(first + length), columns }, beta));
        }
    }
    match n_threads {
        1 => parts.into_iter().for_each(|(to, group, beta)| product(to, group, beta)),
        _ => {
            context.share(parts.into_iter(), |(to, group, beta)| product(to, group, beta));
        }
    }
    if !partial.is_empty() {
        add(context, out, &partial);
    }
    PARTIAL_SUMS.set(partial);
}

/// Columns of a group are a multiple of these: whole tiles of every instruction set.
const GROUP_COLUMNS: usize = 48;

thread_local! {
    /// Sums of the second group: reused, because new pages have to be zeroed at every step.
    static PARTIAL_SUMS: RefCell<Aligned> = RefCell::default();
}

/// sums = sums + others.
fn add(context: &Context, sums: &mut [f32], others: &[f32]) {
    let (piece, set) = (piece(context, sums.len()), context.instruction_set());
    context.share(sums.chunks_mut(piece).zip(others.chunks(piece)), |(sums, others)| {
        set.run(
            #[inline(always)]
            || sums.iter_mut().zip(others).for_each(|(sum, other)| *sum += other),
        );
    });
}
