use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

/// Identifies a trace: 16 bytes, never all zero.
///
/// # Shape
/// Printed and parsed as 32 lower-case hexadecimal digits. `Option<TraceId>` is as large as `TraceId`.
///
/// # Source
/// W3C Trace Context, "trace-id": <https://www.w3.org/TR/trace-context/#trace-id>
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(NonZeroU128);

/// Identifies a span within its trace: 8 bytes, never all zero.
///
/// # Shape
/// Printed and parsed as 16 lower-case hexadecimal digits. `Option<SpanId>` is as large as `SpanId`.
///
/// # Source
/// W3C Trace Context, "parent-id": <https://www.w3.org/TR/trace-context/#parent-id>
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZeroU64);

impl TraceId {
    /// A new random id, from a generator seeded by the operating system; not for cryptography.
    #[must_use]
    pub fn random() -> Self {
        Self(NonZeroU128::new(fastrand::u128(1..)).unwrap_or(NonZeroU128::MIN))
    }

    /// The id with these bytes in network order; `None` if all are zero.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        match NonZeroU128::new(u128::from_be_bytes(bytes)) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The id's bytes in network order.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }

    /// Parses exactly 32 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`InvalidId`] for any other length or character, and for all zeros.
    pub fn from_hex(text: &str) -> Result<Self, InvalidId> {
        let refuse = |kind| InvalidId { what: "trace id", digits: 32, text: text.into(), kind };
        let bytes = decode_hex::<16>(text).map_err(refuse)?;
        Self::from_bytes(bytes).ok_or_else(|| refuse(InvalidIdKind::Zero))
    }

    /// The 32 digits as ASCII bytes, without allocating.
    #[inline]
    #[must_use]
    pub const fn to_hex(self) -> [u8; 32] {
        let mut out = [0; 32];
        encode_hex(&self.to_bytes(), &mut out);
        out
    }
}

impl SpanId {
    /// A new random id, from a generator seeded by the operating system; not for cryptography.
    #[must_use]
    pub fn random() -> Self {
        Self(NonZeroU64::new(fastrand::u64(1..)).unwrap_or(NonZeroU64::MIN))
    }

    /// The id with these bytes in network order; `None` if all are zero.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 8]) -> Option<Self> {
        match NonZeroU64::new(u64::from_be_bytes(bytes)) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }

    /// The id's bytes in network order.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }

    /// Parses exactly 16 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`InvalidId`] for any other length or character, and for all zeros.
    pub fn from_hex(text: &str) -> Result<Self, InvalidId> {
        let refuse = |kind| InvalidId { what: "span id", digits: 16, text: text.into(), kind };
        let bytes = decode_hex::<8>(text).map_err(refuse)?;
        Self::from_bytes(bytes).ok_or_else(|| refuse(InvalidIdKind::Zero))
    }

    /// The 16 digits as ASCII bytes, without allocating.
    #[inline]
    #[must_use]
    pub const fn to_hex(self) -> [u8; 16] {
        let mut out = [0; 16];
        encode_hex(&self.to_bytes(), &mut out);
        out
    }
}

impl FromStr for TraceId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::from_hex(text)
    }
}

impl FromStr for SpanId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::from_hex(text)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

/// A text that is not a trace or span id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId {
    what: &'static str,
    digits: usize,
    text: Box<str>,
    kind: InvalidIdKind,
}

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidIdKind {
    /// The wrong number of digits.
    Length,
    /// A character outside `0-9a-f`, at this byte.
    Digit {
        /// Byte offset into the text.
        at: usize,
    },
    /// All digits are zero.
    Zero,
}

impl InvalidId {
    /// Why the text was rejected.
    #[must_use]
    pub const fn kind(&self) -> InvalidIdKind {
        self.kind
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, digits, text, kind } = self;
        match kind {
            InvalidIdKind::Length => {
                write!(
                    f,
                    "{what} {text:?} has {} bytes: expected {digits} lower-case hexadecimal digits",
                    text.len()
                )
            }
            InvalidIdKind::Digit { at } => {
                write!(f, "{what} {text:?} is malformed at byte {at}: expected lower-case hexadecimal digits")
            }
            InvalidIdKind::Zero => {
                write!(f, "{what} {text:?} is all zeros, which W3C trace context reserves for \"no trace\"")
            }
        }
    }
}

impl std::error::Error for InvalidId {}

fn decode_hex<const N: usize>(text: &str) -> Result<[u8; N], InvalidIdKind> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(InvalidIdKind::Length);
    }
    let mut out = [0; N];
    for (at, &digit) in digits.iter().enumerate() {
        // Upper case is rejected: W3C requires lower case, and a log store would not match two spellings of one id.
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return Err(InvalidIdKind::Digit { at }),
        };
        out[at / 2] = out[at / 2] << 4 | value;
    }
    Ok(out)
}

/// Writes two digits for each byte. The number of bytes is a multiple of four.
#[inline]
pub(crate) const fn encode_hex(mut bytes: &[u8], mut out: &mut [u8]) {
    while let (Some((four, bytes_left)), Some((digits, out_left))) =
        (bytes.split_first_chunk(), out.split_first_chunk_mut())
    {
        *digits = eight_digits(*four);
        (bytes, out) = (bytes_left, out_left);
    }
}

/// The digits of four bytes, computed at once, each in a byte of one number.
const fn eight_digits(bytes: [u8; 4]) -> [u8; 8] {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LETTERS: u64 = (b'a' - b'0' - 10) as u64;

    let number = u32::from_be_bytes(bytes) as u64;
    let spread = (number << 16 | number) & 0x0000_ffff_0000_ffff;
    let spread = (spread << 8 | spread) & 0x00ff_00ff_00ff_00ff;
    let digits = (spread << 4 | spread) & (0x0f * ONES);
    // One in each byte whose digit is a letter: ten and more carry into the upper half.
    let letters = (digits + 6 * ONES) >> 4 & ONES;
    (digits + b'0' as u64 * ONES + letters * LETTERS).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_parsed() {
        let trace = TraceId::from_hex("0af7651916cd43dd8448eb211c80319c").unwrap();
        assert_eq!(trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(trace.to_hex().as_slice(), b"0af7651916cd43dd8448eb211c80319c");
        let span = SpanId::from_hex("00f067aa0ba902b7").unwrap();
        assert_eq!(span.to_string(), "00f067aa0ba902b7");
        assert_eq!(span.to_hex().as_slice(), b"00f067aa0ba902b7");
        assert_eq!(SpanId::from_bytes(span.to_bytes()), Some(span));
    }

    #[test]
    fn refuses_zeros_upper_case_signs_and_other_lengths() {
        let cases = [
            ("0000000000000000", InvalidIdKind::Zero),
            ("00F067AA0BA902B7", InvalidIdKind::Digit { at: 2 }),
            ("+0f067aa0ba902b7", InvalidIdKind::Digit { at: 0 }),
            ("0f067aa0ba902b7", InvalidIdKind::Length),
            ("", InvalidIdKind::Length),
            ("00f067aa0ba902bé", InvalidIdKind::Length),
        ];
        for (text, kind) in cases {
            assert_eq!(SpanId::from_hex(text).unwrap_err().kind(), kind, "{text:?}");
        }
    }

    #[test]
    fn every_byte_is_printed_as_the_formatter_prints_it() {
        for byte in 0..=u8::MAX {
            let id = SpanId::from_bytes([byte, !byte, 1, byte ^ 0x0f, 0xff, byte, 0, byte]).unwrap();
            assert_eq!(std::str::from_utf8(&id.to_hex()).unwrap(), id.to_string());
        }
    }

    #[test]
    fn random_ids_differ() {
        assert_ne!(TraceId::random(), TraceId::random());
        assert_ne!(SpanId::random(), SpanId::random());
    }
}
