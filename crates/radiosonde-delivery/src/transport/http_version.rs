/// The version of HTTP that a backend speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersion {
    /// HTTP/1.1: one request at a time on a connection.
    #[default]
    Http1,
    /// HTTP/2: with prior knowledge for an `http` endpoint, negotiated by ALPN for an `https` one; all requests share a
    /// connection. Needs the feature `http2`.
    Http2,
}
