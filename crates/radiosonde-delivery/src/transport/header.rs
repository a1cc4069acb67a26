use std::fmt;

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// A header for every request of a sink, as the user of its builder gives it. Its value counts as a secret: nothing prints it.
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
/// [`InvalidHeader`] if the name or the value has a character that headers cannot carry, or if the header is not the user's to
/// set; see [`InvalidHeaderKind`].
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

/// Checks the headers of a whole request, of which only those of the transport are not its author's to set.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), InvalidHeader> {
    match headers.keys().find(|name| is_of_transport(name)) {
        None => Ok(()),
        Some(name) => Err(InvalidHeader::new(name.as_str(), InvalidHeaderKind::Transport)),
    }
}

/// Whether a header is about the connection or about where the body ends, which the HTTP client knows and nobody else: a
/// `content-length` of 3 would send three bytes of a batch and count all of it as delivered.
///
/// `host` is not among them: gateways that tell virtual hosts apart are reached by their address.
///
/// Source: RFC 9110, sections 7.6.1, 7.8 and 10.1; RFC 9112, section 6.
fn is_of_transport(name: &HeaderName) -> bool {
    const NAMES: [&str; 9] = [
        "connection",
        "content-length",
        "expect",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.contains(&name.as_str()) || name.as_str().starts_with("proxy-")
}

/// Whether a header describes the body that a sink makes, or the response that it can read.
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
    /// The name is empty or has a character that header names cannot have.
    Name,
    /// The value has a character that header values cannot have.
    Value,
    /// The HTTP client sets it: `content-length`, `transfer-encoding`, `connection`, `keep-alive`, `te`, `trailer`, `upgrade`,
    /// `http2-settings`, `expect`, and all that begin with `proxy-`.
    Transport,
    /// The sink sets it: `content-type`, `content-encoding`, `accept-encoding`.
    Sink,
    /// The user's name of basic credentials has a colon, which would end it there (RFC 7617).
    User,
}

impl InvalidHeader {
    pub(crate) fn new(name: &str, kind: InvalidHeaderKind) -> Self {
        Self { name: name.into(), kind }
    }

    /// The header's name, as it was given. The value is not kept: it may be a secret.
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
    fn what_no_header_can_carry_is_refused_and_a_value_is_never_shown() {
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
