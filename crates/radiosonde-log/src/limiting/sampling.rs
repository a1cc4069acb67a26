use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use radiosonde_core::{Level, TraceId};

use crate::limiting::rules::Rules;

/// The share of lines that is written.
///
/// Default: all lines.
///
/// # Shape
/// A sampled line has `sample_ratio` under `metadata`: it stands for `1 / sample_ratio` lines. Suppressed lines are counted
/// in `radiosonde_log_suppressed_total{level,reason="sampled"}` and not announced.
///
/// By default each line is sampled independently. [`by_trace`](Self::by_trace) and [`by_field`](Self::by_field) keep all
/// lines of a trace, or of a user, or none of them; every process with the same ratio decides alike.
///
/// Events of [`fatal!`](crate::fatal) and of the target `radiosonde::audit` are always written, and errors unless a rule has
/// [`Level::Error`].
///
/// # Cost
/// One atomic addition per event of a callsite with a rule; a suppressed line costs nothing more. With `by_trace` or
/// `by_field` a line is rendered before the decision. Other callsites cost nothing.
///
/// ```
/// use radiosonde_core::Level;
/// use radiosonde_log::Sampling;
///
/// let sampling = Sampling::new().of("", Level::Debug, 0.01)?.of("orders::cart", Level::Info, 0.1)?.by_trace();
/// let error = Sampling::new().of("", Level::Debug, 10.0).unwrap_err();
/// assert_eq!(error.to_string(), "invalid sampling ratio 10: expected a number from 0 to 1");
/// # let _ = sampling;
/// # Ok::<(), radiosonde_log::InvalidRatio>(())
/// ```
#[must_use]
#[derive(Debug, Clone, Default)]
pub struct Sampling {
    pub(crate) rules: Rules<Ratio>,
    pub(crate) by: By,
}

/// The unit that is kept or suppressed as a whole; a field by name or by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum By<F = Box<str>> {
    #[default]
    Line,
    Trace,
    Field(F),
}

/// A ratio from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio(f64);

impl Sampling {
    /// Writes every line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes this share of the lines at this or a less severe level whose target starts with `target`; `""` is every target.
    ///
    /// Among the rules with the longest matching target, the one with the least severe level applies. FATAL is never sampled.
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

    /// Keeps all lines of a trace to which rules apply, or none. Lines outside a trace are sampled independently.
    ///
    /// The traces kept are those of the trace-id-ratio sampler with the same ratio.
    pub fn by_trace(mut self) -> Self {
        self.by = By::Trace;
        self
    }

    /// Keeps all lines with the same value of a field, their own or a span's, or none. Lines without it are sampled
    /// independently.
    pub fn by_field(mut self, field: impl Into<String>) -> Self {
        self.by = By::Field(field.into().into());
        self
    }
}

impl Ratio {
    pub(crate) fn as_f64(self) -> f64 {
        self.0
    }

    /// Whether an evenly distributed number is within the ratio.
    ///
    /// Computed as in the samplers of OpenTelemetry SDKs, so that logs and traces agree.
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

/// A sequence of pseudo-random numbers, the same in every run: SplitMix64, from zero.
///
/// Source: <https://prng.di.unimi.it/splitmix64.c>
#[derive(Debug, Default)]
pub(crate) struct Sequence(AtomicU64);

impl Sequence {
    pub(crate) fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        // Relaxed: it does not matter which line gets which number.
        mixed(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }
}

/// SplitMix64's finaliser, which spreads similar numbers.
const fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

/// A hash that is the same in every process, unlike those of the standard library.
pub(crate) fn hash(text: &str) -> u64 {
    mixed(fnv(text))
}

/// Source: FNV-1a, <https://datatracker.ietf.org/doc/html/rfc9923>
fn fnv(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The random part of a trace id.
pub(crate) fn of_trace(trace: TraceId) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = trace.to_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// A sampling ratio that is not from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InvalidRatio {
    ratio: f64,
}

impl fmt::Display for InvalidRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid sampling ratio {}: expected a number from 0 to 1", self.ratio)
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
        // The published test vectors of both algorithms.
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
