use std::fmt;

use http::Uri;
use http::uri::{PathAndQuery, Scheme};

/// Where a sink sends: an absolute `http` or `https` URL.
///
/// # Shape
/// Scheme, host, optional port, path, optional query. A user and password in the URL are refused, because URLs end up in
/// error messages; send them as a header. Printing leaves the query out for the same reason.
///
/// ```
/// use radiosonde_delivery::{Endpoint, InvalidEndpointKind};
///
/// let base = Endpoint::parse("https://logs.example:3100/gateway/")?;
/// assert_eq!(base.join("/loki/api/v1/push")?.to_string(), "https://logs.example:3100/gateway/loki/api/v1/push");
///
/// let error = Endpoint::parse("localhost:3100").unwrap_err();
/// assert_eq!(error.kind(), InvalidEndpointKind::Scheme);
/// assert_eq!(error.to_string(), r#"invalid endpoint "localhost:3100", which does not begin with http:// or https://: expected an absolute http or https URL, such as http://127.0.0.1:3100"#);
/// # Ok::<(), radiosonde_delivery::InvalidEndpoint>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    uri: Uri,
}

impl Endpoint {
    /// Parses a URL. Surrounding white space is ignored.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] if it is not an absolute `http` or `https` URL with a host, or has a user or password.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let text = text.trim();
        let refuse = |kind| InvalidEndpoint { text: without_secrets(text).into(), kind };
        if text.is_empty() {
            return Err(refuse(InvalidEndpointKind::Empty));
        }
        if !begins_with(text, "http://") && !begins_with(text, "https://") {
            return Err(refuse(InvalidEndpointKind::Scheme));
        }
        let uri: Uri = text.parse().map_err(|_| refuse(InvalidEndpointKind::Syntax))?;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        if authority.contains('@') {
            return Err(refuse(InvalidEndpointKind::UserInfo));
        }
        let host = uri.host().unwrap_or_default();
        if host.is_empty() {
            return Err(refuse(InvalidEndpointKind::Host));
        }
        // `http` accepts any text as a port and then reports none.
        if authority.len() > host.len() && uri.port_u16().is_none() {
            return Err(refuse(InvalidEndpointKind::Port));
        }
        Ok(Self { uri })
    }

    /// The endpoint with `path` appended to its own, one slash between them; the query stays.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] if `path` has an invalid character.
    pub fn join(&self, path: &str) -> Result<Self, InvalidEndpoint> {
        let base = self.uri.path().trim_end_matches('/');
        self.with_path(&format!("{base}/{}", path.trim_start_matches('/')))
    }

    fn with_path(&self, path: &str) -> Result<Self, InvalidEndpoint> {
        let refuse = || InvalidEndpoint { text: path.into(), kind: InvalidEndpointKind::Syntax };
        let mut whole = String::from(if path.is_empty() { "/" } else { path });
        if let Some(query) = self.uri.query() {
            whole.push('?');
            whole.push_str(query);
        }
        let mut parts = self.uri.clone().into_parts();
        parts.path_and_query = Some(PathAndQuery::try_from(&whole).map_err(|_| refuse())?);
        let uri = Uri::from_parts(parts).map_err(|_| refuse())?;
        Ok(Self { uri })
    }

    /// The endpoint with `path` at its end: appended as by [`join`](Self::join), unless the URL already ends with it, with or
    /// without a slash. For a URL that may be a base or a complete address.
    ///
    /// # Errors
    /// As [`join`](Self::join).
    pub fn ending_in(&self, path: &str) -> Result<Self, InvalidEndpoint> {
        self.without(path).join(path)
    }

    /// The endpoint without `path` at its end, with or without a slash; the query stays.
    #[must_use]
    pub fn without(&self, path: &str) -> Self {
        let base = self.uri.path().trim_end_matches('/').strip_suffix(path.trim_end_matches('/'));
        // A prefix of a path is a valid path.
        base.and_then(|base| self.with_path(base).ok()).unwrap_or_else(|| self.clone())
    }

    /// The URL, query included.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Whether this URL has the same scheme, host and port.
    pub(crate) fn is_same_server(&self, uri: &Uri) -> bool {
        (self.uri.scheme(), self.uri.authority()) == (uri.scheme(), uri.authority())
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        let authority = self.uri.authority().map_or("", |authority| authority.as_str());
        write!(f, "{scheme}://{authority}{}", self.uri.path())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

fn begins_with(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// The text as it may be printed: a user and password are replaced, a query and fragment removed.
fn without_secrets(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = text.split_at(start);
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let shown = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    match rest.rfind('@') {
        None => format!("{scheme}{shown}"),
        Some(at) if at < authority => format!("{scheme}***{}", &shown[at..]),
        // A password with a `/`, or a path or query with an `@`: ambiguous.
        Some(_) => format!("{scheme}***"),
    }
}

/// An unchecked URL in options. `Debug` shows neither password nor query.
#[derive(Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(transparent))]
pub struct Url(String);

impl Url {
    /// Parses it.
    ///
    /// # Errors
    /// [`InvalidEndpoint`], as of [`Endpoint::parse`].
    pub fn endpoint(&self) -> Result<Endpoint, InvalidEndpoint> {
        Endpoint::parse(&self.0)
    }
}

impl<T: Into<String>> From<T> for Url {
    fn from(url: T) -> Self {
        Self(url.into())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.endpoint() {
            Ok(endpoint) => write!(f, "{endpoint}"),
            Err(error) => write!(f, "{error:?}"),
        }
    }
}

/// A text that is not an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidEndpoint {
    text: Box<str>,
    kind: InvalidEndpointKind,
}

/// Why a text is not an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidEndpointKind {
    /// White space only.
    Empty,
    /// It does not begin with `http://` or `https://`.
    Scheme,
    /// No host after the scheme.
    Host,
    /// A port outside 0 to 65535.
    Port,
    /// A user or password before the host.
    UserInfo,
    /// A character that the URL syntax forbids.
    Syntax,
}

impl InvalidEndpoint {
    /// Why it was refused.
    #[must_use]
    pub const fn kind(&self) -> InvalidEndpointKind {
        self.kind
    }
}

impl fmt::Display for InvalidEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.kind {
            InvalidEndpointKind::Empty => "is empty",
            InvalidEndpointKind::Scheme => "does not begin with http:// or https://",
            InvalidEndpointKind::Host => "has no host",
            InvalidEndpointKind::Port => "has a port outside 0 to 65535",
            InvalidEndpointKind::UserInfo => "has a user or password, which belong in a header",
            InvalidEndpointKind::Syntax => "is malformed",
        };
        write!(
            f,
            "invalid endpoint {:?}, which {why}: expected an absolute http or https URL, such as http://127.0.0.1:3100",
            self.text
        )
    }
}

impl std::error::Error for InvalidEndpoint {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_cause() {
        let cases = [
            ("", InvalidEndpointKind::Empty),
            ("  ", InvalidEndpointKind::Empty),
            ("localhost", InvalidEndpointKind::Scheme),
            ("ftp://a", InvalidEndpointKind::Scheme),
            ("/path", InvalidEndpointKind::Scheme),
            ("http://", InvalidEndpointKind::Syntax),
            ("http://:80", InvalidEndpointKind::Host),
            ("http://a:", InvalidEndpointKind::Port),
            ("http://a:99999", InvalidEndpointKind::Port),
            ("http://a b", InvalidEndpointKind::Syntax),
            ("http://u:p@a", InvalidEndpointKind::UserInfo),
        ];
        for (text, kind) in cases {
            assert_eq!(Endpoint::parse(text).map_err(|error| error.kind()), Err(kind), "{text:?}");
        }
    }

    #[test]
    fn secrets_in_a_url_are_not_repeated() {
        let texts = [
            "https://user:hunter2@host/p",
            "https://user:hunter2@host",
            "ftp://a?key=hunter2",
            // Passwords that should have been percent-encoded.
            "https://user:hunter2/x@host",
            "https://user:hunter2?x@host",
            "https://user:hunter2#x@host",
            "user:hunter2@host:3100",
        ];
        for text in texts {
            let error = Endpoint::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
        let endpoint = Endpoint::parse("https://host/p?key=hunter2").unwrap();
        assert_eq!(format!("{endpoint} {endpoint:?}"), "https://host/p Endpoint(https://host/p)");
        assert_eq!(endpoint.uri().query(), Some("key=hunter2"));
    }

    #[test]
    fn joining_keeps_the_prefix_and_the_query() {
        let join = |base: &str, path| Endpoint::parse(base).unwrap().join(path).unwrap().uri().to_string();
        assert_eq!(join("http://[::1]:4318", "/v1/traces"), "http://[::1]:4318/v1/traces");
        assert_eq!(join("HTTP://a/b/", "v1/traces"), "http://a/b/v1/traces");
        assert_eq!(join("http://a/b?c=d", "/v1"), "http://a/b/v1?c=d");
        assert!(Endpoint::parse("http://a").unwrap().join("a b").is_err());
    }

    #[test]
    fn a_path_that_is_present_is_not_appended_again() {
        let ending =
            |base: &str| Endpoint::parse(base).unwrap().ending_in("/v1/traces").unwrap().uri().to_string();
        for base in
            ["http://a", "http://a/", "http://a/v1/traces", "http://a/v1/traces/", "http://a/v1/traces//"]
        {
            assert_eq!(ending(base), "http://a/v1/traces", "{base}");
        }
        assert_eq!(ending("http://a/v1/traces/?key=1"), "http://a/v1/traces?key=1");
        assert_eq!(ending("http://a/v1/traces#top"), "http://a/v1/traces");
        assert_eq!(ending("http://a#top"), "http://a/v1/traces");
        assert_eq!(ending("http://a/gate/"), "http://a/gate/v1/traces");
        assert_eq!(ending("http://a/xv1/traces"), "http://a/xv1/traces/v1/traces");
        let without = |base: &str| Endpoint::parse(base).unwrap().without("/push").uri().to_string();
        assert_eq!(without("http://a/gate/push/?key=1"), "http://a/gate?key=1");
        assert_eq!(without("http://a/push"), "http://a/");
        assert_eq!(without("http://a/gate/"), "http://a/gate/");
    }
}
