use std::fmt;

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// Checks a header that the user sets for every request of a sink. Its value counts as a secret and is never printed.
///
/// ```
/// use radiosonde_delivery::{InvalidHeaderKind, secret_header};
///
/// let (name, value) = secret_header("X-Tenant", "shop")?;
/// assert_eq!((name.as_str(), value.to_str()?), ("x-tenant", "shop"));
///
/// let error = secret_header("Content-Length", "3").unwrap_err();
/// assert_eq!(error.kind(), InvalidHeaderKind::Transport);
/// assert_eq!(error.to_string(), r#"refused header "Content-Length": expected none that the HTTP client sets itself"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`InvalidHeader`] if the name or the value has an invalid character, or if the client or the sink sets the header itself; see
/// [`InvalidHeaderKind`].
pub fn secret_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), InvalidHeader> {
    let refuse = |kind| InvalidHeader::new(name, kind);
    let parsed: HeaderName = name.parse().map_err(|_| refuse(InvalidHeaderKind::Name))?;
    if is_of_transport(&parsed) {
        return Err(refuse(InvalidHeaderKind::Transport));
    }
    if is_of_sink(&parsed) {
        return Err(refuse(InvalidHeaderKind::Sink));
    }
    let mut value = HeaderValue::from_str(value).map_err(|_| refuse(InvalidHeaderKind::Value))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

/// Checks the headers of a request that a protocol has made: only those of the transport are refused.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), InvalidHeader> {
    match headers.keys().find(|name| is_of_transport(name)) {
        None => Ok(()),
        Some(name) => Err(InvalidHeader::new(name.as_str(), InvalidHeaderKind::Transport)),
    }
}

/// Whether a header describes the connection or the end of the body, which only the HTTP client knows: with a
/// `content-length` of 3, three bytes of a batch would be sent and all of it counted as delivered.
///
/// `host` is not among them: it selects a virtual host of a gateway that is reached by its address.
///
/// Source: RFC 9110, sections 7.6.1, 7.8 and 10.1; RFC 9112, section 6.
fn is_of_transport(name: &HeaderName) -> bool {
    const NAMES: [&str; 9] = [
        "connection", "content-length", "expect", "http2-settings", "keep-alive", "te", "trailer",
        "transfer-encoding", "upgrade",
    ];
    NAMES.contains(&name.as_str()) || name.as_str().starts_with("proxy-")
}

/// Whether a header describes the body that a sink creates, or the response that it can read.
fn is_of_sink(name: &HeaderName) -> bool {
    ["accept-encoding", "content-encoding", "content-type"].contains(&name.as_str())
}

/// A header that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidHeader {
    name: Box<str>,
    kind: InvalidHeaderKind,
}

/// Why a header cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidHeaderKind {
    /// The name is empty or has an invalid character.
    Name,
    /// The value has an invalid character.
    Value,
    /// The HTTP client sets it: `content-length`, `transfer-encoding`, `connection`, `keep-alive`, `te`, `trailer`, `upgrade`,
    /// `http2-settings`, `expect`, and all that begin with `proxy-`.
    Transport,
    /// The sink sets it: `content-type`, `content-encoding`, `accept-encoding`.
    Sink,
    /// The user name of basic credentials has a colon, which would end it (RFC 7617).
    User,
}

impl InvalidHeader {
    pub(crate) fn new(name: &str, kind: InvalidHeaderKind) -> Self {
        Self { name: name.into(), kind }
    }

    /// The header's name as given. The value is not kept, because it may be a secret.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it was refused.
    #[must_use]
    pub const fn kind(&self) -> InvalidHeaderKind {
        self.kind
    }
}

impl fmt::Display for InvalidHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.kind {
            InvalidHeaderKind::Name => {
                write!(f, "invalid header name {name:?}: expected letters, digits and -")
            }
            InvalidHeaderKind::Value => {
                write!(f, "invalid value of header {name:?}: expected visible characters and spaces")
            }
            InvalidHeaderKind::Transport => {
                write!(f, "refused header {name:?}: expected none that the HTTP client sets itself")
            }
            InvalidHeaderKind::Sink => {
                write!(f, "refused header {name:?}: expected none that the sink sets itself")
            }
            InvalidHeaderKind::User => {
                write!(f, "invalid user name for header {name:?}: expected one without a colon")
            }
        }
    }
}

impl std::error::Error for InvalidHeader {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_transport_and_of_the_sink_are_refused_by_name() {
        let kind =
            |name: &str, value: &str| secret_header(name, value).map_err(|error| error.kind()).map(drop);
        for name in [
            "Content-Length",
            "transfer-encoding",
            "CONNECTION",
            "keep-alive",
            "TE",
            "trailer",
            "Upgrade",
            "http2-settings",
            "expect",
            "Proxy-Authorization",
            "proxy-authenticate",
            "proxy-connection",
        ] {
            assert_eq!(kind(name, "3"), Err(InvalidHeaderKind::Transport), "{name}");
        }
        for name in ["content-type", "Content-Encoding", "accept-encoding"] {
            assert_eq!(kind(name, "gzip"), Err(InvalidHeaderKind::Sink), "{name}");
        }
        for name in ["authorization", "x-scope-orgid", "host", "user-agent", "content-language", "x-proxy-to"]
        {
            assert_eq!(kind(name, "3"), Ok(()), "{name}");
        }
    }

    #[test]
    fn invalid_headers_are_refused_and_values_never_printed() {
        for (name, value, kind) in [
            ("", "hunter2", InvalidHeaderKind::Name),
            ("a b", "hunter2", InvalidHeaderKind::Name),
            (":path", "hunter2", InvalidHeaderKind::Name),
            ("a", "hunter2\n", InvalidHeaderKind::Value),
        ] {
            let error = secret_header(name, value).unwrap_err();
            assert_eq!((error.kind(), error.name()), (kind, name));
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(!format!("{:?}", secret_header("a", "hunter2").unwrap()).contains("hunter2"));
    }
}
