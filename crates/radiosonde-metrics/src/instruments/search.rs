use crate::instruments::buckets::Buckets;

/// Finds the bucket of a value. Bounds are inclusive: `le` means "less or equal".
///
/// The leading bits of a positive float, taken as an integer, ascend with it: they index a table of where to look.
/// Where no two bounds share a place, one comparison remains: the search takes the same few steps for any number of bounds.
#[derive(Debug)]
pub(crate) struct Search {
    /// How many bits are left away.
    shift: u32,
    /// The leading bits of the values of the first place.
    base: i64,
    /// Empty for bounds that are not above zero, or too close together.
    places: Box<[Place]>,
}

/// All values with certain leading bits.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The only bound among them, or the next one above, or infinity.
    bound: f64,
    /// How many bounds are below `bound`.
    bucket: usize,
}

/// The largest table: 8 KiB.
const MOST: usize = 512;
/// How many places there are for values below the first bound, as far as there is room.
const BELOW: usize = 128;

impl Search {
    pub(crate) fn new(buckets: &Buckets) -> Self {
        // From the coarsest table, an octave a place, to ones that tell neighbours apart which differ by a thousandth.
        let direct = (42..=52).rev().find_map(|shift| Self::direct(buckets.bounds(), shift));
        direct.unwrap_or(Self { shift: 0, base: 0, places: Box::default() })
    }

    /// `None` if there is no bound, one that is not above zero, or two in one place, or if there are too many places.
    fn direct(bounds: &[f64], shift: u32) -> Option<Self> {
        let (&first, &last) = (bounds.first().filter(|&&bound| bound > 0.0)?, bounds.last()?);
        let spans = usize::try_from(leading(last, shift) - leading(first, shift)).ok()? + 1;
        let shared = |pair: &[f64]| leading(pair[0], shift) == leading(pair[1], shift);
        if spans > MOST || bounds.windows(2).any(shared) {
            return None;
        }
        // No further down than zero: what is negative, and so the infinity and the NaN below it, is out of reach.
        let below = i64::try_from(BELOW.min(MOST - spans)).ok()?.min(leading(first, shift));
        let base = leading(first, shift) - below;
        let place = |leading_bits| {
            let bucket = bounds.partition_point(|&bound| leading(bound, shift) < leading_bits);
            Place { bound: bounds.get(bucket).copied().unwrap_or(f64::INFINITY), bucket }
        };
        Some(Self { shift, base, places: (base..=leading(last, shift)).map(place).collect() })
    }

    /// The place of the bucket that a value falls in, the one past the last bound being the bucket up to infinity; none for infinity
    /// itself, and for NaN.
    pub(crate) fn index(&self, bounds: &[f64], value: f64) -> Option<usize> {
        let halving = || value.is_finite().then(|| bounds.partition_point(|&bound| bound < value));
        self.direct_index(value).or_else(halving)
    }

    /// As [`index`](Self::index), but none as well for a value that is out of the table's reach.
    #[inline]
    pub(crate) fn direct_index(&self, value: f64) -> Option<usize> {
        // What is below the first place wraps around, and is as far out as what is above the last.
        #[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "out of reach stays so")]
        let place = leading(value, self.shift).wrapping_sub(self.base) as usize;
        self.places.get(place).map(|place| place.bucket + usize::from(place.bound < value))
    }
}

/// Negative for what is negative.
#[inline]
const fn leading(value: f64, shift: u32) -> i64 {
    value.to_bits().cast_signed() >> shift
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bound_belongs_to_its_own_bucket() {
        let many: Vec<f64> = (1..=100).map(f64::from).collect();
        let close: Vec<f64> = (0..100).map(|n| 1.0 + f64::from(n) * 1e-9).collect();
        let tiny = vec![f64::MIN_POSITIVE];
        let all = [vec![], vec![-1.0, 0.0, 2.0], many, close, tiny, vec![f64::MIN_POSITIVE, f64::MAX]];
        for bounds in all.into_iter().chain([Buckets::HTTP_SECONDS.bounds().to_vec()]) {
            let search = Search::new(&Buckets::new(bounds.clone()).unwrap());
            for (at, &bound) in bounds.iter().enumerate() {
                assert_eq!(search.index(&bounds, bound), Some(at), "{bound}");
                let above = (bound < f64::MAX).then_some(at + 1);
                assert_eq!(search.index(&bounds, bound.next_up()), above, "{bound}");
                assert_eq!(search.index(&bounds, bound.next_down()), Some(at), "{bound}");
            }
            assert_eq!(search.index(&bounds, f64::MIN), Some(0));
            let below = bounds.iter().filter(|&&bound| bound < f64::MAX).count();
            assert_eq!(search.index(&bounds, f64::MAX), Some(below));
            for none in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                assert_eq!(search.index(&bounds, none), None, "{none}");
            }
        }
    }

    #[test]
    fn usual_bounds_are_found_directly() {
        let linear: Vec<f64> = (1..=50).map(f64::from).collect();
        let exponential: Vec<f64> = (0..20).map(|n| 64.0 * 4_f64.powi(n)).collect();
        for bounds in [linear, exponential, Buckets::HTTP_SECONDS.bounds().to_vec()] {
            assert!(!Search::new(&Buckets::new(bounds).unwrap()).places.is_empty());
        }
    }

    proptest! {
        #[test]
        fn finds_what_a_search_one_by_one_finds(
            mut bounds in prop::collection::vec(prop_oneof![1e-6..1e6_f64, any::<f64>()], 0..40),
            values in prop::collection::vec(prop_oneof![1e-6..1e6_f64, any::<f64>()], 50),
        ) {
            bounds.retain(|bound: &f64| bound.is_finite());
            bounds.sort_by(f64::total_cmp);
            bounds.dedup();
            let search = Search::new(&Buckets::new(bounds.clone()).unwrap());
            for value in values.into_iter()
                .chain([0.0, -0.0]).filter(|value: &f64| value.is_finite()) {
                let below = bounds.iter().filter(|&&bound| bound < value).count();
                prop_assert_eq!(search.index(&bounds, value), Some(below));
            }
        }
    }
}
