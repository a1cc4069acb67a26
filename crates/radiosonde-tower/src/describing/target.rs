use std::fmt::Write as _;

use http::Uri;
use http::header::{HOST, HeaderMap};

use crate::describing::host;
use crate::describing::scheme::Scheme;
use crate::describing::short_text::ShortText;

/// The server that a client's request goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target<'r> {
    host: &'r str,
    pub(crate) port: Option<u16>,
    pub(crate) scheme: Option<Scheme>,
}

impl<'r> Target<'r> {
    /// The server in an absolute URI; `None` for one without a host.
    pub(crate) fn of_uri(uri: &'r Uri) -> Option<Self> {
        let (host, port) = host::split(without_user(uri.authority()?.as_str()))?;
        let scheme = uri.scheme_str().and_then(Scheme::parse);
        Some(Self { host, port: port.or(scheme.map(Scheme::default_port)), scheme })
    }

    /// The server of a request: that of its URI, otherwise of its `Host`, otherwise the connection's, which `fallback` names.
    ///
    /// A request over a connection, as hyper's `SendRequest` and tonic's `Channel` take it, has neither scheme nor host in its URI.
    pub(crate) fn of(uri: &'r Uri, headers: &'r HeaderMap, fallback: Option<&'r Uri>) -> Option<Self> {
        if let Some(target) = Self::of_uri(uri) {
            return Some(target);
        }
        let fallback = fallback.and_then(Self::of_uri);
        let Some((host, port)) = headers.get(HOST).and_then(|host| host::split(host.to_str().ok()?)) else {
            return fallback;
        };
        let same = fallback.filter(|fallback| fallback.host.eq_ignore_ascii_case(host));
        let scheme = fallback.and_then(|fallback| fallback.scheme);
        let port = port.or(same.and_then(|same| same.port)).or(scheme.map(Scheme::default_port));
        Some(Self { host, port, scheme })
    }

    /// The host in lower case, as names of hosts are the same in both.
    pub(crate) fn address(self) -> ShortText {
        let mut address = ShortText::default();
        self.host.chars().for_each(|letter| {
            // Writing to a text does not fail.
            let _ = address.write_char(letter.to_ascii_lowercase());
        });
        address
    }

    /// `host:port`, or the host if the port is unknown.
    pub(crate) fn label(self) -> ShortText {
        let mut label = self.address();
        if let Some(port) = self.port {
            // Writing to a text does not fail.
            let _ = write!(label, ":{port}");
        }
        label
    }
}

pub(crate) fn without_user(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn label(uri: &str, host: Option<&'static str>, fallback: Option<&str>) -> Option<String> {
        let host = host.map(|host| (HOST, HeaderValue::from_static(host)));
        let (uri, headers): (Uri, _) = (uri.parse().unwrap(), HeaderMap::from_iter(host));
        let fallback = fallback.map(|fallback| fallback.parse().unwrap());
        Target::of(&uri, &headers, fallback.as_ref()).map(|target| target.label().as_str().to_owned())
    }

    #[test]
    fn http_and_https_of_a_host_are_apart() {
        assert_eq!(label("http://example.com/", None, None).unwrap(), "example.com:80");
        assert_eq!(label("https://example.com/", None, None).unwrap(), "example.com:443");
        assert_eq!(label("https://example.com:8443/", None, None).unwrap(), "example.com:8443");
    }

    #[test]
    fn case_is_folded_and_users_are_left_out() {
        assert_eq!(label("HTTPS://ann:secret@Example.COM/", None, None).unwrap(), "example.com:443");
    }

    #[test]
    fn a_request_over_a_connection_goes_to_its_host() {
        assert_eq!(label("/orders", Some("Shop.test:8080"), None).unwrap(), "shop.test:8080");
        assert_eq!(label("/orders", Some("shop.test"), None).unwrap(), "shop.test");
        assert_eq!(
            label("/orders", Some("shop.test"), Some("https://shop.test:8443")).unwrap(),
            "shop.test:8443"
        );
        assert_eq!(
            label("/orders", Some("pay.test"), Some("https://shop.test:8443")).unwrap(),
            "pay.test:443"
        );
    }

    #[test]
    fn the_connection_is_named_by_the_layer_if_nothing_else_does() {
        assert_eq!(label("/shop.Orders/Get", None, Some("http://[::1]:50051")).unwrap(), "[::1]:50051");
        assert_eq!(label("/shop.Orders/Get", None, None), None);
        assert_eq!(label("/", Some("not a host"), None), None);
    }
}
