use http::{HeaderMap, HeaderName};

/// Headers that are credentials, whatever the list of captured ones has.
const CREDENTIALS: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];

/// The first value of a captured header, as far as it may be shown.
pub(crate) fn value<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let value = headers.get(name)?;
    let is_secret = value.is_sensitive() || CREDENTIALS.contains(&name.as_str());
    if is_secret { Some("REDACTED") } else { value.to_str().ok() }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::{AUTHORIZATION, COOKIE};

    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        let (tenant, key) = (HeaderName::from_static("x-tenant"), HeaderName::from_static("x-key"));
        let mut secret = HeaderValue::from_static("secret");
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, secret.clone());
        headers.insert(COOKIE, secret.clone());
        headers.insert(tenant.clone(), HeaderValue::from_static("acme"));
        secret.set_sensitive(true);
        headers.insert(key.clone(), secret);
        for (name, shown) in
            [(AUTHORIZATION, "REDACTED"), (COOKIE, "REDACTED"), (key, "REDACTED"), (tenant, "acme")]
        {
            assert_eq!(value(&headers, &name), Some(shown), "{name}");
        }
    }
}
