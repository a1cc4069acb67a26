use radiosonde_admin::{AdminOptions, LevelsOptions, MetricsOptions};
use radiosonde_core::ResourceBuilder;
use radiosonde_log::{LogOptions, PanicHook};
use radiosonde_metrics::Registry;
use radiosonde_signals::Slo;
use radiosonde_tower::{ClientLayer, ClientLayerBuilder, DebugKey, ServerLayer, ServerLayerBuilder};
use radiosonde_trace::TraceOptions;
use tracing_subscriber::Layer;

use crate::config::Config;
use crate::layers::Layers;
use crate::to_alerts::EngineBuilder;

/// Starts to set up metrics, logs and traces. What is set in code wins over the environment.
pub fn builder() -> TelemetryBuilder {
    TelemetryBuilder {
        code: Config::default(),
        file: Config::default(),
        default_resource: ResourceBuilder::default(),
        registry: None,
        panic_hook: Some(PanicHook::new()),
        debug_keys: None,
        server: ServerLayer::builder(),
        client: ClientLayer::builder(),
        objectives: Vec::new(),
        engine: None,
        layers: Layers::default(),
        global_opentelemetry: true,
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
    /// What code sets, which wins over the environment.
    pub(crate) code: Config,
    /// What a file sets, over which the environment wins.
    pub(crate) file: Config,
    /// The values without code, environment and file.
    pub(crate) default_resource: ResourceBuilder,
    pub(crate) registry: Option<Registry>,
    pub(crate) panic_hook: Option<PanicHook>,
    pub(crate) debug_keys: Option<Vec<DebugKey>>,
    pub(crate) server: ServerLayerBuilder,
    pub(crate) client: ClientLayerBuilder,
    pub(crate) objectives: Vec<Slo>,
    /// Rules and handlers of alerts.
    pub(crate) engine: Option<EngineBuilder>,
    pub(crate) layers: Layers,
    /// Whether OpenTelemetry's global provider and propagator become ours, where there is a bridge.
    pub(crate) global_opentelemetry: bool,
}

impl TelemetryBuilder {
    /// The service's name: in every line, span and in `build_info`. It wins over `OTEL_SERVICE_NAME` and over `service.name` in
    /// `OTEL_RESOURCE_ATTRIBUTES`; for a name that gives way to these there is [`default_service_name`](Self::default_service_name).
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.code.resource = self.code.resource.service_name(name);
        self
    }

    /// The service's name unless a variable or a file has one, as [`init`](crate::init) takes it.
    pub fn default_service_name(mut self, name: impl Into<String>) -> Self {
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
        self.code.resource = set(self.code.resource);
        self
    }

    /// Takes from a configuration file what neither code nor a variable sets. The precedence is: code, environment, file.
    ///
    /// ```
    /// # fn read() -> Result<radiosonde::TelemetryBuilder, serde_json::Error> {
    /// let file = r#"{"monitoring": {"enabled": true, "prometheus_port": 9464, "metrics_path": "/metrics"}}"#;
    /// let builder = radiosonde::builder().default_service_name("orders").config(serde_json::from_str(file)?);
    /// # Ok(builder)
    /// # }
    /// # read().unwrap();
    /// ```
    pub fn config(mut self, mut file: Config) -> Self {
        if let Some(name) = file.service_name.take() {
            file.resource = file.resource.service_name(name);
        }
        self.file = file;
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
    /// queries with `{service="orders"}` and `by (service)`. Loki's `service_name` stays; series have no such label by default,
    /// as Prometheus' `job` and `instance` tell services apart.
    ///
    /// Makes the global registry with that label, so it has to come before the first metric of the program. A registry of
    /// [`registry`](Self::registry) must have the label itself, from [`RegistryBuilder::label`](crate::metrics::RegistryBuilder::label).
    pub fn service_label(mut self, label: impl Into<String>) -> Self {
        self.code.service_label = Some(label.into());
        self
    }

    /// Sets the layout and the outputs of lines. Settings that are left open come from the variables that start with `RADIOSONDE_LOG_`.
    ///
    /// Default: standard output. A queue of 8 MiB stands before it and before a file; [`queue_bytes`](LogOptions::queue_bytes) and
    /// [`queue`](LogOptions::queue) change that. It is written out by
    /// [`Telemetry::shutdown`](crate::Telemetry::shutdown), or when the [`Telemetry`](crate::Telemetry) is dropped. From then on lines are
    /// written on the thread that logs.
    ///
    /// ```
    /// use radiosonde::Profile;
    ///
    /// let builder = radiosonde::builder()
    ///     .service_name("orders")
    ///     .logs(|l| l.profile(Profile::Ecs).promote("tenant_id").field("team", "pay").file("/var/log/orders.log"));
    /// ```
    pub fn logs(mut self, set: impl FnOnce(LogOptions) -> LogOptions) -> Self {
        self.code.logs = set(self.code.logs);
        self
    }

    /// Which events are logged and become events of spans, such as `"info,orders=debug"`. Else `RUST_LOG`; else `info`.
    pub fn filter(mut self, directives: impl Into<String>) -> Self {
        self.code.filter = Some(directives.into());
        self
    }

    /// Logs single requests up to the level that they ask for, if one of these keys has signed that. Else the keys of
    /// `RADIOSONDE_DEBUG_KEYS`; else no request may ask. See [`DebugRequests`](crate::tower::DebugRequests).
    pub fn debug_keys(mut self, keys: impl IntoIterator<Item = DebugKey>) -> Self {
        self.debug_keys = Some(keys.into_iter().collect());
        self
    }

    /// Sets what [`Telemetry::server_layer`](crate::Telemetry::server_layer) records: names, buckets, lines, excluded paths.
    ///
    /// ```
    /// use radiosonde::tower::{ServerNames, Signals};
    ///
    /// let builder = radiosonde::builder().server(|server| {
    ///     server
    ///         .names(ServerNames::classic().prefix("orders_api"))
    ///         .exclude("/healthz", Signals::ALL)
    ///         .zero_init([("GET", "/orders/{id}"), ("POST", "/orders")])
    /// });
    /// ```
    pub fn server(mut self, set: impl FnOnce(ServerLayerBuilder) -> ServerLayerBuilder) -> Self {
        self.server = set(self.server);
        self
    }

    /// Sets what [`Telemetry::client_layer`](crate::Telemetry::client_layer) records.
    pub fn client(mut self, set: impl FnOnce(ClientLayerBuilder) -> ClientLayerBuilder) -> Self {
        self.client = set(self.client);
        self
    }

    /// Turns panics into lines; `None` leaves them to the hook that is installed. Default: [`PanicHook::new`], with which a panic is one line
    /// with the fields and the trace of its span, and nothing on standard error. It counts in the telemetry's registry.
    ///
    /// A hook that is installed later runs before it; `panic_hook(PanicHook::new().and_previous())` also runs the one installed before.
    pub fn panic_hook(mut self, hook: impl Into<Option<PanicHook>>) -> Self {
        self.panic_hook = hook.into();
        self
    }

    /// Sets the sampler, the propagation and further sinks of spans. Settings that are left open come from `OTEL_TRACES_SAMPLER`,
    /// `OTEL_TRACES_SAMPLER_ARG`, `OTEL_PROPAGATORS`, `RADIOSONDE_TRACES_CONSOLE` and those of the limits of spans.
    ///
    /// ```
    /// use radiosonde::Sampler;
    ///
    /// let builder = radiosonde::builder().traces(|t| t.sampler(Sampler::always_on()));
    /// ```
    pub fn traces(mut self, set: impl FnOnce(TraceOptions) -> TraceOptions) -> Self {
        self.code.traces = set(self.code.traces);
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

    /// Sets the address of the listener that serves [`Telemetry::admin_service`](crate::Telemetry::admin_service), and the credentials of
    /// all scrapes, also those of [`Telemetry::metrics_service`](crate::Telemetry::metrics_service).
    /// Settings that are left open come from `OTEL_METRICS_EXPORTER`, `OTEL_EXPORTER_PROMETHEUS_HOST`,
    /// `OTEL_EXPORTER_PROMETHEUS_PORT` and `RADIOSONDE_METRICS_BEARER_TOKEN`.
    ///
    /// ```
    /// let builder = radiosonde::builder().metrics(|m| m.address(([0, 0, 0, 0], 9464).into()).path("/internal/metrics"));
    /// ```
    pub fn metrics(mut self, set: impl FnOnce(MetricsOptions) -> MetricsOptions) -> Self {
        self.code.metrics = set(self.code.metrics);
        self
    }

    /// Sets the credentials of operators, for all that [`Telemetry::admin_service`](crate::Telemetry::admin_service) serves but the probes.
    /// Default: the bearer token in `RADIOSONDE_ADMIN_BEARER_TOKEN`; without either, metrics and levels have their own credentials or none,
    /// and requests in flight are shown by a listener on a loopback address alone.
    pub fn admin(mut self, set: impl FnOnce(AdminOptions) -> AdminOptions) -> Self {
        self.code.admin = set(self.code.admin);
        self
    }

    /// Sets the credentials that may change log levels through
    /// [`Telemetry::levels_service`](crate::Telemetry::levels_service), and for how long a change holds. Default: the
    /// bearer token in `RADIOSONDE_LOG_LEVELS_BEARER_TOKEN`; without either, levels are read-only.
    pub fn levels(mut self, set: impl FnOnce(LevelsOptions) -> LevelsOptions) -> Self {
        self.code.levels = set(self.code.levels);
        self
    }
}
