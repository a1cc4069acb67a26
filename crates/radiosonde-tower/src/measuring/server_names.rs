use std::borrow::Cow;

use crate::measuring::metric_names::MetricNames;

/// The names of a server's metrics and of their labels.
///
/// # Shape
/// | | [`classic`](Self::classic) (default) | [`otel`](Self::otel) |
/// |---|---|---|
/// | requests | `http_requests_total{method,endpoint,status}` | the count of the next |
/// | duration | `http_request_duration_seconds{method,endpoint}` | `http_server_request_duration_seconds{http_request_method,url_scheme,http_route,http_response_status_code,error_type}` |
/// | in flight | `http_requests_in_flight{endpoint}` | `http_server_active_requests{http_request_method,url_scheme}` |
/// | bytes | `http_request_size_bytes`, `http_response_size_bytes`, both `{method,endpoint}` | `http_server_request_body_size_bytes`, `http_server_response_body_size_bytes`, both `{http_request_method,http_route}` |
///
/// Those without a name in OpenTelemetry's conventions are the same in both, by the prefix `http` or `http_server`:
/// `_requests_aborted_total{endpoint,phase}`, `_panics_total{endpoint}`, `_streams_active{endpoint}`,
/// `_stream_duration_seconds{endpoint}` and `_response_ttfb_seconds{method,endpoint}`.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_tower::{ServerNames, ServerLayer};
///
/// let registry = Registry::new();
/// let names = ServerNames::classic().prefix("valtronics_api");
/// let layer = ServerLayer::builder().registry(&registry).names(names).zero_init([("GET", "/orders")]).build()?;
/// # drop(layer);
/// assert!(registry.text().contains("valtronics_api_requests_total{endpoint=\"/orders\",method=\"GET\",status=\"200\"} 0\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
///
/// # Source
/// <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#http-server>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerNames(pub(crate) MetricNames);

impl ServerNames {
    /// The names that dashboards for Prometheus expect.
    #[must_use]
    pub const fn classic() -> Self {
        Self(MetricNames::new("http", "endpoint", false))
    }

    /// The names of OpenTelemetry's conventions, as Prometheus spells them.
    #[must_use]
    pub const fn otel() -> Self {
        Self(MetricNames::new("http_server", "http_route", true))
    }

    /// Sets what every name begins with; default: `http`, or `http_server`.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<Cow<'static, str>>) -> Self {
        Self(MetricNames { prefix: prefix.into(), ..self.0 })
    }

    /// Sets the name of the counter of requests; default: the prefix and `_requests_total`. The otel profile has no such counter
    /// unless it is named.
    #[must_use]
    pub fn requests(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self(MetricNames { requests: Some(name.into()), ..self.0 })
    }

    /// Sets the name of the histogram of durations; default: the prefix and `_request_duration_seconds`.
    #[must_use]
    pub fn duration(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self(MetricNames { duration: Some(name.into()), ..self.0 })
    }

    /// Adds a counter of failed requests with this name, by endpoint: those that are answered with a 5xx, panic or time out. Default:
    /// none, because the counter of requests has their status.
    #[must_use]
    pub fn errors(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self(MetricNames { errors: Some(name.into()), ..self.0 })
    }

    /// Sets the label with the route's template; default: `endpoint`, or `http_route`.
    #[must_use]
    pub fn endpoint_label(self, label: impl Into<Cow<'static, str>>) -> Self {
        Self(MetricNames { label: label.into(), ..self.0 })
    }

    /// The first of two suffixes is that of the classic profile.
    pub(crate) fn either(&self, classic: &str, otel: &str) -> String {
        self.0.with(if self.0.is_otel { otel } else { classic })
    }

    pub(crate) const fn method(&self) -> &'static str {
        if self.0.is_otel { "http_request_method" } else { "method" }
    }

    pub(crate) const fn status(&self) -> &'static str {
        if self.0.is_otel { "http_response_status_code" } else { "status" }
    }
}

impl Default for ServerNames {
    fn default() -> Self {
        Self::classic()
    }
}
