use std::fmt;
use std::str::FromStr;

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};

use crate::propagation::field_value::{shown, trim};
use crate::propagation::hex;

/// The value of a `traceparent` header.
///
/// # Shape
/// Parsed strictly: version, trace id, parent id and flags as 2, 32, 16 and 2 lower-case hexadecimal digits with `-` between
/// them. Version `00` is exactly 55 bytes; a higher one may continue after a further `-`, and the rest is ignored; `ff` is
/// invalid. Only the flags *sampled* and *random* are kept. Always written as version `00`.
///
/// # Cost
/// Parsing a valid value and writing one allocate nothing.
///
/// # Source
/// W3C Trace Context Level 2: <https://www.w3.org/TR/trace-context-2/#traceparent-header>
///
/// ```
/// use radiosonde_trace::Traceparent;
///
/// let parent: Traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?;
/// assert!(parent.context().is_sampled());
/// assert_eq!(parent.to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
///
/// let error = "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01".parse::<Traceparent>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#"traceparent "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01" is malformed at byte 4: expected lower-case hexadecimal digits"#,
/// );
/// # Ok::<(), radiosonde_trace::InvalidTraceparent>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traceparent(SpanContext);

/// The length of version `00`, and of the known part of higher versions.
const LENGTH: usize = 55;
/// Positions of the separators.
const DASHES: [usize; 3] = [2, 35, 52];

impl Traceparent {
    /// Creates the value that names this span as the parent.
    #[must_use]
    pub const fn new(context: SpanContext) -> Self {
        Self(context)
    }

    /// The span that the value names.
    #[must_use]
    pub const fn context(self) -> SpanContext {
        self.0
    }

    /// The value as ASCII bytes, without allocating.
    #[inline]
    #[must_use]
    pub fn to_bytes(self) -> [u8; LENGTH] {
        let mut out = [b'-'; LENGTH];
        out[..2].copy_from_slice(b"00");
        out[3..35].copy_from_slice(&self.0.trace_id().to_hex());
        out[36..52].copy_from_slice(&self.0.span_id().to_hex());
        out[53..].copy_from_slice(&hex::encode(self.0.flags().to_byte()));
        out
    }

    /// Parses the value as received. White space around it, which HTTP leaves to the reader, is ignored.
    ///
    /// # Errors
    /// [`InvalidTraceparent`] for every value that the specification calls invalid; a new trace must be started then.
    #[inline]
    pub fn from_bytes(value: &[u8]) -> Result<Self, InvalidTraceparent> {
        let value = trim(value);
        parse(value).map(Self).map_err(|kind| InvalidTraceparent::new(value, kind))
    }
}

impl FromStr for Traceparent {
    type Err = InvalidTraceparent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceparent> {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = self.0;
        write!(f, "00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.flags().to_byte())
    }
}

#[inline]
fn parse(value: &[u8]) -> Result<SpanContext, InvalidTraceparentKind> {
    use InvalidTraceparentKind as Kind;

    let (head, rest) = value.split_first_chunk::<LENGTH>().ok_or(Kind::Length)?;
    let (version, is_version) = hex::decode::<1>(&head[..2]);
    let (trace_id, is_trace_id) = hex::decode(&head[3..35]);
    let (span_id, is_span_id) = hex::decode(&head[36..52]);
    let (flags, are_flags) = hex::decode::<1>(&head[53..]);
    let separators = head[2] == b'-' && head[35] == b'-' && head[52] == b'-';
    if !(is_version & is_trace_id & is_span_id & are_flags & separators) {
        return Err(malformed(head));
    }
    match (version, rest.first()) {
        ([0xff], _) => return Err(Kind::Version),
        (_, None) => {}
        ([0], Some(_)) => return Err(Kind::Length),
        (_, Some(b'-')) => {}
        (_, Some(_)) => return Err(Kind::Separator { at: LENGTH }),
    }
    let trace_id = TraceId::from_bytes(trace_id).ok_or(Kind::ZeroTraceId)?;
    let span_id = SpanId::from_bytes(span_id).ok_or(Kind::ZeroParentId)?;
    Ok(SpanContext::new(trace_id, span_id, TraceFlags::from_byte(flags[0])))
}

/// Finds the first character that does not belong where it is.
#[cold]
fn malformed(head: &[u8; LENGTH]) -> InvalidTraceparentKind {
    use InvalidTraceparentKind as Kind;

    let found = head.iter().enumerate().find_map(|(at, &byte)| match DASHES.contains(&at) {
        true => (byte != b'-').then_some(Kind::Separator { at }),
        false => (!hex::is_digit(byte)).then_some(Kind::Digit { at }),
    });
    found.unwrap_or(Kind::Length)
}

/// A `traceparent` that must be ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTraceparent {
    value: Box<str>,
    kind: InvalidTraceparentKind,
}

/// Why a `traceparent` must be ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvalidTraceparentKind {
    /// Shorter than 55 bytes, or version `00` and longer.
    Length,
    /// Version `ff`.
    Version,
    /// A character other than `-` where a separator belongs.
    Separator {
        /// Byte offset into the value.
        at: usize,
    },
    /// A character other than a lower-case hexadecimal digit where one belongs.
    Digit {
        /// Byte offset into the value.
        at: usize,
    },
    /// The trace id is all zeros.
    ZeroTraceId,
    /// The parent id is all zeros.
    ZeroParentId,
    /// There is more than one `traceparent` header.
    Repeated,
}

impl InvalidTraceparent {
    #[cold]
    pub(crate) fn new(value: &[u8], kind: InvalidTraceparentKind) -> Self {
        Self { value: shown(value), kind }
    }

    /// Why the value was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidTraceparentKind {
        self.kind
    }
}

impl fmt::Display for InvalidTraceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "traceparent {:?} ", self.value)?;
        match self.kind {
            InvalidTraceparentKind::Length => f.write_str("is not 55 bytes long"),
            InvalidTraceparentKind::Version => f.write_str("has version ff, which is forbidden"),
            InvalidTraceparentKind::Separator { at } => write!(f, "has no `-` at byte {at}"),
            InvalidTraceparentKind::Digit { at } => {
                write!(f, "is malformed at byte {at}: expected lower-case hexadecimal digits")
            }
            InvalidTraceparentKind::ZeroTraceId => f.write_str("has a trace id of zeros"),
            InvalidTraceparentKind::ZeroParentId => f.write_str("has a parent id of zeros"),
            InvalidTraceparentKind::Repeated => f.write_str("appears more than once: expected one"),
        }
    }
}

impl std::error::Error for InvalidTraceparent {}
