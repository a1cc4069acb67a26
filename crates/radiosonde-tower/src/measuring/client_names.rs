use std::borrow::Cow;

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
pub struct ClientNames {
    prefix: Cow<'static, str>,
    requests: Option<Cow<'static, str>>,
    duration: Option<Cow<'static, str>>,
    server: Cow<'static, str>,
    is_otel: bool,
}

impl ClientNames {
    /// The names that dashboards for Prometheus expect.
    #[must_use]
    pub const fn classic() -> Self {
        Self::with_profile(false)
    }

    /// The names of OpenTelemetry's conventions, as Prometheus spells them.
    #[must_use]
    pub const fn otel() -> Self {
        Self::with_profile(true)
    }

    const fn with_profile(is_otel: bool) -> Self {
        Self {
            prefix: Cow::Borrowed("http_client"),
            requests: None,
            duration: None,
            server: Cow::Borrowed("server"),
            is_otel,
        }
    }

    /// Sets what every name begins with; default: `http_client`.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<Cow<'static, str>>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Sets the name of the counter of calls; default: the prefix and `_requests_total`. The otel profile has no such counter
    /// unless it is named.
    #[must_use]
    pub fn requests(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { requests: Some(name.into()), ..self }
    }

    /// Sets the name of the histogram of durations; default: the prefix and `_request_duration_seconds`.
    #[must_use]
    pub fn duration(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { duration: Some(name.into()), ..self }
    }

    /// Sets the label with the called server in the classic profile; default: `server`.
    #[must_use]
    pub fn server_label(self, label: impl Into<Cow<'static, str>>) -> Self {
        Self { server: label.into(), ..self }
    }

    pub(crate) const fn is_otel(&self) -> bool {
        self.is_otel
    }

    /// The name of the counter; `None` if the histogram's count is enough.
    pub(crate) fn counter(&self) -> Option<String> {
        let default = (!self.is_otel).then(|| self.with("_requests_total"));
        self.requests.as_ref().map(ToString::to_string).or(default)
    }

    pub(crate) fn histogram(&self) -> String {
        self.duration.as_ref().map_or_else(|| self.with("_request_duration_seconds"), ToString::to_string)
    }

    pub(crate) fn with(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.prefix)
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }
}

impl Default for ClientNames {
    fn default() -> Self {
        Self::classic()
    }
}
