use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::InvalidHeaderValue;
use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers whose values are never printed, the last one of a name; the name of the first that is malformed.
pub(crate) fn secret_headers(headers: &[(Box<str>, Box<str>)]) -> Result<HeaderMap, Box<str>> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let parsed: HeaderName = name.parse().map_err(|_| name.clone())?;
        map.insert(parsed, secret(value).map_err(|_| name.clone())?);
    }
    Ok(map)
}

fn secret(value: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(value)?;
    value.set_sensitive(true);
    Ok(value)
}

/// `Basic` with the user and password in base64, RFC 7617.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_is_the_example_of_its_specification() {
        // https://www.rfc-editor.org/rfc/rfc7617#section-2
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
