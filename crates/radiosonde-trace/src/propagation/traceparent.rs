use std::fmt;
use std::str::FromStr;

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};

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
    #[must_use]
    pub fn to_bytes(self) -> [u8; LENGTH] {
        let mut out = [b'-'; LENGTH];
        out[..2].copy_from_slice(b"00");
        out[3..35].copy_from_slice(&self.0.trace_id().to_hex());
        out[36..52].copy_from_slice(&self.0.span_id().to_hex());
        out[53..].copy_from_slice(&hex_digits(self.0.flags().to_byte()));
        out
    }

    /// Parses the value as received. White space around it, which HTTP leaves to the reader, is ignored.
    ///
    /// # Errors
    /// [`InvalidTraceparent`] for every value that the specification calls invalid; a new trace must be started then.
    pub fn from_bytes(value: &[u8]) -> Result<Self, InvalidTraceparent> {
        let value = trim_white_space(value);
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

/// Trims the optional white space of RFC 9110: spaces and tabs.
pub(crate) fn trim_white_space(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn parse(value: &[u8]) -> Result<SpanContext, InvalidTraceparentKind> {
    use InvalidTraceparentKind as Kind;

    let (head, rest) = value.split_first_chunk::<LENGTH>().ok_or(Kind::Length)?;
    for (at, byte) in head.iter().enumerate() {
        match (DASHES.contains(&at), byte) {
            (true, b'-') | (false, b'0'..=b'9' | b'a'..=b'f') => {}
            (true, _) => return Err(Kind::Separator { at }),
            (false, _) => return Err(Kind::Digit { at }),
        }
    }
    match (&head[..2], rest.first()) {
        (b"ff", _) => return Err(Kind::Version),
        (_, None) => {}
        (b"00", Some(_)) => return Err(Kind::Length),
        (_, Some(b'-')) => {}
        (_, Some(_)) => return Err(Kind::Separator { at: LENGTH }),
    }
    // All digits were checked above, so the ids can only be zero.
    let trace_id =
        ascii(&head[3..35]).and_then(|text| TraceId::from_hex(text).ok()).ok_or(Kind::ZeroTraceId)?;
    let span_id =
        ascii(&head[36..52]).and_then(|text| SpanId::from_hex(text).ok()).ok_or(Kind::ZeroParentId)?;
    let flags = (hex_value(head[53]) << 4) | hex_value(head[54]);
    Ok(SpanContext::new(trace_id, span_id, TraceFlags::from_byte(flags)))
}

fn ascii(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

const fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.wrapping_sub(b'a').wrapping_add(10),
    }
}

const fn hex_digits(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 0x0f) as usize]]
}

/// A `traceparent` that must be ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTraceparent {
    // From outside the process: truncated to what is needed to recognise it.
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
    const SHOWN: usize = 80;

    pub(crate) fn new(value: &[u8], kind: InvalidTraceparentKind) -> Self {
        let shown = &value[..value.len().min(Self::SHOWN)];
        Self { value: String::from_utf8_lossy(shown).into(), kind }
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
