//! Which rows of a source are those of a data set, and in which order.

use std::sync::Arc;

/// Places of rows, from 0: one after the other, or in an order that parts share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Places {
    first: usize, // the place, or where in `order` it stands
    order: Option<Arc<[u32]>>,
}

impl Places {
    /// The place of row `row`.
    pub fn of(&self, row: usize) -> usize {
        let place = self.first + row;
        self.order.as_ref().map_or(place, |order| order[place] as usize)
    }

    /// The place of the first row, where the others follow it in order.
    pub fn first_in_order(&self) -> Option<usize> {
        self.order.is_none().then_some(self.first)
    }

    /// Without the first `n_rows`.
    pub fn after(&self, n_rows: usize) -> Self {
        Self { first: self.first + n_rows, order: self.order.clone() }
    }

    /// In another order: row i is what row `order[i]` was.
    pub fn reordered(&self, order: &Arc<[u32]>) -> Self {
        let order = match self.first_in_order() {
            Some(0) => Arc::clone(order),
            _ => order.iter().map(|row| self.of(*row as usize) as u32).collect(),
        };
        Self { first: 0, order: Some(order) }
    }

    /// Calls `read(place, n)` for runs of rows that follow each other, from row `first` on.
    pub fn each_run<E>(
        &self,
        first: usize,
        n_rows: usize,
        mut read: impl FnMut(usize, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.first + first;
        let Some(order) = &self.order else { return read(start, n_rows) };
        let runs = order[start..start + n_rows].chunk_by(|place, next| place + 1 == *next);
        runs.into_iter().try_for_each(|run| read(run[0] as usize, run.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_of_orders_and_parts() {
        let last = Places::default().after(1).reordered(&[2, 0, 1].into()).after(1);
        assert_eq!([last.of(0), last.of(1)], [1, 2]);
        let swapped = last.reordered(&[1, 0].into());
        assert_eq!([swapped.of(0), swapped.of(1)], [2, 1]);
        assert_eq!((last.first_in_order(), Places::default().first_in_order()), (None, Some(0)));
    }

    #[test]
    fn runs_are_read_at_once() {
        let runs = |places: &Places| {
            let mut runs = Vec::new();
            let read = |place, n| {
                runs.push((place, n));
                Ok::<(), ()>(())
            };
            places.each_run(1, 4, read).unwrap();
            runs
        };
        assert_eq!(runs(&Places::default()), [(1, 4)]);
        let places = Places::default().reordered(&[0, 2, 3, 4, 1].into());
        assert_eq!(runs(&places), [(2, 3), (1, 1)]);
    }
}
