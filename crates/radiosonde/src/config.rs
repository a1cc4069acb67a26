use radiosonde_admin::{AdminOptions, LevelsOptions, MetricsOptions};
use radiosonde_core::ResourceBuilder;
use radiosonde_log::LogOptions;
use radiosonde_trace::TraceOptions;

use crate::remote_sampling::RemoteSampling;
use crate::{to_alerts, to_loki, to_otlp};

/// The settings of a service's telemetry, as a configuration file holds them: for
/// [`TelemetryBuilder::config`](crate::TelemetryBuilder::config).
///
/// # Shape
/// With the feature `serde` it is read from TOML, JSON or YAML; a key that it does not know is refused. Each group is the options of
/// the crate that it configures: [`LogOptions`], [`TraceOptions`], [`MetricsOptions`], [`AdminOptions`], [`LevelsOptions`], `LokiOptions`,
/// `OtlpOptions` and, in `alerts`, a list of `AlertmanagerOptions`. `metrics` may be called `monitoring`, with `prometheus_port` and `metrics_path`.
///
/// ```toml
/// service_name = "orders"
/// filter = "info,hyper=warn"
///
/// [resource]
/// "deployment.environment.name" = "prod"
///
/// [logs]
/// format = "json"
/// fields = { team = "pay" }
///
/// [traces]
/// sampler = { parent_based_ratio = 0.1 }
///
/// [monitoring]
/// enabled = true
/// prometheus_port = 9464
/// metrics_path = "/metrics"
///
/// [loki]
/// url = "https://logs.example"
/// http = { authorization = { bearer_file = "/run/secrets/loki" }, tls = { ca = "/etc/ssl/company-ca.pem" } }
///
/// [otlp]
/// endpoint = "http://127.0.0.1:4318"
///
/// [alerts]
/// alertmanagers = [{ url = "http://127.0.0.1:9093", labels = { cluster = "eu-1" } }]
/// ```
#[derive(Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Config {
    pub(crate) service_name: Option<String>,
    pub(crate) resource: ResourceBuilder,
    pub(crate) service_label: Option<String>,
    pub(crate) filter: Option<String>,
    pub(crate) logs: LogOptions,
    pub(crate) traces: TraceOptions,
    #[cfg_attr(feature = "serde", serde(alias = "monitoring"))]
    pub(crate) metrics: MetricsOptions,
    pub(crate) admin: AdminOptions,
    pub(crate) levels: LevelsOptions,
    pub(crate) loki: to_loki::Options,
    pub(crate) otlp: to_otlp::Options,
    pub(crate) alerts: to_alerts::Options,
    /// In the place of the sampler of `traces`.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) remote_sampling: Option<RemoteSampling>,
}

impl Config {
    /// Takes what is not set here from `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            service_name: self.service_name.or(other.service_name),
            resource: self.resource.or(other.resource),
            service_label: self.service_label.or(other.service_label),
            filter: self.filter.or(other.filter),
            logs: self.logs.or(other.logs),
            traces: self.traces.or(other.traces),
            metrics: self.metrics.or(other.metrics),
            admin: self.admin.or(other.admin),
            levels: self.levels.or(other.levels),
            loki: self.loki.or(other.loki),
            otlp: self.otlp.or(other.otlp),
            alerts: self.alerts.or(other.alerts),
            remote_sampling: self.remote_sampling.or(other.remote_sampling),
        }
    }
}
