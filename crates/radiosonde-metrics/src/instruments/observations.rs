//! The counts and the sum of a histogram.

use crate::instruments::biased::Biased;
use crate::instruments::counter::read;
use crate::instruments::float_counter::add;
use crate::instruments::native::buckets::{NativeBuckets, Totals};
use crate::instruments::stripe::Striped;
use crate::sync::{AtomicU64, Ordering};

#[derive(Debug)]
pub(crate) enum Observations {
    Biased(Biased<Part>),
    Striped(Striped<Part>),
    /// Either of the others, and exponential buckets. Last, so that those without pay nothing for it.
    Native(Box<WithNative>),
}

#[derive(Debug)]
pub(crate) struct WithNative {
    pub(crate) classic: Observations,
    pub(crate) native: NativeBuckets,
}

/// Counts of a few buckets, beside the sum; of many, elsewhere.
#[derive(Debug)]
pub(crate) struct Part {
    /// The bits of an `f64`.
    sum: AtomicU64,
    few: [AtomicU64; FEW],
    many: Box<[AtomicU64]>,
}

pub(crate) const FEW: usize = 15;

impl Part {
    pub(crate) fn new(buckets: usize) -> Self {
        let many = if buckets > FEW { buckets } else { 0 };
        Self {
            sum: AtomicU64::new(0),
            few: std::array::from_fn(|_| AtomicU64::new(0)),
            many: (0..many).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub(crate) fn counts(&self) -> &[AtomicU64] {
        if self.many.is_empty() { &self.few } else { &self.many }
    }

    pub(crate) fn sum(&self) -> f64 {
        f64::from_bits(read(&self.sum))
    }

    #[inline]
    pub(crate) fn add_to(&self, counts: &mut [u64]) {
        for (count, more) in counts.iter_mut().zip(self.counts()) {
            *count = count.wrapping_add(read(more));
        }
    }

    /// For one of many writers.
    pub(crate) fn observe(&self, bucket: usize, value: f64) {
        // Relaxed: readers need totals; the count is derived from the buckets, so no order is relied on.
        self.counts()[bucket].fetch_add(1, Ordering::Relaxed);
        add(&self.sum, value);
    }

    /// For the only writer.
    #[inline]
    pub(crate) fn observe_alone(&self, bucket: usize, value: f64) {
        let count = &self.counts()[bucket];
        // Relaxed: as above, and no other thread writes to this part.
        count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        let sum = f64::from_bits(self.sum.load(Ordering::Relaxed)) + value;
        self.sum.store(sum.to_bits(), Ordering::Relaxed);
    }
}

impl Observations {
    pub(crate) fn native(&self) -> Option<&NativeBuckets> {
        match self {
            Observations::Native(with) => Some(&with.native),
            _ => None,
        }
    }

    /// The classic buckets.
    pub(crate) fn classic(&self) -> &Observations {
        match self {
            Observations::Native(with) => &with.classic,
            classic => classic,
        }
    }

    /// Calls `read` for each part, in a loop of its own for each kind of parts: one chain over both is not inlined.
    #[inline]
    fn for_each_part(&self, mut read: impl FnMut(&Part)) {
        match self.classic() {
            Observations::Biased(parts) => {
                for part in parts.iter() {
                    read(part);
                }
            }
            Observations::Striped(parts) => {
                for part in parts.iter() {
                    read(part);
                }
            }
            Observations::Native(_) => {}
        }
    }

    pub(crate) fn sum(&self) -> f64 {
        let mut sum = 0.0;
        self.for_each_part(|part| sum += part.sum());
        sum
    }

    /// Adds the counts of all parts to `counts`. Each is monotone by itself, and so is their sum from one reading to the next.
    pub(crate) fn counts(&self, counts: &mut [u64]) {
        self.for_each_part(|part| part.add_to(counts));
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        let mut total = 0_u64;
        self.for_each_part(|part| {
            total = part.counts().iter().map(read).fold(total, u64::wrapping_add);
        });
        total
    }

    /// The counts of this number of buckets, and the sum.
    pub(crate) fn totals(&self, buckets: usize) -> Totals {
        let mut counts = vec![0; buckets];
        self.counts(&mut counts);
        Totals { counts: counts.into(), sum: self.sum() }
    }
}
