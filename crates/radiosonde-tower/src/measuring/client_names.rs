use std::borrow::Cow;

use crate::measuring::metric_names::MetricNames;

/// The names of a client's metrics and of their labels.
///
/// # Shape
/// | | [`classic`](Self::classic) (default) | [`otel`](Self::otel) |
/// |---|---|---|
/// | calls | `http_client_requests_total{method,server,status}` | the count of the next |
/// | duration | `http_client_request_duration_seconds{method,server}` | `http_client_request_duration_seconds{http_request_method,server_address,server_port,http_response_status_code,error_type}` |
/// | in flight | `http_client_requests_in_flight{server}` | `http_client_active_requests{http_request_method,server_address,server_port}` |
/// | retries | `http_client_retries_total{server}` | `http_client_retries_total{server_address,server_port}` |
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_tower::{ClientLayer, ClientNames};
///
/// let names = ClientNames::classic().prefix("valtronics_client");
/// let layer = ClientLayer::builder().registry(&Registry::new()).names(names).build()?;
/// # drop(layer);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
///
/// # Source
/// <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#http-client>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientNames(pub(crate) MetricNames);

impl ClientNames {
    /// The names that dashboards for Prometheus expect.
    #[must_use]
    pub const fn classic() -> Self {
        Self(MetricNames::new(PREFIX, LABEL, false))
    }

    /// The names of OpenTelemetry's conventions, as Prometheus spells them.
    #[must_use]
    pub const fn otel() -> Self {
        Self(MetricNames::new(PREFIX, LABEL, true))
    }

    /// Sets what every name begins with; default: `http_client`.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<Cow<'static, str>>) -> Self {
        Self(MetricNames { prefix: prefix.into(), ..self.0 })
    }

    /// Sets the name of the counter of calls; default: the prefix and `_requests_total`. The otel profile has no such counter
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

    /// Sets the label with the called server in the classic profile; default: `server`.
    #[must_use]
    pub fn server_label(self, label: impl Into<Cow<'static, str>>) -> Self {
        Self(MetricNames { label: label.into(), ..self.0 })
    }
}

const PREFIX: &str = "http_client";
const LABEL: &str = "server";

impl Default for ClientNames {
    fn default() -> Self {
        Self::classic()
    }
}
