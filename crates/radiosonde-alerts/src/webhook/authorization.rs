use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use radiosonde_core::Secret;
use subtle::{Choice, ConstantTimeEq as _};

/// Credentials that a receiver accepts, as they are set.
#[derive(Debug, Clone)]
pub(super) enum Authorization {
    Bearer(Secret<String>),
    Basic { user: String, password: Secret<String> },
}

impl Authorization {
    const fn scheme(&self) -> &'static str {
        match self {
            Self::Bearer(_) => "Bearer",
            Self::Basic { .. } => "Basic",
        }
    }

    /// `None` if no client can send them, or the secret is empty.
    pub(super) fn accept(&self) -> Option<Accepted> {
        let secret = match self {
            Self::Bearer(token) => is_token(token.expose()).then(|| token.expose().clone())?,
            Self::Basic { user, .. } if user.contains(':') || has_control(user) => return None,
            Self::Basic { password, .. }
                if password.expose().is_empty() || has_control(password.expose()) =>
            {
                return None;
            }
            Self::Basic { user, password } => STANDARD.encode(format!("{user}:{}", password.expose())),
        };
        Some(Accepted { scheme: self.scheme(), secret: Padded::new(secret.as_bytes())? })
    }
}

/// `b64token` of RFC 6750, as for the credentials of `radiosonde-admin`.
fn is_token(token: &str) -> bool {
    let text = token.trim_end_matches('=');
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Checked credentials.
#[derive(Clone)]
pub(super) struct Accepted {
    scheme: &'static str,
    secret: Padded,
}

impl Accepted {
    /// The value of `WWW-Authenticate`.
    pub(super) const fn challenge(&self) -> &'static str {
        match self.scheme.as_bytes() {
            b"Basic" => "Basic realm=\"alerts\", charset=\"UTF-8\"",
            _ => "Bearer realm=\"alerts\"",
        }
    }
}

/// Whether a request has one of these credentials. Compares all of them in full, so that the time taken reveals nothing of them.
pub(super) fn is_authorized(accepted: &[Accepted], headers: &HeaderMap) -> bool {
    if accepted.is_empty() {
        return true;
    }
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (given.next(), given.next()) else { return false };
    let header = header.as_bytes().trim_ascii();
    let end = header.iter().position(|byte| *byte == b' ').unwrap_or(header.len());
    let (scheme, secret) = header.split_at(end);
    let Some(secret) = Padded::new(secret.trim_ascii()) else { return false };
    let mut is_known = Choice::from(0);
    for accepted in accepted {
        let is_scheme = scheme.eq_ignore_ascii_case(accepted.scheme.as_bytes());
        is_known |= Choice::from(u8::from(is_scheme)) & accepted.secret.equals(&secret);
    }
    is_known.into()
}

/// A text padded with zeros, so that a comparison takes the same time for all texts.
#[derive(Clone)]
struct Padded {
    bytes: Box<[u8; Self::LEN]>,
    len: u64,
}

impl Padded {
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

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn bearer(token: &str) -> Authorization {
        Authorization::Bearer(Secret::new(token.to_owned()))
    }

    fn basic(user: &str, password: &str) -> Authorization {
        Authorization::Basic { user: user.to_owned(), password: Secret::new(password.to_owned()) }
    }

    fn is_let_in(accepted: &[Accepted], headers: &[&str]) -> bool {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(AUTHORIZATION, HeaderValue::from_str(header).unwrap());
        }
        is_authorized(accepted, &map)
    }

    #[test]
    fn accepted_credentials_are_let_in_and_nothing_else() {
        let accepted =
            [basic("Aladdin", "open sesame"), bearer("mF_9.B5f")].map(|given| given.accept().unwrap());
        for shown in
            ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Bearer mF_9.B5f"]
        {
            assert!(is_let_in(&accepted, &[shown]), "{shown}");
            assert!(!is_let_in(&accepted, &[shown, shown]), "{shown} twice");
        }
        let long = format!("Bearer {}", "x".repeat(2000));
        for shown in [
            "", "Bearer", "Bearer ", "Bearer mF_9.B5", "Bearer mF_9.B5ff", "Basic mF_9.B5f", "mF_9.B5f",
            &long,
        ] {
            assert!(!is_let_in(&accepted, &[shown]), "{shown}");
        }
        assert!(!is_let_in(&accepted, &[]));
        assert!(is_let_in(&[], &[]), "none are required");
    }

    #[test]
    fn credentials_that_no_client_can_send_are_refused_and_never_printed() {
        let long = "x".repeat(2000);
        for refused in [
            bearer(""),
            bearer("a b"),
            bearer("a\n"),
            bearer("ä"),
            bearer("=="),
            bearer("a=b"),
            bearer("a,b"),
            basic("a\n", "x"),
            basic("a", "x\u{7f}"),
            bearer(&long),
            basic("a:b", "x"),
            basic("a", ""),
        ] {
            assert!(refused.accept().is_none(), "{refused:?}");
        }
        assert!(!format!("{:?}", [bearer("hunter2"), basic("a", "hunter2")]).contains("hunter2"));
    }
}
