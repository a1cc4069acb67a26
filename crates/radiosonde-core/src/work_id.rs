use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::id::encode_hex;

/// The id of a request or of a business transaction.
///
/// # Shape
/// 1 to 128 characters out of `A-Z a-z 0-9 . _ : / + = @ -`, so that it is valid in headers, log lines and URLs. `Copy`, 129
/// bytes, no allocation.
///
/// ```
/// use radiosonde_core::WorkId;
///
/// let id: WorkId = "req_123".parse()?;
/// assert_eq!(id.as_str(), "req_123");
/// assert_eq!(
///     "a b".parse::<WorkId>().unwrap_err().to_string(),
///     r#"invalid id "a b": expected 1 to 128 characters out of A-Z a-z 0-9 . _ : / + = @ -"#,
/// );
/// # Ok::<(), radiosonde_core::InvalidWorkId>(())
/// ```
#[derive(Clone, Copy)]
pub struct WorkId {
    length: u8,
    bytes: [u8; Self::MAX_BYTES],
}

impl WorkId {
    /// The longest id.
    pub const MAX_BYTES: usize = 128;

    /// The id with these bytes; `None` if they are not one.
    #[inline]
    #[must_use]
    pub fn from_bytes(id: &[u8]) -> Option<Self> {
        if id.is_empty() || !id.iter().all(|&byte| ALLOWED[usize::from(byte)]) {
            return None;
        }
        let mut bytes = [0; Self::MAX_BYTES];
        bytes.get_mut(..id.len())?.copy_from_slice(id);
        Some(Self { length: id.len() as u8, bytes })
    }

    /// A new id: a UUID of version 7, which sorts by this time. Its other bits are random, not for cryptography.
    ///
    /// # Source
    /// RFC 9562, section 5.7: <https://www.rfc-editor.org/rfc/rfc9562#section-5.7>
    #[must_use]
    pub fn uuid_v7(now: SystemTime) -> Self {
        let milliseconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let random = fastrand::u128(..);
        let (random_a, random_b) = (random >> 64 & 0x0fff, random & (u128::MAX >> 66));
        let uuid = milliseconds << 80 | 0x7 << 76 | random_a << 64 | 0b10 << 62 | random_b;
        let mut digits = [0; 32];
        encode_hex(&uuid.to_be_bytes(), &mut digits);
        let mut bytes = [0; Self::MAX_BYTES];
        let mut digits = digits.iter();
        for (at, byte) in bytes.iter_mut().take(UUID_LENGTH).enumerate() {
            *byte = match at {
                8 | 13 | 18 | 23 => b'-',
                _ => digits.next().copied().unwrap_or(b'0'),
            };
        }
        Self { length: UUID_LENGTH as u8, bytes }
    }

    /// The id's text.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The id's text as bytes.
    #[inline]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

const UUID_LENGTH: usize = 36;

static ALLOWED: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        allowed[byte] = (byte as u8).is_ascii_alphanumeric()
            || matches!(byte as u8, b'.' | b'_' | b':' | b'/' | b'+' | b'=' | b'@' | b'-');
        byte += 1;
    }
    allowed
};

impl FromStr for WorkId {
    type Err = InvalidWorkId;

    fn from_str(text: &str) -> Result<Self, InvalidWorkId> {
        Self::from_bytes(text.as_bytes()).ok_or_else(|| InvalidWorkId { text: text.into() })
    }
}

impl PartialEq for WorkId {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for WorkId {}

impl Hash for WorkId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Display for WorkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for WorkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WorkId").field(&self.as_str()).finish()
    }
}

/// A text that is not the id of a request or of a business transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidWorkId {
    text: Box<str>,
}

impl InvalidWorkId {
    /// The rejected text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for InvalidWorkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, most) = (&self.text, WorkId::MAX_BYTES);
        write!(f, "invalid id {text:?}: expected 1 to {most} characters out of A-Z a-z 0-9 . _ : / + = @ -")
    }
}

impl std::error::Error for InvalidWorkId {}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_id_is_kept_as_it_is() {
        let long = "a".repeat(WorkId::MAX_BYTES);
        for text in ["7", "req-1.2_3:4/5+6=7@8", "AZaz09", &long] {
            assert_eq!(text.parse::<WorkId>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn hostile_texts_are_no_ids() {
        let long = [b'a'; WorkId::MAX_BYTES + 1];
        let bad: [&[u8]; 9] = [b"", b"a b", b"a\"b", b"a\\b", b"a,b", b"a\nb", b"a\0b", b"\xc3\xa9", &long];
        for bytes in bad {
            assert_eq!(WorkId::from_bytes(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_new_id_is_a_uuid_of_version_7_with_its_time() {
        let now = UNIX_EPOCH + Duration::from_millis(0x0190_1234_5678);
        for _ in 0..100 {
            let id = WorkId::uuid_v7(now);
            let parts: Vec<_> = id.as_str().split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
            assert_eq!((parts[0], parts[1]), ("01901234", "5678"));
            assert!(parts[2].starts_with('7') && matches!(parts[3].as_bytes()[0], b'8' | b'9' | b'a' | b'b'));
            assert!(id.as_str().bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()));
            assert_eq!(WorkId::from_bytes(id.as_str().as_bytes()), Some(id));
        }
        assert_ne!(WorkId::uuid_v7(now), WorkId::uuid_v7(now));
        assert!(WorkId::uuid_v7(now).as_str() < WorkId::uuid_v7(now + Duration::from_millis(1)).as_str());
        assert!(WorkId::uuid_v7(UNIX_EPOCH - Duration::from_secs(1)).as_str().starts_with("00000000-0000-7"));
    }
}
