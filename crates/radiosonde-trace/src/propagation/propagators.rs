use std::fmt;
use std::str::FromStr;

/// A format in which trace context is propagated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Propagator {
    /// W3C trace context: `traceparent` and `tracestate`.
    TraceContext,
    /// W3C baggage: `baggage`.
    Baggage,
    /// B3 in a single header, `b3`. Both forms of B3 are read.
    B3,
    /// B3 in several headers, `x-b3-traceid` and others. Both forms of B3 are read.
    B3Multi,
    /// The format of Jaeger's own clients: `uber-trace-id`.
    Jaeger,
}

impl Propagator {
    const ALL: [Self; 5] = [Self::TraceContext, Self::Baggage, Self::B3, Self::B3Multi, Self::Jaeger];

    const fn name(self) -> &'static str {
        match self {
            Self::TraceContext => "tracecontext",
            Self::Baggage => "baggage",
            Self::B3 => "b3",
            Self::B3Multi => "b3multi",
            Self::Jaeger => "jaeger",
        }
    }
}

/// The formats in which trace context is read from carriers and written to them; default: W3C trace context and baggage.
///
/// # Shape
/// The first format with a valid context is taken; all are written. `Copy`, four bytes. Parsed from the values of
/// `OTEL_PROPAGATORS`: `tracecontext`, `baggage`, `b3`, `b3multi` and `jaeger` with commas between them, or `none`.
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration>
///
/// ```
/// use radiosonde_trace::{Propagator, Propagators};
///
/// let both: Propagators = "tracecontext,b3multi".parse()?;
/// assert_eq!(both, Propagators::new([Propagator::TraceContext, Propagator::B3Multi]));
///
/// let error = "w3c".parse::<Propagators>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"invalid propagators "w3c": expected tracecontext, baggage, b3, b3multi, jaeger, or none alone"#,
/// );
/// # Ok::<(), radiosonde_trace::InvalidPropagators>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Propagators(u32);

/// Bits of one format: its place in `Propagator::ALL`, plus one. The first format is in the lowest bits.
const BITS: u32 = 4;
const MASK: u32 = (1 << BITS) - 1;

impl Propagators {
    /// These formats, in the order in which they are read. A repeated one counts once.
    #[must_use]
    pub fn new(formats: impl IntoIterator<Item = Propagator>) -> Self {
        formats.into_iter().fold(Self::none(), |all, format| {
            let places = (u32::BITS - all.0.leading_zeros()).div_ceil(BITS);
            if all.contains(format) { all } else { Self(all.0 | (format as u32 + 1) << (places * BITS)) }
        })
    }

    /// No format: nothing is read or written.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// Whether nothing is read or written.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether this format is among them.
    #[inline]
    #[must_use]
    pub fn contains(self, format: Propagator) -> bool {
        self.iter().any(|known| known == format)
    }

    /// The formats, in the order in which they are read.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = Propagator> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let place = (left & MASK).checked_sub(1)?;
            left >>= BITS;
            Propagator::ALL.get(place as usize).copied()
        })
    }

    pub(crate) const fn to_bits(self) -> u32 {
        self.0
    }

    /// Formats from [`to_bits`](Self::to_bits).
    pub(crate) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The default.
    pub(crate) const W3C: Self =
        Self((Propagator::TraceContext as u32 + 1) | (Propagator::Baggage as u32 + 1) << BITS);
}

impl Default for Propagators {
    fn default() -> Self {
        Self::W3C
    }
}

impl fmt::Debug for Propagators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromStr for Propagators {
    type Err = InvalidPropagators;

    /// Reads names in any case. Empty elements are ignored.
    fn from_str(text: &str) -> Result<Self, InvalidPropagators> {
        let refuse = |kind| InvalidPropagators { value: text.into(), kind };
        let words = || text.split(',').map(str::trim).filter(|word| !word.is_empty());
        if words().count() == 1 && words().all(|word| word.eq_ignore_ascii_case("none")) {
            return Ok(Self::none());
        }
        let mut formats = Vec::new();
        for word in words() {
            let format = Propagator::ALL.into_iter().find(|format| word.eq_ignore_ascii_case(format.name()));
            let is_specified = || UNSUPPORTED.iter().any(|known| word.eq_ignore_ascii_case(known));
            match format {
                Some(format) => formats.push(format),
                None if is_specified() => return Err(refuse(InvalidPropagatorsKind::Unsupported)),
                None => return Err(refuse(InvalidPropagatorsKind::Unknown)),
            }
        }
        if formats.is_empty() { Err(refuse(InvalidPropagatorsKind::Unknown)) } else { Ok(Self::new(formats)) }
    }
}

/// Formats of the specification that are deprecated, or of one vendor.
const UNSUPPORTED: [&str; 2] = ["xray", "ottrace"];

/// A list of formats that could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPropagators {
    value: Box<str>,
    kind: InvalidPropagatorsKind,
}

/// Why a list of formats could not be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidPropagatorsKind {
    /// It is empty, names an unknown format, or names one beside `none`.
    Unknown,
    /// It names a format of the specification that is not supported: `xray` or `ottrace`.
    Unsupported,
}

impl InvalidPropagators {
    /// The lists that can be parsed, for messages.
    pub const EXPECTED: &'static str = "tracecontext, baggage, b3, b3multi, jaeger, or none alone";

    /// Why the list was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidPropagatorsKind {
        self.kind
    }

    /// The rejected list.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for InvalidPropagators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match self.kind {
            InvalidPropagatorsKind::Unknown => "invalid",
            InvalidPropagatorsKind::Unsupported => "unsupported",
        };
        write!(f, "{how} propagators {:?}: expected {}", self.value, Self::EXPECTED)
    }
}

impl std::error::Error for InvalidPropagators {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_kept_in_their_order_and_once() {
        use Propagator::{B3, B3Multi, Baggage, Jaeger, TraceContext};

        let cases: [(&str, &[Propagator]); 6] = [
            ("tracecontext", &[TraceContext]),
            ("baggage,tracecontext", &[Baggage, TraceContext]),
            ("jaeger, b3multi ,B3,BAGGAGE,TraceContext", &[Jaeger, B3Multi, B3, Baggage, TraceContext]),
            ("b3,b3,jaeger,b3", &[B3, Jaeger]),
            (",b3,", &[B3]),
            ("none", &[]),
        ];
        for (text, expected) in cases {
            let parsed: Propagators = text.parse().unwrap();
            assert_eq!(parsed.iter().collect::<Vec<_>>(), expected, "{text:?}");
            assert_eq!(Propagators::from_bits(parsed.to_bits()), parsed);
            assert_eq!(parsed.is_none(), expected.is_empty());
        }
        assert_eq!(Propagators::default().iter().collect::<Vec<_>>(), [TraceContext, Baggage]);
        assert_eq!(format!("{:?}", Propagators::default()), "{TraceContext, Baggage}");
    }

    #[test]
    fn other_lists_are_refused() {
        let kind = |text: &str| text.parse::<Propagators>().unwrap_err().kind();
        for unknown in ["", ",", "b4", "none,b3", "none,none", "trace context", "b3;jaeger"] {
            assert_eq!(kind(unknown), InvalidPropagatorsKind::Unknown, "{unknown:?}");
        }
        for unsupported in ["xray", "b3,OTTrace"] {
            assert_eq!(kind(unsupported), InvalidPropagatorsKind::Unsupported, "{unsupported:?}");
        }
    }
}
