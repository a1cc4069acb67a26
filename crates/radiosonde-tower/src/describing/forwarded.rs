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

/// The proxies in front that are trusted, and the header they write.
///
/// A proxy passes other headers through as the client sent them, so only this one is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedProxies {
    count: usize,
    is_standard: bool,
}

impl TrustedProxies {
    /// This many proxies that append to `X-Forwarded-For` and `X-Forwarded-Proto`, as nginx, Envoy and the balancers of clouds do.
    /// If the outermost proxy replaces `X-Forwarded-Proto`, and the others leave it, the scheme is not read: it has one value.
    #[must_use]
    pub const fn x_forwarded(count: usize) -> Self {
        Self { count, is_standard: false }
    }

    /// This many proxies that append to `Forwarded`.
    ///
    /// Source: <https://www.rfc-editor.org/rfc/rfc7239>
    #[must_use]
    pub const fn forwarded(count: usize) -> Self {
        Self { count, is_standard: true }
    }
}

impl Forwarded {
    /// Reads the element that the outermost of the proxies added: it is that many from the end, and those before it are what
    /// the client sent.
    pub(crate) fn read(headers: &HeaderMap, proxies: Option<TrustedProxies>) -> Self {
        let Some(TrustedProxies { count: count @ 1.., is_standard }) = proxies else {
            return Self::default();
        };
        if is_standard {
            return from_end(headers, &FORWARDED, count).map_or_else(Self::default, Self::parse);
        }
        let client = from_end(headers, &FORWARDED_FOR, count).and_then(address);
        Self { client, scheme: from_end(headers, &FORWARDED_PROTO, count).and_then(Scheme::parse) }
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

/// The `n`th element from the end of a list that may be spread over several headers. An element that is no text is one all the same:
/// those before it are not nearer to the end for it.
fn from_end<'h>(headers: &'h HeaderMap, name: &HeaderName, n: usize) -> Option<&'h str> {
    let mut elements = Vec::new();
    for value in headers.get_all(name) {
        let (mut start, mut is_quoted) = (0, false);
        let value = value.as_bytes();
        for (at, byte) in value.iter().enumerate() {
            match byte {
                b'"' => is_quoted = !is_quoted,
                b',' if !is_quoted => {
                    elements.push(&value[start..at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
        elements.push(&value[start..]);
    }
    let element = elements.len().checked_sub(n).map(|at| elements[at])?;
    std::str::from_utf8(element).ok().map(str::trim)
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

    fn read(
        headers: &[(&'static str, &'static str)],
        proxies: TrustedProxies,
    ) -> (Option<String>, Option<Scheme>) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let Forwarded { client, scheme } = Forwarded::read(&map, Some(proxies));
        (client.map(|client| client.to_string()), scheme)
    }

    #[test]
    fn only_what_trusted_proxies_added_is_read() {
        let spoofed = [("x-forwarded-for", "6.6.6.6, 192.0.2.1"), ("x-forwarded-proto", "https")];
        assert_eq!(read(&spoofed, TrustedProxies::x_forwarded(0)), (None, None));
        assert_eq!(
            read(&spoofed, TrustedProxies::x_forwarded(1)),
            (Some("192.0.2.1".into()), Some(Scheme::Https))
        );
        assert_eq!(read(&spoofed, TrustedProxies::x_forwarded(3)), (None, None));
        let spread = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "198.51.100.7:4711")];
        assert_eq!(read(&spread, TrustedProxies::x_forwarded(1)).0, Some("198.51.100.7".into()));
        assert_eq!(read(&spread, TrustedProxies::x_forwarded(2)).0, Some("192.0.2.1".into()));
    }

    #[test]
    fn bytes_that_are_no_text_do_not_bring_the_clients_own_forward() {
        let mut map = HeaderMap::new();
        map.append("x-forwarded-for", "6.6.6.6".parse().unwrap());
        map.append("x-forwarded-for", http::HeaderValue::from_bytes(b"\xff, 192.0.2.1").unwrap());
        let client = |proxies| Forwarded::read(&map, Some(TrustedProxies::x_forwarded(proxies))).client;
        assert_eq!(client(1), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(client(2), None);
    }

    #[test]
    fn a_header_that_the_proxies_do_not_write_is_the_clients() {
        let spoofed = [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=6.6.6.6;proto=https")];
        assert_eq!(read(&spoofed, TrustedProxies::x_forwarded(1)), (Some("192.0.2.1".into()), None));
        let spoofed = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-proto", "https")];
        assert_eq!(read(&spoofed, TrustedProxies::forwarded(1)), (None, None));
    }

    #[test]
    fn the_standard_header_has_an_address_and_a_scheme() {
        let header = [("forwarded", "for=1.1.1.1, For=\"[2001:db8::1]:80\";Proto=HTTPS;by=x")];
        assert_eq!(
            read(&header, TrustedProxies::forwarded(1)),
            (Some("2001:db8::1".into()), Some(Scheme::Https))
        );
        assert_eq!(
            read(&[("forwarded", "for=unknown;proto=gopher;;=")], TrustedProxies::forwarded(1)),
            (None, None)
        );
    }
}
