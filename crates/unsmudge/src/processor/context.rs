//! What computes: a team of threads, an instruction set, and the precision of products.

use super::instruction_set::InstructionSet;
use super::team::Threads;
use crate::distributed::Group;
use crate::error::{Error, Result};
use crate::precision::Precision;
use std::sync::Arc;
use std::thread;

/// What computes: threads of our own, an instruction set, and the precision of products. Copies
/// share the threads, which end with the last of them; several threads may use one context at a
/// time. No number of threads changes a bit of a result.
#[derive(Debug, Clone)]
pub struct Context {
    threads: Arc<Threads>,
    instruction_set: InstructionSet,
    precision: Precision,
    group: Option<Group>,
}

/// More threads than any machine has: a larger number is a typing error.
pub const MOST_THREADS: usize = 1024;

/// Numbers of threads that tests compare; WebAssembly has one.
#[cfg(test)]
pub(crate) const SOME_THREADS: &[usize] =
    if cfg!(target_family = "wasm") { &[1] } else { &[1, 2, 3] };

impl Context {
    /// Starts `n_threads` threads, the caller's own among them; `None` means as many as
    /// `OMP_NUM_THREADS` says, or one for each processor core that this process may use, of which
    /// the system counts control groups' shares and affinities. The instruction set is the best that this processor has, or the one that
    /// `UNSMUDGE_INSTRUCTION_SET` asks for; products are f32.
    ///
    /// # Errors
    /// [`Error::Setting`] for 0, for more than [`MOST_THREADS`] or than the system gives, or for an
    /// instruction set that is unknown or that this processor lacks.
    pub fn new(n_threads: Option<usize>) -> Result<Self> {
        InstructionSet::forced()?;
        let n_threads = n_threads
            .or_else(asked_by_environment)
            .unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let refused = || {
            let allowed = format!("a whole number from 1 to {MOST_THREADS}");
            Error::setting("threads", n_threads, allowed)
        };
        if n_threads == 0 || n_threads > MOST_THREADS {
            return Err(refused());
        }
        let threads = Threads::start(n_threads).map_err(|_| refused())?;
        Ok(Self {
            threads: Arc::new(threads),
            instruction_set: InstructionSet::in_use(),
            precision: Precision::F32,
            group: None,
        })
    }

    /// The same threads and instruction set with products of this precision.
    ///
    /// # Example
    /// ```
    /// use unsmudge::precision::Precision;
    /// use unsmudge::processor::Context;
    ///
    /// let context = Context::new(Some(2))?.with_precision(Precision::Bf16);
    /// assert_eq!((context.n_threads(), context.precision()), (2, Precision::Bf16));
    /// # Ok::<(), unsmudge::Error>(())
    /// ```
    pub fn with_precision(&self, precision: Precision) -> Self {
        Self { precision, ..self.clone() }
    }

    /// The same, as one of several processes that train one model: what is trained with shards is
    /// shared out among them. (See [`TrainSettings::shards`](crate::train::TrainSettings::shards).)
    pub fn with_group(&self, group: Group) -> Self {
        Self { group: Some(group), ..self.clone() }
    }

    /// The processes that train one model, where there are several.
    pub fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// The same threads and precision with another instruction set, which this processor has.
    #[cfg(test)]
    pub(crate) fn with_instruction_set(&self, instruction_set: InstructionSet) -> Self {
        assert!(instruction_set.is_available(), "no {instruction_set:?} here");
        Self { instruction_set, ..self.clone() }
    }

    /// Number of threads that work at present; copies share it.
    pub fn n_threads(&self) -> usize {
        self.threads.count()
    }

    /// Number of threads of all copies: as many as were started.
    pub(super) fn most_threads(&self) -> usize {
        self.threads.most()
    }

    /// From now on only `n_threads` of the threads work, for all copies; the others sleep.
    pub(super) fn use_threads(&self, n_threads: usize) {
        self.threads.use_threads(n_threads);
    }

    /// What kernels are compiled for.
    pub fn instruction_set(&self) -> InstructionSet {
        self.instruction_set
    }

    /// The precision of products.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Hands the parts out to the threads, and collects what `work` makes of each, in their order.
    /// Each thread begins with the parts of its place, which are the same every time; whoever is
    /// done helps the others. A single part is the caller's, as are all parts while the threads
    /// work for somebody else: for another caller, or for the part that this is called from. A
    /// panic in a part comes back to the caller once all parts are over.
    pub fn share<P: Send, R: Send>(
        &self,
        parts: impl ExactSizeIterator<Item = P>,
        work: impl Fn(P) -> R + Sync,
    ) -> Vec<R> {
        self.threads.share(parts, work)
    }

    /// How many of a batch's rows each thread takes, where a row is about a microsecond's work: a
    /// few rows stay together.
    pub(crate) fn rows_per_thread(&self, n_rows: usize) -> usize {
        const FEW: usize = 8;
        n_rows.div_ceil(self.n_threads()).max(FEW)
    }
}

/// The number that `OMP_NUM_THREADS` says, as for other programs that compute; of a list the first.
/// What is no number of threads is ignored, as they do.
fn asked_by_environment() -> Option<usize> {
    of_list(&std::env::var("OMP_NUM_THREADS").ok()?)
}

fn of_list(text: &str) -> Option<usize> {
    let first = text.split(',').next()?.trim().parse().ok()?;
    (1..=MOST_THREADS).contains(&first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_threads_of_the_environment() {
        assert_eq!(of_list("4"), Some(4));
        assert_eq!(of_list(" 3,2"), Some(3));
        for ignored in ["", "0", "-1", "many", "5000"] {
            assert_eq!(of_list(ignored), None, "{ignored}");
        }
    }

    #[test]
    fn zero_and_a_million_threads_are_refused() {
        assert!(Context::new(Some(0)).is_err());
        assert!(Context::new(Some(1_000_000)).is_err());
        assert_eq!(Context::new(Some(2)).unwrap().n_threads(), 2);
    }

    #[test]
    fn a_copy_of_another_precision_shares_the_threads() {
        let context = Context::new(Some(2)).unwrap();
        let rounded = context.with_precision(Precision::Bf16);
        assert!(Arc::ptr_eq(&context.threads, &rounded.threads));
        assert_eq!([context.precision(), rounded.precision()], [Precision::F32, Precision::Bf16]);
        drop(context);
        assert_eq!(rounded.share(0..5, |part| part), [0, 1, 2, 3, 4]);
    }
}
