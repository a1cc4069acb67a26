//! The span of a call, by OpenTelemetry's conventions.
//!
//! Source: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client>

use std::fmt::Write as _;

use http::{Request, Uri};
use radiosonde_trace::SpanAttributes;
use tracing::Span;
use tracing::field::Empty;

use crate::client::attempts;
use crate::describing::method::MethodName;
use crate::describing::query;
use crate::describing::short_text::ShortText;
use crate::describing::target::{Target, without_user};
use crate::grpc::rpc::Rpc;
use crate::grpc::rpc_method;
use crate::routing::route::Route;

/// What is known of a call before its span.
pub(crate) struct Opening<'r> {
    pub(crate) method: MethodName,
    pub(crate) uri: &'r Uri,
    pub(crate) target: Option<Target<'r>>,
    pub(crate) rpc: Option<Rpc>,
    /// How often the request was sent before.
    pub(crate) resend_count: u32,
    original_method: &'r str,
    template: Option<&'r str>,
}

impl<'r> Opening<'r> {
    pub(crate) fn new<Q>(request: &'r Request<Q>, target: Option<Target<'r>>) -> Self {
        Self {
            method: MethodName::of(request.method()),
            uri: request.uri(),
            target,
            rpc: Rpc::of_request(request.headers()),
            resend_count: attempts::earlier(request.extensions()),
            original_method: request.method().as_str(),
            template: request.extensions().get::<Route>().map(Route::as_str),
        }
    }

    /// Makes the span.
    pub(crate) fn span(&self) -> Span {
        let mut name = ShortText::default();
        // No fields that log lines would mistake for those of the served request.
        let span = tracing::info_span!(
            target: "radiosonde::http",
            "http_client_request",
            otel.name = self.name(&mut name),
            otel.kind = "client",
            otel.status_code = Empty,
        );
        radiosonde_trace::describe(&span, |attributes| self.describe(attributes));
        span
    }

    fn name<'s>(&'s self, name: &'s mut ShortText) -> &'s str {
        if self.rpc.is_some() {
            return rpc_method::of_path(self.uri.path()).unwrap_or("grpc");
        }
        let method = self.method.in_span_name();
        let Some(template) = self.template else { return method };
        // Writing to a text does not fail.
        let _ = write!(name, "{method} {template}");
        name.as_str()
    }

    fn describe(&self, attributes: &mut SpanAttributes<'_>) {
        attributes.set("http.request.method", self.method.as_str());
        if self.method.is_other() {
            attributes.set("http.request.method_original", self.original_method);
        }
        if let Some(target) = self.target {
            attributes.set("server.address", target.address().as_str());
            if let Some(port) = target.port {
                attributes.set("server.port", port);
            }
            if let Some(scheme) = target.scheme {
                attributes.set("url.scheme", scheme.as_str());
            }
        }
        attributes.set("url.full", full(self.uri, self.target).as_str());
        if let Some(template) = self.template {
            attributes.set("url.template", template);
        }
        if self.resend_count > 0 {
            attributes.set("http.request.resend_count", self.resend_count);
        }
        if self.rpc.is_some() {
            attributes.set("rpc.system.name", "grpc");
            attributes.set("rpc.method", rpc_method::of_path(self.uri.path()).unwrap_or("_OTHER"));
        }
    }
}

/// The URL without user and password, and without the values of its query, which may be secrets.
fn full(uri: &Uri, target: Option<Target<'_>>) -> ShortText {
    let mut full = ShortText::default();
    let mut put = |part: &str| {
        // Writing to a text does not fail.
        let _ = full.write_str(part);
    };
    match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => {
            [scheme, "://", without_user(authority.as_str())].into_iter().for_each(&mut put);
        }
        _ => {
            if let Some((target, scheme)) = target.and_then(|target| Some((target, target.scheme?))) {
                [scheme.as_str(), "://", target.label().as_str()].into_iter().for_each(&mut put);
            }
        }
    }
    put(uri.path());
    if let Some(query) = uri.query() {
        put("?");
        put(&query::redacted(query));
    }
    full
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    #[test]
    fn secrets_in_a_uri_stay_out_of_the_span() {
        let text = |uri: &str, fallback: Option<&str>| {
            let uri: Uri = uri.parse().unwrap();
            let fallback = fallback.map(|uri| uri.parse().unwrap());
            full(&uri, Target::of(&uri, &HeaderMap::new(), fallback.as_ref())).as_str().to_owned()
        };
        assert_eq!(
            text("https://ann:secret@example.com:8443/orders/7?token=secret", None),
            "https://example.com:8443/orders/7?token=REDACTED"
        );
        assert_eq!(text("/orders/7?token=secret", None), "/orders/7?token=REDACTED");
        assert_eq!(text("/orders/7", Some("http://shop.test")), "http://shop.test:80/orders/7");
    }
}
