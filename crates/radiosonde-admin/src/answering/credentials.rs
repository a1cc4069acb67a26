use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use subtle::{Choice, ConstantTimeEq as _};

/// Credentials that a service accepts: a user and a password, or a token.
///
/// They are compared in constant time, and `Debug` does not show them. Without TLS they cross the network in clear text.
///
/// ```
/// use radiosonde_admin::{Credentials, MetricsService};
/// use radiosonde_metrics::Registry;
///
/// let service = MetricsService::new(&Registry::new())
///     .accept_only([Credentials::basic("prometheus", "correct horse")?, Credentials::bearer("c29tZSB0b2tlbg==")?]);
/// assert!(Credentials::basic("a:b", "secret").is_err());
/// # Ok::<(), radiosonde_admin::InvalidCredentials>(())
/// ```
///
/// # Source
/// RFC 7617 (Basic), RFC 6750 (Bearer)
#[derive(Clone)]
pub struct Credentials {
    scheme: Scheme,
    /// The part of the header after the scheme.
    secret: Padded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Basic,
    Bearer,
}

impl Scheme {
    const ALL: [Self; 2] = [Self::Basic, Self::Bearer];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Bearer => "Bearer",
        }
    }

    /// The value of `WWW-Authenticate`.
    fn challenge(self, realm: &str) -> String {
        match self {
            Self::Basic => format!("Basic realm=\"{realm}\", charset=\"UTF-8\""),
            Self::Bearer => format!("Bearer realm=\"{realm}\""),
        }
    }
}

impl Credentials {
    /// A user and a password.
    ///
    /// # Errors
    /// [`InvalidCredentials`] if the user has a colon, either has a control character, the password is empty, or both together are too
    /// long.
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Result<Self, InvalidCredentials> {
        let refuse = |what| Err(InvalidCredentials { what });
        let (user, password) = (user.into(), password.into());
        if password.is_empty() {
            return refuse(EMPTY);
        }
        if user.contains(':') {
            return refuse("invalid user name: expected one without a colon, which would end it");
        }
        if user.chars().chain(password.chars()).any(char::is_control) {
            return refuse(CHARACTER);
        }
        Self::new(Scheme::Basic, &STANDARD.encode(format!("{user}:{password}")))
    }

    /// A token.
    ///
    /// # Errors
    /// [`InvalidCredentials`] if the token is empty, too long, or holds anything but letters, digits and `-._~+/`, with `=` at its end.
    pub fn bearer(token: impl Into<String>) -> Result<Self, InvalidCredentials> {
        let refuse = |what| Err(InvalidCredentials { what });
        let token = token.into();
        let text = token.trim_end_matches('=');
        if text.is_empty() {
            return refuse(EMPTY);
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)) {
            return refuse(CHARACTER);
        }
        Self::new(Scheme::Bearer, &token)
    }

    fn new(scheme: Scheme, secret: &str) -> Result<Self, InvalidCredentials> {
        let secret = Padded::new(secret.as_bytes());
        let secret = secret.ok_or(InvalidCredentials { what: TOO_LONG })?;
        Ok(Self { scheme, secret })
    }

    /// Whether a request has accepted credentials; for services of your own.
    ///
    /// Compares all of them in full, so that the time taken reveals nothing of the secrets.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// use radiosonde_admin::Credentials;
    ///
    /// let accepted = [Credentials::bearer("c29tZSB0b2tlbg==")?];
    /// let mut headers = HeaderMap::new();
    /// assert!(!Credentials::are_shown(&accepted, &headers));
    /// headers.insert("authorization", HeaderValue::from_static("Bearer c29tZSB0b2tlbg=="));
    /// assert!(Credentials::are_shown(&accepted, &headers));
    /// # Ok::<(), radiosonde_admin::InvalidCredentials>(())
    /// ```
    #[must_use]
    pub fn are_shown(accepted: &[Self], headers: &HeaderMap) -> bool {
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let (Some(header), None) = (shown.next(), shown.next()) else { return false };
        let header = header.as_bytes().trim_ascii();
        let Some(end) = header.iter().position(|byte| *byte == b' ') else { return false };
        let (scheme, secret) = (&header[..end], header[end..].trim_ascii());
        let Some(secret) = Padded::new(secret) else { return false };
        let mut is_known = Choice::from(0);
        for credentials in accepted {
            let is_scheme = scheme.eq_ignore_ascii_case(credentials.scheme.as_str().as_bytes());
            is_known |= Choice::from(u8::from(is_scheme)) & credentials.secret.equals(&secret);
        }
        is_known.into()
    }

    /// The headers `WWW-Authenticate` of a response 401, one for each scheme. None if the realm has a control character.
    pub fn challenges(accepted: &[Self], realm: &str) -> impl Iterator<Item = HeaderValue> {
        let is_accepted = |scheme| accepted.iter().any(|credentials| credentials.scheme == scheme);
        let schemes = Scheme::ALL.into_iter().filter(move |scheme| is_accepted(*scheme));
        schemes.filter_map(move |scheme| HeaderValue::try_from(scheme.challenge(realm)).ok())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

/// A text padded with zeros, so that a comparison takes the same time for all texts.
#[derive(Clone)]
struct Padded {
    bytes: Box<[u8; Self::LEN]>,
    len: u64,
}

impl Padded {
    /// [`TOO_LONG`] names it.
    const LEN: usize = 1024;

    /// `None` if the text is too long.
    fn new(text: &[u8]) -> Option<Self> {
        let mut bytes = Box::new([0; Self::LEN]);
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { bytes, len: text.len() as u64 })
    }

    fn equals(&self, other: &Self) -> Choice {
        self.bytes[..].ct_eq(&other.bytes[..]) & self.len.ct_eq(&other.len)
    }
}

/// Credentials that no client can send, or an empty secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidCredentials {
    /// Without the secret itself.
    what: &'static str,
}

const EMPTY: &str = "the secret is empty";
const TOO_LONG: &str = "the credentials are too long: expected at most 1024 bytes as they are sent";
const CHARACTER: &str = "invalid character in the credentials: expected no control characters in a user name or password, and in a token \
     letters, digits and -._~+/ with = at its end";

impl fmt::Display for InvalidCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for InvalidCredentials {}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_let_in(accepted: &[Credentials], authorization: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        }
        Credentials::are_shown(accepted, &headers)
    }

    #[test]
    fn the_examples_of_the_specifications_are_let_in_and_nothing_else() {
        let accepted = [
            Credentials::basic("Aladdin", "open sesame").unwrap(),
            Credentials::basic("test", "123\u{a3}").unwrap(),
            Credentials::bearer("mF_9.B5f-4.1JqM").unwrap(),
        ];
        for shown in [
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "Basic   dGVzdDoxMjPCow==",
            "Bearer mF_9.B5f-4.1JqM",
        ] {
            assert!(is_let_in(&accepted, &[shown]), "{shown}");
            assert!(!is_let_in(&[], &[shown]), "{shown}");
            assert!(!is_let_in(&accepted, &[shown, shown]), "{shown} twice");
        }
        for shown in [
            "",
            "Basic",
            "Basic ",
            "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
            "Basic mF_9.B5f-4.1JqM",
            "Bearer mF_9.B5f-4.1JqN",
            "Bearer mF_9.B5f-4.1Jq",
            "Bearer mF_9.B5f-4.1JqMM",
            "mF_9.B5f-4.1JqM",
        ] {
            assert!(!is_let_in(&accepted, &[shown]), "{shown}");
        }
        assert!(!is_let_in(&accepted, &[]));
        assert!(!is_let_in(&accepted, &[&format!("Bearer {}", "x".repeat(Padded::LEN + 1))]));
    }

    #[test]
    fn what_no_client_could_show_is_refused_without_being_printed() {
        let errors = [
            Credentials::basic("user", ""),
            Credentials::basic("a:b", "hunter2"),
            Credentials::basic("user", "hunter2\n"),
            Credentials::basic("user", "hunter2".repeat(200)),
            Credentials::bearer(""),
            Credentials::bearer("=="),
            Credentials::bearer("hunter 2"),
            Credentials::bearer("hunter2".repeat(200)),
        ];
        for error in errors {
            assert!(!error.unwrap_err().to_string().contains("hunter"));
        }
        let printed = format!("{:?}", Credentials::basic("user", "hunter2").unwrap());
        assert_eq!(printed, "Credentials { scheme: Basic, .. }");
    }
}
