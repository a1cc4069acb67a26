//! Which exponential bucket a value is in, and where it ends.
//!
//! Every schema is the finest one with some of its bounds left out, so a value is looked up in the finest and the index is divided.

use crate::instruments::native::bounds::FRACTIONS;

/// The finest schema.
pub(crate) const FINEST: i32 = 8;

const FRACTION_BITS: u32 = 52;
const FRACTION: u64 = (1 << FRACTION_BITS) - 1;
/// How many buckets of the finest schema lie between 1 and 2.
const STEPS: i32 = 1 << FINEST;
const BIAS: i32 = 1023;
/// The exponent of the smallest normal float.
const LEAST: i32 = 1 - BIAS;

/// How many leading bits of the fraction are looked at first. Parts this small have one bound within them at most.
const LEADING: u32 = 9;

/// For each value of these bits, the first bound that is not below all fractions with them.
static FIRST: [u16; 1 << LEADING] = {
    let mut first = [0; 1 << LEADING];
    let (mut part, mut bound) = (0, 0);
    while part < first.len() {
        while bound < FRACTIONS.len() && FRACTIONS[bound] < (part as u64) << (FRACTION_BITS - LEADING) {
            bound += 1;
        }
        #[allow(clippy::cast_possible_truncation, reason = "at most 256")]
        let value = bound as u16;
        first[part] = value;
        part += 1;
    }
    first
};

/// The index of a finite value other than zero in the finest schema, whatever its sign.
#[inline]
pub(crate) fn finest(value: f64) -> i32 {
    let bits = value.to_bits() & !(1 << 63);
    #[allow(clippy::cast_possible_truncation, reason = "eleven bits")]
    let biased = (bits >> FRACTION_BITS) as i32;
    let (exponent, fraction) = if biased == 0 { normalised(bits) } else { (biased - BIAS, bits & FRACTION) };
    #[allow(clippy::cast_possible_truncation, reason = "nine bits")]
    let first = FIRST[(fraction >> (FRACTION_BITS - LEADING)) as usize];
    // Past the last of them is 2 itself.
    let above = FRACTIONS.get(usize::from(first)).is_some_and(|&bound| fraction > bound);
    exponent * STEPS + i32::from(first) + i32::from(above)
}

/// Exponent and fraction of what is too small to have the leading one left away.
#[cold]
fn normalised(bits: u64) -> (i32, u64) {
    // So far that the leading one is where it would be left away.
    let shift = bits.leading_zeros().saturating_sub(63 - FRACTION_BITS);
    (LEAST - shift.cast_signed(), (bits << shift) & FRACTION)
}

/// The index in `schema` of what has this index in the finest.
#[inline]
pub(crate) const fn coarsened(finest: i32, schema: i32) -> i32 {
    let shift = FINEST - schema;
    // Rounded up: a bucket belongs to the one that ends where it ends or later.
    (finest + (1 << shift) - 1) >> shift
}

/// The largest float that is in the bucket: its upper bound, cut off where that is no float. Infinite where all floats are below.
pub(crate) fn end(index: i32, schema: i32) -> f64 {
    let finest = index.saturating_mul(1 << (FINEST - schema));
    let (exponent, step) = (finest.div_euclid(STEPS), finest.rem_euclid(STEPS));
    #[allow(clippy::cast_sign_loss, reason = "a remainder is not negative")]
    let fraction = FRACTIONS[step as usize];
    if exponent > BIAS {
        return f64::INFINITY;
    }
    if exponent >= LEAST {
        #[allow(clippy::cast_sign_loss, reason = "at least 1 with the bias")]
        let biased = (exponent + BIAS) as u64;
        return f64::from_bits(biased << FRACTION_BITS | fraction);
    }
    let shift = LEAST.abs_diff(exponent);
    f64::from_bits((1 << FRACTION_BITS | fraction).checked_shr(shift).unwrap_or(0))
}

/// By which factor a bucket of this schema is wider than the one before; -4 to 8.
pub(crate) fn growth(schema: i32) -> f64 {
    end(1, schema.clamp(-4, FINEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A number above zero as `2^twos * product / 2^62`, the product from 2^62 to below 2^63.
    #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
    struct Precise {
        twos: i64,
        product: u128,
    }

    const ONE: u128 = 1 << 62;

    impl Precise {
        fn new(value: f64) -> Self {
            let bits = value.abs().to_bits();
            let (biased, fraction) = ((bits >> 52).cast_signed(), u128::from(bits & FRACTION));
            let (mut twos, mut product) = if biased == 0 {
                (-1022, fraction << 10)
            } else {
                (biased - 1023, (fraction | 1 << 52) << 10)
            };
            while product < ONE {
                product <<= 1;
                twos -= 1;
            }
            Self { twos, product }
        }

        /// The number to this power, rounded down or up.
        fn squared(self, times: i32, up: bool) -> Self {
            let up = u128::from(up);
            (0..times).fold(self, |Self { twos, product }, _| {
                let product = (product * product + up * (ONE - 1)) >> 62;
                if product >= 2 * ONE {
                    Self { twos: twos * 2 + 1, product: (product + up) >> 1 }
                } else {
                    Self { twos: twos * 2, product }
                }
            })
        }

        /// The power of two that is next above, or the number itself.
        fn ceiling(self) -> i64 {
            self.twos + i64::from(self.product > ONE)
        }
    }

    /// The index by the definition: `2^(index - 1) < value^(2^schema) <= 2^index`. `None` if so few digits do not tell.
    fn by_definition(value: f64, schema: i32) -> Option<i64> {
        let value = Precise::new(value);
        if schema <= 0 {
            let width = 1 << -schema;
            return Some((value.ceiling() + width - 1).div_euclid(width));
        }
        let (below, above) = (value.squared(schema, false), value.squared(schema, true));
        (below.ceiling() == above.ceiling()).then(|| below.ceiling())
    }

    #[test]
    fn each_bound_is_the_last_float_that_is_not_above_the_exact_power() {
        for (k, &fraction) in (0..).zip(&FRACTIONS) {
            let float = |fraction| Precise::new(f64::from_bits(1023 << 52 | fraction));
            let exact = Precise { twos: k, product: ONE };
            assert!(float(fraction).squared(8, true) <= exact, "{k}: too large");
            assert!(float(fraction + 1).squared(8, false) > exact, "{k}: too small");
        }
    }

    fn check(value: f64) {
        for schema in -4..=FINEST {
            let index = coarsened(finest(value), schema);
            if let Some(expected) = by_definition(value, schema) {
                assert_eq!(i64::from(index), expected, "{value:e} in schema {schema}");
            }
            assert!(value.abs() <= end(index, schema), "{value:e} in schema {schema}");
            assert!(value.abs() > end(index - 1, schema), "{value:e} in schema {schema}");
        }
    }

    #[test]
    fn values_at_every_bound_and_beside_it_are_in_their_buckets() {
        for exponent in [-1074, -1073, -1023, -1022, -1021, -128, -1, 0, 1, 52, 1022, 1023] {
            for step in 0..STEPS {
                let bound = end(exponent * STEPS + step, FINEST);
                let beside = [bound.next_down(), bound, bound.next_up(), -bound];
                beside.into_iter().filter(|value| *value != 0.0 && value.is_finite()).for_each(check);
            }
        }
        [f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), 1.0, 0.1, 3.0].into_iter().for_each(check);
    }

    #[test]
    fn indexes_are_those_of_the_specification() {
        for (value, schema, index) in [
            (1.0, 0, 0),
            (1.0, 8, 0),
            (2.0, 0, 1),
            (1.5, 0, 1),
            (0.5, 1, -2),
            (4.0, -1, 1),
            (4.1, -1, 2),
            (1e-9, 3, -239),
        ] {
            assert_eq!(coarsened(finest(value), schema), index, "{value} in schema {schema}");
        }
        // As far as they go.
        assert_eq!((finest(f64::MAX), finest(f64::from_bits(1))), (1024 * STEPS, -1074 * STEPS));
        assert_eq!((growth(3), growth(0), growth(-4)), (1.090_507_732_665_257_5, 2.0, 65536.0));
    }

    proptest! {
        #[test]
        fn any_value_is_in_its_bucket(bits in any::<u64>(), near in -40.0..40.0_f64) {
            for value in [f64::from_bits(bits), near.exp2()] {
                if value.is_finite() && value != 0.0 {
                    check(value);
                }
            }
        }

        #[test]
        fn halving_the_resolution_joins_two_buckets(index in any::<i16>(), schema in -3..=8_i32) {
            let index = i32::from(index);
            let half = (index + 1) >> 1;
            prop_assert_eq!(end(half, schema - 1), end(half * 2, schema));
            prop_assert!(half * 2 == index || half * 2 == index + 1);
        }
    }
}
