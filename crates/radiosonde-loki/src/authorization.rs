use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use radiosonde_delivery::{InvalidHeader, secret_header};

/// Headers whose values are never printed, the last one of a name.
pub(crate) fn secret_headers(headers: &[(Box<str>, Box<str>)]) -> Result<HeaderMap, InvalidHeader> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let (name, value) = secret_header(name, value)?;
        map.insert(name, value);
    }
    Ok(map)
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
