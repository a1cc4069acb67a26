use std::fmt;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use ring::hmac;
use tracing::Level;

/// A shared secret that signs and verifies debug requests.
///
/// Its `Debug` does not show it.
///
/// # Shape
/// A header's value is `level;expires;signature`: a level of `tracing` in lower case (`warning`, `critical` and `fatal` are
/// accepted, too), seconds since 1970, and the HMAC-SHA256 of `radiosonde-debug;level;expires` under the secret, in
/// lower-case hexadecimal digits.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use radiosonde_tower::DebugKey;
///
/// let key = DebugKey::new("correct horse battery staple")?;
/// let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_900);
/// assert_eq!(
///     key.sign(tracing::Level::DEBUG, expires),
///     "debug;1767225900;a44f8f62ee36fcd3752f8ab7e3d407d6a5a767e2d83e86af68f83a2a9e1f3b80",
/// );
/// # Ok::<(), radiosonde_tower::InvalidDebugKey>(())
/// ```
///
/// The same by hand, for five minutes:
///
/// ```text
/// signed="debug;$(($(date +%s) + 300))"
/// mac=$(printf 'radiosonde-debug;%s' "$signed" | openssl dgst -sha256 -hmac "$KEY" -r | cut -d' ' -f1)
/// curl -H "x-radiosonde-debug: $signed;$mac" http://127.0.0.1:8080/orders/7
/// ```
///
/// # Source
/// RFC 2104 (HMAC), FIPS 180-4 (SHA-256)
#[derive(Clone)]
pub struct DebugKey(hmac::Key);

/// The signed text starts with it, so that a signature for another purpose is not valid here.
const PURPOSE: &[u8] = b"radiosonde-debug;";

impl DebugKey {
    /// The shortest secret in bytes.
    pub const MIN_BYTES: usize = 16;

    /// Creates a key from a secret, which should be random: `openssl rand -hex 32`.
    ///
    /// # Errors
    /// [`InvalidDebugKey`] if the secret has fewer than 16 bytes.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, InvalidDebugKey> {
        let secret = secret.as_ref();
        if secret.len() < Self::MIN_BYTES {
            return Err(InvalidDebugKey { bytes: secret.len() });
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    /// Signs a header value for this level and expiry. A time before 1970 yields an expired one.
    #[must_use]
    pub fn sign(&self, level: Level, expires: SystemTime) -> HeaderValue {
        let expires = expires.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let mut value = format!("{};{expires}", level.as_str().to_ascii_lowercase());
        let tag = self.tag(value.as_bytes());
        value.push(';');
        for byte in tag.as_ref() {
            for digit in [byte >> 4, byte & 15] {
                value.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        // Letters, digits and semicolons are a valid header value.
        HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    fn tag(&self, signed: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(PURPOSE);
        context.update(signed);
        context.sign()
    }

    /// Whether the signature is from this key. Takes constant time.
    pub(crate) fn has_signed(&self, signed: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.0, &[PURPOSE, signed].concat(), signature).is_ok()
    }
}

impl fmt::Debug for DebugKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DebugKey").finish_non_exhaustive()
    }
}

/// The name in `tracing` of a level spelled as in a line, in lower case.
pub(crate) fn level(text: &[u8]) -> Option<&'static str> {
    let text =
        std::str::from_utf8(text).ok().filter(|text| !text.bytes().any(|byte| byte.is_ascii_uppercase()))?;
    Some(match text.parse().ok()? {
        radiosonde_core::Level::Trace => "trace",
        radiosonde_core::Level::Debug => "debug",
        radiosonde_core::Level::Info => "info",
        radiosonde_core::Level::Warn => "warn",
        radiosonde_core::Level::Error | radiosonde_core::Level::Fatal => "error",
    })
}

/// A secret that is too short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDebugKey {
    bytes: usize,
}

impl fmt::Display for InvalidDebugKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret itself is not shown.
        write!(f, "invalid debug key of {} bytes: expected {} or more", self.bytes, DebugKey::MIN_BYTES)
    }
}

impl std::error::Error for InvalidDebugKey {}
