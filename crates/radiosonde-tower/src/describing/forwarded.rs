use std::net::IpAddr;

use http::{HeaderMap, HeaderName};

use crate::describing::scheme::Scheme;

/// What trusted proxies report of the connection to the first of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded {
    pub(crate) client: Option<IpAddr>,
    pub(crate) scheme: Option<Scheme>,
}

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

impl Forwarded {
    /// Reads the element that the outermost of this many proxies added: it is that many from the end, and those before it are what
    /// the client sent. `Forwarded` is read in preference to `X-Forwarded-For` and `X-Forwarded-Proto`.
    ///
    /// Source: <https://www.rfc-editor.org/rfc/rfc7239>
    pub(crate) fn read(headers: &HeaderMap, proxies: usize) -> Self {
        if proxies == 0 {
            return Self::default();
        }
        if let Some(element) = from_end(headers, &FORWARDED, proxies) {
            return Self::parse(element);
        }
        let client = from_end(headers, &FORWARDED_FOR, proxies).and_then(address);
        // Proxies that replace the header leave one value.
        let scheme =
            from_end(headers, &FORWARDED_PROTO, proxies).or_else(|| from_end(headers, &FORWARDED_PROTO, 1));
        Self { client, scheme: scheme.and_then(Scheme::parse) }
    }

    fn parse(element: &str) -> Self {
        let mut read = Self::default();
        for (name, value) in element.split(';').filter_map(|pair| pair.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim() {
                name if name.eq_ignore_ascii_case("for") => read.client = address(value),
                name if name.eq_ignore_ascii_case("proto") => read.scheme = Scheme::parse(value),
                _ => {}
            }
        }
        read
    }
}

/// The `n`th element from the end of a list that may be spread over several headers.
fn from_end<'h>(headers: &'h HeaderMap, name: &HeaderName, n: usize) -> Option<&'h str> {
    let values = headers.get_all(name).iter().rev().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.rsplit(',')).nth(n - 1).map(str::trim)
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']')?.0.parse().ok();
    }
    text.parse().ok().or_else(|| text.rsplit_once(':')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &'static str)], proxies: usize) -> (Option<String>, Option<Scheme>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let Forwarded { client, scheme } = Forwarded::read(&map, proxies);
        (client.map(|client| client.to_string()), scheme)
    }

    #[test]
    fn only_what_trusted_proxies_added_is_read() {
        let spoofed = [("x-forwarded-for", "6.6.6.6, 192.0.2.1"), ("x-forwarded-proto", "https")];
        assert_eq!(read(&spoofed, 0), (None, None));
        assert_eq!(read(&spoofed, 1), (Some("192.0.2.1".into()), Some(Scheme::Https)));
        assert_eq!(read(&spoofed, 3), (None, Some(Scheme::Https)));
        let spread = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "198.51.100.7:4711")];
        assert_eq!(read(&spread, 1).0, Some("198.51.100.7".into()));
        assert_eq!(read(&spread, 2).0, Some("192.0.2.1".into()));
    }

    #[test]
    fn the_standard_header_is_read_in_preference() {
        let both = [
            ("x-forwarded-for", "6.6.6.6"),
            ("forwarded", "for=1.1.1.1, For=\"[2001:db8::1]:80\";Proto=HTTPS;by=x"),
        ];
        assert_eq!(read(&both, 1), (Some("2001:db8::1".into()), Some(Scheme::Https)));
        assert_eq!(read(&[("forwarded", "for=unknown;proto=gopher;;=")], 1), (None, None));
    }
}
