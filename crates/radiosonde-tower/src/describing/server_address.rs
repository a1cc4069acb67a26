use tracing::Span;

/// Sets `server.address` and `server.port` from `host` or `host:port`.
pub(crate) fn set_server(span: &Span, host: Option<&str>) {
    let Some(Ok(authority)) = host.map(str::parse::<http::uri::Authority>) else { return };
    radiosonde_trace::set_attribute(span, "server.address", authority.host().to_owned());
    if let Some(port) = authority.port_u16() {
        radiosonde_trace::set_attribute(span, "server.port", port);
    }
}
