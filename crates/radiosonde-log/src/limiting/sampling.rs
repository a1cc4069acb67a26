use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use radiosonde_core::{Level, TraceId};

use crate::limiting::rules::Rules;

/// Which share of the lines is written.
///
/// Everything is, unless asked otherwise.
///
/// # Shape
/// A line that was picked has `sample_ratio` under `metadata`: it stands for `1 / sample_ratio` lines. The others are counted in
/// `radiosonde_log_suppressed_total{level,reason="sampled"}` and not announced.
///
/// By default each line is picked or not for itself. [`by_trace`](Self::by_trace) and [`by_field`](Self::by_field) pick all lines of a trace, or of
/// a user, or none of them, in every process that has the same ratio alike.
///
/// Events of [`fatal!`](crate::fatal) and of the target `radiosonde::audit` are always written, and errors unless a rule is of
/// [`Level::Error`].
///
/// # Cost
/// For a callsite with a rule one atomic addition, and nothing more for a line that is not picked. With `by_trace` or `by_field` a line is
/// rendered before it is known whether it is picked. Nothing for other callsites.
///
/// ```
/// use radiosonde_core::Level;
/// use radiosonde_log::Sampling;
///
/// let sampling = Sampling::new().of("", Level::Debug, 0.01)?.of("orders::cart", Level::Info, 0.1)?.by_trace();
/// let error = Sampling::new().of("", Level::Debug, 10.0).unwrap_err();
/// assert_eq!(error.to_string(), "10 is no share of lines; allowed is a ratio from 0 to 1");
/// # let _ = sampling;
/// # Ok::<(), radiosonde_log::InvalidRatio>(())
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
pub struct Sampling {
    pub(crate) rules: Rules<Ratio>,
    pub(crate) by: By,
}

/// What is picked or not as a whole; a field by its name, or by the number of that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum By<F = Box<str>> {
    #[default]
    Line,
    Trace,
    Field(F),
}

/// A share, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio(f64);

impl Sampling {
    /// Every line.
    pub fn new() -> Self {
        Self::default()
    }

    /// This share of the lines of a level, or a finer one, whose target begins with `target`; the empty one is all.
    ///
    /// Of the rules with the longest target that a line's begins with, the one of the finest level holds. FATAL is never sampled.
    ///
    /// # Errors
    /// [`InvalidRatio`] unless the ratio is from 0 to 1.
    pub fn of(mut self, target: &str, level: Level, ratio: f64) -> Result<Self, InvalidRatio> {
        if !(0.0..=1.0).contains(&ratio) {
            return Err(InvalidRatio { ratio });
        }
        self.rules.add(target, level.min(Level::Error), Ratio(ratio));
        Ok(self)
    }

    /// Picks all lines of a trace that the rules are for, or none; a line outside of any trace for itself.
    ///
    /// They are the traces that the sampler by trace id of the same ratio picks.
    pub fn by_trace(mut self) -> Self {
        self.by = By::Trace;
        self
    }

    /// Picks all lines with the same value in a field, their own or a span's, or none; a line without it for itself.
    pub fn by_field(mut self, field: &str) -> Self {
        self.by = By::Field(field.into());
        self
    }
}

impl Ratio {
    pub(crate) fn as_f64(self) -> f64 {
        self.0
    }

    /// Whether this of all numbers, which are spread evenly, is picked.
    ///
    /// As the samplers of OpenTelemetry SDKs do, so that logs and traces agree.
    pub(crate) fn picks(self, number: u64) -> bool {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "from 0 to 2^63, and exact to 53 bits"
        )]
        let bound = (self.0 * (1_u64 << 63) as f64) as u64;
        number >> 1 < bound
    }
}

/// Numbers one after the other that look random and are the same in every run: SplitMix64, from zero.
///
/// Source: <https://prng.di.unimi.it/splitmix64.c>
#[derive(Debug, Default)]
pub(crate) struct Sequence(AtomicU64);

impl Sequence {
    pub(crate) fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        // Relaxed: which line gets which number does not matter.
        mixed(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }
}

/// SplitMix64's finaliser, which spreads what is close together.
const fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// The same for the same text in every process, which the hashes of the standard library are not.
pub(crate) fn hash(text: &str) -> u64 {
    mixed(fnv(text))
}

/// Source: FNV-1a, <https://datatracker.ietf.org/doc/html/rfc9923>
fn fnv(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The part of a trace id that is random.
pub(crate) fn of_trace(trace: TraceId) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = trace.to_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// A ratio that is not from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InvalidRatio {
    ratio: f64,
}

impl InvalidRatio {
    /// The ratio as it was given.
    #[must_use]
    pub const fn ratio(&self) -> f64 {
        self.ratio
    }
}

impl fmt::Display for InvalidRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is no share of lines; allowed is a ratio from 0 to 1", self.ratio)
    }
}

impl std::error::Error for InvalidRatio {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_the_share_is_picked_and_of_nothing_and_all_exactly() {
        for (ratio, expected) in [(0.0, 0..=0), (1.0, 10_000..=10_000), (0.1, 900..=1100), (0.5, 4800..=5200)]
        {
            let sequence = Sequence::default();
            let picked = (0..10_000).filter(|_| Ratio(ratio).picks(sequence.next())).count();
            assert!(expected.contains(&picked), "{picked} of 10000 at {ratio}");
            let picked = (0..10_000).filter(|user| Ratio(ratio).picks(hash(&format!("user-{user}")))).count();
            assert!(expected.contains(&picked), "{picked} of 10000 users at {ratio}");
        }
        assert!(Ratio(1.0).picks(u64::MAX) && !Ratio(0.0).picks(0));
    }

    #[test]
    fn what_a_smaller_share_picks_a_greater_one_picks_too() {
        for user in 0..1000 {
            let number = hash(&format!("user-{user}"));
            assert!(!Ratio(0.1).picks(number) || Ratio(0.2).picks(number));
        }
    }

    #[test]
    fn hashes_are_the_same_for_ever() {
        // The published vectors of both algorithms.
        assert_eq!(
            (fnv(""), fnv("a"), fnv("foobar")),
            (0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8)
        );
        assert_eq!(Sequence::default().next(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn a_trace_is_known_by_its_last_eight_bytes() {
        let trace = TraceId::from_hex("ffffffffffffffff0000000000000001").unwrap();
        assert_eq!(of_trace(trace), 1);
        assert!(Ratio(0.001).picks(of_trace(trace)));
    }

    #[test]
    fn what_is_no_ratio_is_refused() {
        for ratio in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Sampling::new().of("", Level::Debug, ratio).is_err(), "{ratio}");
        }
    }
}
