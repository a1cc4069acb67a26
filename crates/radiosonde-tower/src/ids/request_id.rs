use http::header::{HeaderMap, HeaderName, HeaderValue};
use radiosonde_core::TraceId;

/// The header that carries a request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that carries the id of the business transaction that a request is part of.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// The id of a request, stored in its extensions for handlers.
///
/// # Shape
/// Taken from `x-request-id` if there is one such header with 1 to 128 characters out of `A-Z a-z 0-9 . _ : / + = @ -`, so
/// that it is valid in log lines, labels and URLs; otherwise 32 random hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(HeaderValue);

const MAX_LENGTH: usize = 128;

impl RequestId {
    /// The id of the request's header, or a new one.
    pub(crate) fn take_or_make(headers: &HeaderMap) -> Self {
        Self::take(headers, &REQUEST_ID).unwrap_or_else(Self::make)
    }

    /// The valid id in the only header with this name.
    pub(crate) fn take(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let mut values = headers.get_all(name).iter();
        let value = values.next().filter(|value| is_valid(value.as_bytes()))?;
        // With two headers it is unclear which one applies.
        values.next().is_none().then(|| Self(value.clone()))
    }

    fn make() -> Self {
        let digits = TraceId::random().to_hex();
        // Hexadecimal digits are a valid header value.
        Self(HeaderValue::from_bytes(&digits).unwrap_or_else(|_| HeaderValue::from_static("0")))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn is_valid(id: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._:/+=@-".contains(byte);
    (1..=MAX_LENGTH).contains(&id.len()) && id.iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_valid_id_is_kept() {
        let long = [b'a'; MAX_LENGTH];
        for id in [&b"7"[..], b"req-1.2_3:4/5+6=7@8", &long] {
            assert_eq!(RequestId::take_or_make(&with(&[id])).as_str().as_bytes(), id);
        }
    }

    #[test]
    fn anything_else_is_replaced() {
        let long = [b'a'; MAX_LENGTH + 1];
        let bad: [&[&[u8]]; 6] = [&[], &[b""], &[b"a b"], &[b"a\"b"], &[&long], &[b"a", b"b"]];
        for values in bad {
            let id = RequestId::take_or_make(&with(values));
            assert_eq!(id.as_str().len(), 32, "{values:?}");
            assert!(is_valid(id.as_str().as_bytes()));
        }
        assert_ne!(RequestId::make(), RequestId::make());
    }
}
