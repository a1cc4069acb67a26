//! Reads and writes lower-case hexadecimal digits.

use radiosonde_core::{SpanId, TraceId};

/// The value of a digit, or `INVALID`.
const VALUES: [u8; 256] = {
    let mut values = [INVALID; 256];
    let mut value = 0;
    while value < 16 {
        values[DIGITS[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// Not a digit. No combination of values of digits has its bits.
const INVALID: u8 = 0xf0;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The bytes of twice as many digits, and whether all of them are digits. One pass without a branch for each digit.
#[inline]
pub(crate) fn decode<const BYTES: usize>(digits: &[u8]) -> ([u8; BYTES], bool) {
    debug_assert_eq!(digits.len(), 2 * BYTES);
    let mut bytes = [0; BYTES];
    let mut all = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
        all |= high | low;
        *byte = high << 4 | low;
    }
    (bytes, all & INVALID == 0)
}

pub(crate) const fn is_digit(byte: u8) -> bool {
    VALUES[byte as usize] != INVALID
}

/// A trace id of 32 digits, or of 16, which are the lower half.
pub(crate) fn trace_id(digits: &[u8]) -> Option<TraceId> {
    if matches!(digits.len(), 16 | 32) { TraceId::from_bytes(number(digits)?.to_be_bytes()) } else { None }
}

/// A span id of 16 digits.
pub(crate) fn span_id(digits: &[u8]) -> Option<SpanId> {
    if digits.len() == 16 { short_span_id(digits) } else { None }
}

/// A trace id of up to 32 digits, without leading zeros that may be left out.
pub(crate) fn short_trace_id(digits: &[u8]) -> Option<TraceId> {
    TraceId::from_bytes(number(digits)?.to_be_bytes())
}

/// A span id of up to 16 digits, without leading zeros that may be left out.
pub(crate) fn short_span_id(digits: &[u8]) -> Option<SpanId> {
    SpanId::from_bytes(u64::try_from(number(digits)?).ok()?.to_be_bytes())
}

/// The value of 1 to 32 digits.
pub(crate) fn number(digits: &[u8]) -> Option<u128> {
    if !matches!(digits.len(), 1..=32) {
        return None;
    }
    digits.iter().try_fold(0, |number, &digit| {
        is_digit(digit).then(|| number << 4 | u128::from(VALUES[usize::from(digit)]))
    })
}

pub(crate) const fn encode(byte: u8) -> [u8; 2] {
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 0x0f) as usize]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_digits_are_digits() {
        for byte in 0..=u8::MAX {
            let expected = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            assert_eq!(is_digit(byte), expected);
            assert_eq!(decode::<1>(&[byte, b'1']).1, expected);
            assert_eq!(decode::<1>(&[b'f', byte]).1, expected);
        }
        for byte in 0..=u8::MAX {
            assert_eq!(decode::<1>(&encode(byte)), ([byte], true));
        }
    }

    #[test]
    fn numbers_have_1_to_32_digits() {
        assert_eq!(number(b"0f"), Some(15));
        assert_eq!(number(&[b'f'; 32]), Some(u128::MAX));
        for invalid in [b"".as_slice(), &[b'0'; 33], b"+1", b"F", b" 1"] {
            assert_eq!(number(invalid), None);
        }
        assert_eq!(short_span_id(&[b'0'; 17]), None, "zero");
        assert_eq!(short_span_id(b"10000000000000000"), None, "17 digits");
        assert_eq!(trace_id(b"1").is_some(), short_trace_id(b"1").is_none());
    }
}
