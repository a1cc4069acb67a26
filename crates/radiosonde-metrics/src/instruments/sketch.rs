//! Counts of observations by their magnitude, from which any quantile is read with a bounded relative error.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::once_box::OnceBox;

/// How many bins there are between a power of two and the next. The harmonic mean of a bin's ends is at most 1/129 away from
/// anything in it.
const BINS: usize = 64;
/// 52 bits of fraction, of which six say the bin.
const SHIFT: u32 = 52 - 6;
/// The powers of two that have buckets of their own: 2^-34, less than a tenth of a billionth, to 2^46, more than 70 million million.
const LEAST: i32 = -34;
const OCTAVES: usize = 80;
/// The exponent of 1.0 as it is stored.
const BIAS: i32 = 1023;

/// Bins of linearly growing width within an octave, octaves made when something falls in them.
#[derive(Debug)]
pub(crate) struct Sketch {
    /// Zero and what is too close to it.
    least: AtomicU32,
    octaves: Box<[OnceBox<[AtomicU32; BINS]>]>,
}

/// One bin of a sketch.
pub(crate) struct Bin<'a>(&'a AtomicU32);

impl Bin<'_> {
    pub(crate) fn count(self) {
        // Relaxed: readers need counts, in no order.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The counts of several sketches.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    total: u64,
    least: u64,
    /// Empty until something was counted.
    bins: Vec<u64>,
}

impl Sketch {
    pub(crate) fn new() -> Self {
        Self { least: AtomicU32::new(0), octaves: (0..OCTAVES).map(|_| OnceBox::new()).collect() }
    }

    /// Where a finite value that is zero or more is counted. `None` if the program's allocator asks while this thread makes the octave.
    pub(crate) fn bin(&self, value: f64) -> Option<Bin<'_>> {
        // Zero may be negative by its sign.
        let bin = match place(value.abs()) {
            Some((octave, bin)) => {
                &self.octaves[octave].get_or_make(|| [const { AtomicU32::new(0) }; BINS])?[bin]
            }
            None => &self.least,
        };
        Some(Bin(bin))
    }

    /// Counts from zero again. What is counted meanwhile may be lost.
    pub(crate) fn clear(&self) {
        let octaves = self.octaves.iter().filter_map(OnceBox::get);
        for bin in octaves.flat_map(|bins| bins.iter()).chain([&self.least]) {
            // Relaxed: readers need counts, in no order.
            bin.store(0, Ordering::Relaxed);
        }
    }

    pub(crate) fn add_to(&self, counts: &mut Counts) {
        // Relaxed: as above, here and below.
        let least = u64::from(self.least.load(Ordering::Relaxed));
        counts.least += least;
        counts.total += least;
        counts.bins.resize(OCTAVES * BINS, 0);
        for (octave, sums) in self.octaves.iter().zip(counts.bins.chunks_mut(BINS)) {
            for (bin, sum) in octave.get().into_iter().flat_map(|bins| bins.iter()).zip(sums) {
                let count = u64::from(bin.load(Ordering::Relaxed));
                *sum += count;
                counts.total += count;
            }
        }
    }
}

impl Counts {
    /// The value that the share `quantile` of all observations does not exceed; NaN if there are none.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank is off by one in 2^53"
    )]
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        if self.total == 0 {
            return f64::NAN;
        }
        let rank = ((quantile * self.total as f64).ceil() as u64).clamp(1, self.total);
        let mut seen = self.least;
        if seen >= rank {
            return 0.0;
        }
        for (at, count) in self.bins.iter().enumerate() {
            seen += count;
            if seen >= rank {
                let (low, high) = (edge(at), edge(at + 1));
                return 2.0 * low * high / (low + high);
            }
        }
        f64::NAN
    }
}

/// Octave and bin; none for what is too small. What is too large is in the last bin.
fn place(value: f64) -> Option<(usize, usize)> {
    let bits = value.to_bits() >> SHIFT;
    let first = u64::from((BIAS + LEAST).cast_unsigned()) << 6;
    let at = usize::try_from(bits.checked_sub(first)?).ok()?.min(OCTAVES * BINS - 1);
    Some((at / BINS, at % BINS))
}

/// The lower end of a bin.
fn edge(at: usize) -> f64 {
    let first = u64::from((BIAS + LEAST).cast_unsigned()) << 6;
    f64::from_bits((first + at as u64) << SHIFT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quantiles_are_off_by_less_than_one_in_a_hundred(
            values in proptest::collection::vec((-24.0..30.0_f64).prop_map(f64::exp2), 1..300),
            quantile in 0.0..=1.0_f64,
        ) {
            let sketches = [Sketch::new(), Sketch::new()];
            for (at, &value) in values.iter().enumerate() {
                sketches[at % 2].bin(value).unwrap().count();
            }
            let mut counts = Counts::default();
            sketches.iter().for_each(|sketch| sketch.add_to(&mut counts));
            let mut sorted = values;
            sorted.sort_by(f64::total_cmp);
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
            let rank = ((quantile * sorted.len() as f64).ceil() as usize).max(1);
            let (exact, found) = (sorted[rank - 1], counts.quantile(quantile));
            prop_assert!((found - exact).abs() <= exact / 129.0 * (1.0 + 1e-9), "{found} for {exact}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_at_its_ends() {
        let ends = |values: &[f64]| {
            let sketch = Sketch::new();
            values.iter().for_each(|&value| sketch.bin(value).unwrap().count());
            let mut counts = Counts::default();
            sketch.add_to(&mut counts);
            (counts.quantile(0.0), counts.quantile(1.0))
        };
        assert_eq!(ends(&[0.0, -0.0, 1e-300]), (0.0, 0.0));
        let (largest, same) = ends(&[f64::MAX, 1e18]);
        assert!(largest > 7e13 && largest == same, "{largest}");
        let (nan, _) = ends(&[]);
        assert!(nan.is_nan());
    }
}
