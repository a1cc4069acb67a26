use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use radiosonde_admin::Credentials;
use radiosonde_appender::{FileOptions, QueueOptions};
use radiosonde_core::{LevelNames, Resource, ResourceBuilder};
use radiosonde_log::{Format, LineSink, PanicHook, Profile, Redaction, Sampling, VolumeLimits, Writer};
use radiosonde_loki::LokiOptions;
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_queue::OverflowPolicy;
use radiosonde_tower::DebugKey;
use radiosonde_trace::TraceOptions;
use tracing_subscriber::Layer;

use crate::layers::Layers;
use crate::settings::queue::QueueChoice;
use crate::settings::{Settings, Sink};
use crate::variables::{Unsupported, Variables};
use crate::{InitError, Telemetry, install};

/// Sets up metrics, logs and traces for a service, from the environment: see `docs/configuration.md` for every variable.
///
/// `OTEL_SERVICE_NAME` gives the service another name. The same as
/// `radiosonde::builder().default_service_name(service_name).init()`.
///
/// # Errors
/// [`InitError`]; above all a variable with a value that cannot be understood, named with what is allowed.
pub fn init(service_name: &str) -> Result<Telemetry, InitError> {
    builder().default_service_name(service_name).init()
}

/// Starts to set up metrics, logs and traces. What is set in code wins over the environment.
pub fn builder() -> TelemetryBuilder {
    TelemetryBuilder {
        resource: Resource::builder(),
        default_resource: Resource::builder(),
        registry: None,
        service_label: None,
        log_format: None,
        log_profile: None,
        promoted: Vec::new(),
        level_names: None,
        log_filter: None,
        log_file: None,
        log_file_options: None,
        log_queue: QueueChoice::default(),
        log_overflow: None,
        log_levels_credentials: None,
        writers: Vec::new(),
        sinks: Vec::new(),
        redaction: Redaction::default(),
        volume_limits: VolumeLimits::none(),
        sampling: Sampling::new(),
        panic_hook: Some(PanicHook::new()),
        loki: LokiOptions::default(),
        otlp: OtlpOptions::default(),
        traces: TraceOptions::new(),
        layers: Layers::default(),
        debug_keys: None,
        metrics_listener: None,
        metrics_credentials: None,
    }
}

/// Collects what a service's telemetry needs; a later setting replaces an earlier one.
///
/// ```no_run
/// use std::time::Duration;
///
/// use radiosonde::loki::LokiOptions;
/// use radiosonde::otlp::OtlpOptions;
///
/// let ratio = radiosonde::Sampler::parent_based_ratio(0.1)?;
/// let telemetry = radiosonde::builder()
///     .service_name("orders")
///     .resource(|r| r.service_version(env!("CARGO_PKG_VERSION")).environment("staging"))
///     .loki(LokiOptions::new("http://127.0.0.1:3100"))
///     .otlp(OtlpOptions::new("http://127.0.0.1:4318"))
///     .traces(|t| t.sampler(ratio))
///     .init()?;
/// eprintln!("{}", telemetry.shutdown_blocking(Duration::from_secs(5)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "telemetry is set up by `init`"]
#[derive(Debug)]
pub struct TelemetryBuilder {
    /// What code says of the resource; put over what the environment says.
    pub(crate) resource: ResourceBuilder,
    /// What holds if nothing else says anything.
    pub(crate) default_resource: ResourceBuilder,
    pub(crate) registry: Option<Registry>,
    pub(crate) service_label: Option<String>,
    pub(crate) log_format: Option<Format>,
    pub(crate) log_profile: Option<Profile>,
    pub(crate) promoted: Vec<String>,
    pub(crate) level_names: Option<LevelNames>,
    pub(crate) log_filter: Option<Cow<'static, str>>,
    pub(crate) log_file: Option<PathBuf>,
    pub(crate) log_file_options: Option<FileOptions>,
    pub(crate) log_queue: QueueChoice,
    pub(crate) log_overflow: Option<OverflowPolicy>,
    pub(crate) log_levels_credentials: Option<Vec<Credentials>>,
    pub(crate) writers: Vec<Writer>,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) redaction: Redaction,
    pub(crate) volume_limits: VolumeLimits,
    pub(crate) sampling: Sampling,
    pub(crate) panic_hook: Option<PanicHook>,
    pub(crate) loki: LokiOptions,
    pub(crate) otlp: OtlpOptions,
    pub(crate) traces: TraceOptions,
    pub(crate) layers: Layers,
    pub(crate) debug_keys: Option<Vec<DebugKey>>,
    pub(crate) metrics_listener: Option<SocketAddr>,
    pub(crate) metrics_credentials: Option<Vec<Credentials>>,
}

impl TelemetryBuilder {
    /// The service's name: in every line, span and in `build_info`. It wins over `OTEL_SERVICE_NAME` and over `service.name` in
    /// `OTEL_RESOURCE_ATTRIBUTES`; for a name that gives way to these there is [`default_service_name`](Self::default_service_name).
    pub fn service_name(mut self, name: &str) -> Self {
        self.resource = self.resource.service_name(name);
        self
    }

    /// The service's name unless a variable or a file has one, as [`init`] takes it.
    pub fn default_service_name(mut self, name: &str) -> Self {
        self.default_resource = self.default_resource.service_name(name);
        self
    }

    /// What else is known of the service: its version, its environment, any attribute of OpenTelemetry's resource. It is put over
    /// what `OTEL_RESOURCE_ATTRIBUTES` has.
    ///
    /// ```
    /// let builder = radiosonde::builder()
    ///     .service_name("orders")
    ///     .resource(|r| r.service_version(env!("CARGO_PKG_VERSION")).environment("staging").attribute("team", "pay"));
    /// ```
    pub fn resource(mut self, set: impl FnOnce(ResourceBuilder) -> ResourceBuilder) -> Self {
        self.resource = set(self.resource);
        self
    }

    /// The registry that everything counts in; [`Registry::global`] unless set.
    ///
    /// Operations made by [`Operation::new`](crate::Operation::new) and `#[observe]` are in the global one always.
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Puts the service's name into a label of this name, on every stream in Loki and on every series: `service` for dashboards and
    /// queries that say `{service="orders"}` and `by (service)`. Loki's `service_name` stays; series have no such label by default,
    /// as Prometheus' `job` and `instance` tell services apart.
    ///
    /// Makes the global registry with that label, so it has to come before the first metric of the program. A registry of
    /// [`registry`](Self::registry) must have the label itself, from [`RegistryBuilder::label`](crate::metrics::RegistryBuilder::label).
    pub fn service_label(mut self, label: impl Into<String>) -> Self {
        self.service_label = Some(label.into());
        self
    }

    /// JSON, or lines for people. Else `RADIOSONDE_LOG_FORMAT`; else for people where the output is a terminal.
    pub fn log_format(mut self, format: Format) -> Self {
        self.log_format = Some(format);
        self
    }

    /// Which keys a line has: those of this workspace's dashboards, of Elastic Common Schema, of OpenTelemetry's data model or
    /// of Google Cloud. Else `RADIOSONDE_LOG_PROFILE`; else [`Profile::Native`].
    pub fn log_profile(mut self, profile: Profile) -> Self {
        self.log_profile = Some(profile);
        self
    }

    /// Gives fields of this name, such as `tenant_id`, a place at the top of a line; several add up.
    pub fn log_promote(mut self, field: impl Into<String>) -> Self {
        self.promoted.push(field.into());
        self
    }

    /// How two of the levels are spelled. Else `RADIOSONDE_LOG_LEVEL_NAMES`; else `WARN` and `FATAL`.
    pub fn level_names(mut self, names: LevelNames) -> Self {
        self.level_names = Some(names);
        self
    }

    /// Which events are logged, such as `"info,orders=debug"`. Else `RUST_LOG`; else `info`.
    pub fn log_filter(mut self, directives: impl Into<Cow<'static, str>>) -> Self {
        self.log_filter = Some(directives.into());
        self
    }

    /// Lets those change levels by [`Telemetry::levels_service`] who show one of these credentials. Else who shows the token of
    /// `RADIOSONDE_LOG_LEVELS_BEARER_TOKEN`; else nobody, and everybody may look.
    pub fn log_levels_credentials(mut self, accepted: impl IntoIterator<Item = Credentials>) -> Self {
        self.log_levels_credentials = Some(accepted.into_iter().collect());
        self
    }

    /// Logs single requests up to the level that they ask for, if one of these keys has signed that. Else the keys of
    /// `RADIOSONDE_DEBUG_KEYS`; else no request may ask. See [`DebugRequests`](crate::tower::DebugRequests).
    pub fn debug_keys(mut self, keys: impl IntoIterator<Item = DebugKey>) -> Self {
        self.debug_keys = Some(keys.into_iter().collect());
        self
    }

    /// Writes lines to this file instead of standard output. Else `RADIOSONDE_LOG_FILE`.
    pub fn log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.log_file = Some(path.into());
        self
    }

    /// When the log file is rotated and what is kept of it. Else the variables that start with `RADIOSONDE_LOG_FILE_`.
    pub fn log_file_options(mut self, options: FileOptions) -> Self {
        self.log_file_options = Some(options);
        self
    }

    /// The queue before standard output or the log file; `None` writes on the thread that logs. Else a queue with what
    /// [`log_overflow`](Self::log_overflow) and `RADIOSONDE_LOG_QUEUE_BYTES` say; else one with the defaults.
    ///
    /// It is written out by [`Telemetry::shutdown`], or when the [`Telemetry`] is dropped. From then on lines are written on the
    /// thread that logs.
    pub fn log_queue(mut self, options: impl Into<Option<QueueOptions>>) -> Self {
        self.log_queue = options.into().map_or(QueueChoice::Direct, QueueChoice::Queued);
        self
    }

    /// What happens to lines for which a queue has no room. Else `RADIOSONDE_LOG_OVERFLOW`; else a line at ERROR or FATAL waits for
    /// up to 5 ms, an audit line for up to 5 s, and others are dropped.
    pub fn log_overflow(mut self, policy: OverflowPolicy) -> Self {
        self.log_overflow = Some(policy);
        self
    }

    /// Writes lines there instead of to standard output; several writers add up. They have the queues that they were given.
    pub fn log_writer(mut self, writer: Writer) -> Self {
        self.writers.push(writer);
        self
    }

    /// Hands every line on to this sink, too, such as [`RecentLines`](radiosonde_recent::RecentLines) or a
    /// [`LogAggregator`](radiosonde_recent::LogAggregator); several sinks add up.
    pub fn log_sink(mut self, sink: impl LineSink) -> Self {
        self.sinks.push(Sink(Arc::new(sink)));
        self
    }

    /// What never leaves in a line, whichever way it goes; by default the values of keys such as `authorization`, `password` and
    /// `token`.
    pub fn log_redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// How many lines are written of each callsite, tenant or whatever a field names; by default without a limit.
    pub fn log_volume_limits(mut self, limits: VolumeLimits) -> Self {
        self.volume_limits = limits;
        self
    }

    /// Which share of the lines is written; by default all.
    pub fn log_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// How panics become lines, or `None` if they shall not; by default [`PanicHook::new`], so that a panic is one line with the
    /// fields and the trace of its span, and nothing beside it on standard error. It counts in the telemetry's registry.
    ///
    /// A hook that somebody installs later runs before it; for one that was there before say
    /// `panic_hook(PanicHook::new().and_previous())`.
    pub fn panic_hook(mut self, hook: impl Into<Option<PanicHook>>) -> Self {
        self.panic_hook = hook.into();
        self
    }

    /// Pushes lines to Loki, too. What the options leave open, the URL among it, is as the variables that start with
    /// `RADIOSONDE_LOKI_` say; without a URL, lines go nowhere. The lines' level names are those of the logs.
    ///
    /// ```
    /// use radiosonde::delivery::HttpOptions;
    /// use radiosonde::loki::LokiOptions;
    ///
    /// let http = HttpOptions::new().basic_auth_file("orders", "/run/secrets/loki");
    /// let loki = LokiOptions::new("https://logs.example").tenant("shop").label("team", "pay").http(http);
    /// let builder = radiosonde::builder().loki(loki);
    /// ```
    pub fn loki(mut self, options: LokiOptions) -> Self {
        self.loki = options;
        self
    }

    /// Exports spans, and log lines if the options ask for them, by OTLP over HTTP to Jaeger or any collector. What the options
    /// leave open is as the variables that start with `OTEL_EXPORTER_OTLP_` say. Spans go out if an endpoint for them is given,
    /// here or there.
    ///
    /// ```
    /// use radiosonde::otlp::{OtlpOptions, OtlpSignalOptions};
    ///
    /// // Spans to Jaeger, lines to Loki.
    /// let lines = OtlpSignalOptions::new().endpoint("http://127.0.0.1:3100/otlp/v1/logs");
    /// let builder = radiosonde::builder().otlp(OtlpOptions::new("http://127.0.0.1:4318").logs(lines));
    /// ```
    pub fn otlp(mut self, options: OtlpOptions) -> Self {
        self.otlp = options;
        self
    }

    /// Which traces are recorded, and how; and where spans go besides a collector. What is left open is as `OTEL_TRACES_SAMPLER`,
    /// `OTEL_TRACES_SAMPLER_ARG` and `OTEL_PROPAGATORS` say.
    ///
    /// ```
    /// use radiosonde::Sampler;
    ///
    /// let builder = radiosonde::builder().traces(|t| t.sampler(Sampler::always_on()));
    /// ```
    pub fn traces(mut self, set: impl FnOnce(TraceOptions) -> TraceOptions) -> Self {
        self.traces = set(self.traces);
        self
    }

    /// Adds another layer of `tracing` beside ours, such as Sentry's, tokio-console's or `tracing_error::ErrorLayer`; several add up.
    ///
    /// The filter of log lines is for ours: the layer sees everything unless it is given a filter of its own by
    /// `with_filter`. `docs/layers.md` is about that, and about layers of ours in a registry of your own.
    pub fn layer(mut self, layer: impl Layer<tracing_subscriber::Registry> + Send + Sync) -> Self {
        self.layers.0.push(Box::new(layer));
        self
    }

    /// Serves `/metrics` on a port of its own. Else where `OTEL_EXPORTER_PROMETHEUS_HOST` and `_PORT` say, or on 127.0.0.1:9464 if
    /// `OTEL_METRICS_EXPORTER` is `prometheus`; else nowhere.
    pub fn metrics_listener(mut self, address: SocketAddr) -> Self {
        self.metrics_listener = Some(address);
        self
    }

    /// Shows the metrics to those only who show one of these credentials, at the listener and in
    /// [`Telemetry::metrics`]. Else who shows the token of `RADIOSONDE_METRICS_BEARER_TOKEN`; else everybody who can connect.
    pub fn metrics_credentials(mut self, accepted: impl IntoIterator<Item = Credentials>) -> Self {
        self.metrics_credentials = Some(accepted.into_iter().collect());
        self
    }

    /// Sets everything up: starts the delivery thread, and installs the `tracing` subscriber, the bridge for the `log` crate and
    /// the panic hook.
    ///
    /// Needs no runtime. May be called once in a process.
    ///
    /// # Errors
    /// [`InitError`]; nothing is installed then. If another thread installs a subscriber at the same moment, the bridge stays.
    pub fn init(self) -> Result<Telemetry, InitError> {
        let settings = Settings::resolve(self, &Variables::new(&|name| std::env::var_os(name)))?;
        settings.unsupported.iter().for_each(Unsupported::report);
        install::install(settings)
    }
}
