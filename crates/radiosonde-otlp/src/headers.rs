use std::fmt;

use http::header::{HeaderMap, HeaderName};
use radiosonde_core::decode_percent;
use radiosonde_delivery::{InvalidHeader, InvalidHeaderKind, secret_header};

/// Headers for every request, as in `OTEL_EXPORTER_OTLP_HEADERS`: `key=value,key=value`, with percent-encoded values.
///
/// Their values are secrets: printing shows the names, and errors name the key or the position.
///
/// ```
/// use radiosonde_otlp::Headers;
///
/// let headers = Headers::parse("Authorization=Basic%20dXNlcjpodW50ZXIy,x-tenant=shop")?;
/// assert_eq!(headers.get("authorization"), Some("Basic dXNlcjpodW50ZXIy"));
/// assert_eq!(format!("{headers:?}"), r#"Headers(["authorization", "x-tenant"])"#);
///
/// let error = Headers::parse("x-tenant=shop,x-key=%zz").unwrap_err();
/// assert_eq!(error.to_string(), r#"header "x-key" has a value that is not percent-encoded; allowed is a list `key=value,key=value`"#);
/// # Ok::<(), radiosonde_otlp::InvalidHeaders>(())
/// ```
///
/// # Source
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables>
#[derive(Clone, Default)]
pub struct Headers {
    map: HeaderMap,
}

impl Headers {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a list. Empty elements are skipped; of two values for a key the last one stays.
    ///
    /// # Errors
    /// [`InvalidHeaders`] names the first element that cannot be read.
    pub fn parse(list: &str) -> Result<Self, InvalidHeaders> {
        let mut headers = Self::new();
        for (at, pair) in list.split(',').enumerate() {
            let pair = pair.trim();
            if pair.is_empty() {
                continue;
            }
            // Without a `=` it may be anything, a bare token too, so only its position is told.
            let Some((name, value)) = pair.split_once('=') else {
                return Err(InvalidHeaders {
                    name: format!("#{}", at + 1).into(),
                    kind: InvalidHeadersKind::NoEquals,
                });
            };
            let (name, value) = (name.trim(), value.trim());
            // A quote has to be percent-encoded; around a value it is a shell's that was not taken away.
            let is_quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
            let value = decode_percent(value)
                .filter(|_| !is_quoted)
                .ok_or_else(|| InvalidHeaders { name: name.into(), kind: InvalidHeadersKind::Encoding })?;
            headers.insert(name, &value)?;
        }
        Ok(headers)
    }

    /// Sets a header, replacing one of the same name. The value is taken as it is.
    ///
    /// # Errors
    /// [`InvalidHeaders`] if the name or the value cannot be sent in a header, or if the header is the HTTP client's or the
    /// sink's to set.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<(), InvalidHeaders> {
        let (name, value) = secret_header(name, value)?;
        self.map.insert(name, value);
        Ok(())
    }

    /// The value of a header, whatever the case of its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.map.get(name)?.to_str().ok()
    }

    pub(crate) const fn map(&self) -> &HeaderMap {
        &self.map
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.map.keys().map(HeaderName::as_str).collect();
        f.debug_tuple("Headers").field(&names).finish()
    }
}

/// A header that cannot be read or sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidHeaders {
    name: Box<str>,
    kind: InvalidHeadersKind,
}

/// Why a header is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidHeadersKind {
    /// An element of the list has no `=`.
    NoEquals,
    /// The name has a character that header names cannot have, or is empty.
    Name,
    /// The value has a character that header values cannot have.
    Value,
    /// The HTTP client or the sink sets it, such as `content-length`; see [`InvalidHeaderKind`].
    Reserved,
    /// A `%` is not followed by two hexadecimal digits, the bytes are not UTF-8, or the value is in quotes.
    Encoding,
}

impl From<InvalidHeader> for InvalidHeaders {
    fn from(header: InvalidHeader) -> Self {
        let kind = match header.kind() {
            InvalidHeaderKind::Name => InvalidHeadersKind::Name,
            InvalidHeaderKind::Value => InvalidHeadersKind::Value,
            _ => InvalidHeadersKind::Reserved,
        };
        Self { name: header.name().into(), kind }
    }
}

impl InvalidHeaders {
    /// Why it was refused.
    #[must_use]
    pub const fn kind(&self) -> InvalidHeadersKind {
        self.kind
    }
}

impl fmt::Display for InvalidHeaders {
    /// Without the value, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.kind {
            InvalidHeadersKind::NoEquals => "has no `=`",
            InvalidHeadersKind::Name => "has a name that is no header name",
            InvalidHeadersKind::Value => "has a value with control characters",
            InvalidHeadersKind::Reserved => "is set by the HTTP client or by the sink itself",
            InvalidHeadersKind::Encoding => "has a value that is not percent-encoded",
        };
        write!(f, "header {:?} {why}; allowed is a list `key=value,key=value`", self.name)
    }
}

impl std::error::Error for InvalidHeaders {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_the_specification_says() {
        let headers = Headers::parse(" a = 1 ,, B=2==,c=x%20y%2C,a=3, ").unwrap();
        assert_eq!(headers.get("A"), Some("3"));
        assert_eq!(headers.get("b"), Some("2=="));
        assert_eq!(headers.get("c"), Some("x y,"));
        assert_eq!(headers.map().len(), 3);
        assert_eq!(Headers::parse("").unwrap().map().len(), 0);
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_repeating_a_value() {
        let cases = [
            ("hunter2", InvalidHeadersKind::NoEquals),
            ("=hunter2", InvalidHeadersKind::Name),
            ("a b=hunter2", InvalidHeadersKind::Name),
            ("a=hunter2%0a", InvalidHeadersKind::Value),
            ("a=1,content-length=hunter2", InvalidHeadersKind::Reserved),
            ("Transfer-Encoding=hunter2", InvalidHeadersKind::Reserved),
            ("content-encoding=hunter2", InvalidHeadersKind::Reserved),
            ("a=hunter2%", InvalidHeadersKind::Encoding),
            ("a=hunter2%f", InvalidHeadersKind::Encoding),
            ("a=hunter2%ff", InvalidHeadersKind::Encoding),
            ("a=\"hunter2\"", InvalidHeadersKind::Encoding),
        ];
        for (list, kind) in cases {
            let error = Headers::parse(list).unwrap_err();
            assert_eq!(error.kind(), kind, "{list}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(Headers::parse("a=1,b").unwrap_err().to_string().starts_with("header \"#2\" has no `=`"));
    }
}
