//! The span of a request, by OpenTelemetry's conventions.
//!
//! Source: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server>

use std::fmt::Write as _;
use std::net::IpAddr;

use http::header::{HOST, HeaderMap, HeaderName, USER_AGENT};
use radiosonde_core::WorkIds;
use radiosonde_trace::SpanAttributes;
use tracing::Span;
use tracing::field::Empty;

use crate::describing::method::MethodName;
use crate::describing::scheme::Scheme;
use crate::describing::short_text::ShortText;
use crate::describing::{captured, host, protocol, query};
use crate::grpc::rpc::Rpc;
use crate::grpc::rpc_method;
use crate::routing::request_head::RequestHead;
use crate::server::server_settings::ServerSettings;

/// What is known of a request before its span.
pub(crate) struct Opening<'r> {
    pub(crate) head: RequestHead<'r>,
    pub(crate) version: http::Version,
    pub(crate) method: MethodName,
    pub(crate) rpc: Option<Rpc>,
    pub(crate) route: Option<&'r str>,
    pub(crate) ids: &'r WorkIds,
    pub(crate) scheme: Scheme,
    pub(crate) client: Option<IpAddr>,
    /// The level override of a debug request.
    pub(crate) level: Option<&'static str>,
}

impl Opening<'_> {
    /// Makes the span, with the fields that log lines inherit; other attributes would be noise in each of them.
    pub(crate) fn span(&self) -> Span {
        let Self { head, method, route, ids, level, .. } = self;
        let mut name = ShortText::default();
        tracing::info_span!(
            target: "radiosonde::http",
            "http_request",
            otel.name = self.name(&mut name),
            otel.kind = "server",
            otel.status_code = Empty,
            // In the order of a line's keys, so that lines take them as they are.
            correlation_id = ids.correlation_id(),
            request_id = ids.request_id(),
            http.request.method = method.as_str(),
            url.path = head.uri.path(),
            http.route = *route,
            // A level override for the log filter.
            radiosonde.log = *level,
        )
    }

    fn name<'s>(&'s self, name: &'s mut ShortText) -> &'s str {
        match self.rpc.is_some() {
            true => rpc_method::of_path(self.head.uri.path()).unwrap_or("grpc"),
            false => name_of(name, self.method, self.route),
        }
    }

    /// Passes on the attributes that only the span has.
    pub(crate) fn describe(&self, settings: &ServerSettings, span: &mut SpanAttributes<'_>) {
        let Self { head, method, scheme, client, .. } = self;
        if method.is_other() {
            span.set("http.request.method_original", head.method.as_str());
        }
        span.set("url.scheme", scheme.as_str());
        if self.rpc.is_some() {
            span.set("rpc.system.name", "grpc");
            span.set("rpc.method", rpc_method::of_path(head.uri.path()).unwrap_or("_OTHER"));
        }
        if let Some(query) = head.uri.query() {
            span.set("url.query", &query::redacted(query));
        }
        if let Some(version) = protocol::version(self.version) {
            span.set("network.protocol.version", version);
        }
        if let Some(agent) = text(head.headers, &USER_AGENT) {
            span.set("user_agent.original", agent);
        }
        let authority = head.uri.authority().map(http::uri::Authority::as_str);
        if let Some((host, port)) = authority.or_else(|| text(head.headers, &HOST)).and_then(host::split) {
            // An address in version 6 stands in brackets only in a URL.
            span.set("server.address", host.trim_matches(['[', ']']));
            span.set("server.port", port.unwrap_or(scheme.default_port()));
        }
        if let Some(client) = client {
            let mut address = ShortText::default();
            // The address fits.
            let _ = write!(address, "{client}");
            span.set("client.address", address.as_str());
        }
        for (name, key) in &settings.request_headers {
            if let Some(value) = captured::value(head.headers, name) {
                span.set(key, value);
            }
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The name of a request's span.
pub(crate) fn name_of<'s>(name: &'s mut ShortText, method: MethodName, route: Option<&str>) -> &'s str {
    let method = method.in_span_name();
    let Some(route) = route else { return method };
    for part in [method, " ", route] {
        // Writing to a text does not fail.
        let _ = name.write_str(part);
    }
    name.as_str()
}
