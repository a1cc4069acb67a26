use crate::instruments::float_counter::add;
use crate::sync::{AtomicU64, Ordering};

/// The sum of the observations since a histogram was last reset, kept from the first reset whose sum is infinite or NaN: it would stay
/// so, and the difference of two such sums is NaN.
///
/// A thread counts an observation before it adds it here. If the histogram is reset in between, the observation stays in the new sum but is in
/// none of the new exponential buckets. Comparing generations before the addition would narrow that window without closing it.
#[derive(Debug)]
pub(crate) struct RestartedSum {
    /// The bits of an `f64`, or [`NOT_KEPT`].
    sum: AtomicU64,
}

/// A NaN that no addition makes.
const NOT_KEPT: u64 = u64::MAX;

impl Default for RestartedSum {
    fn default() -> Self {
        Self { sum: AtomicU64::new(NOT_KEPT) }
    }
}

impl RestartedSum {
    /// Begins at zero, unless another sum is good enough and this one was never kept.
    pub(crate) fn begin_unless(&self, another: bool) {
        // Relaxed: it changes from or to zero under the caller's lock.
        if !another || self.sum.load(Ordering::Relaxed) != NOT_KEPT {
            // Relaxed: published by what the caller opens.
            self.sum.store(0, Ordering::Relaxed);
        }
    }

    /// Adds an observation, if the sum is kept.
    #[inline]
    pub(crate) fn add(&self, value: f64) {
        // Relaxed: a thread that counted in a generation opened after the sum began has acquired that.
        if self.sum.load(Ordering::Relaxed) != NOT_KEPT {
            add(&self.sum, value);
        }
    }

    /// The sum, if it is kept.
    pub(crate) fn get(&self) -> Option<f64> {
        // Relaxed: a total, ordered against nothing.
        let bits = self.sum.load(Ordering::Relaxed);
        (bits != NOT_KEPT).then(|| f64::from_bits(bits))
    }
}
