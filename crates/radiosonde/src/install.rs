//! Puts the parts together and makes them the process' own.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use radiosonde_admin::{Credentials, LevelsService, Listener, MetricsService};
use radiosonde_core::Resource;
use radiosonde_delivery::{Delivery, HttpOptions, SinkOptions};
use radiosonde_log::{JsonLayer, LevelReload, LineSink, bridge_log_records};
use radiosonde_loki::{LokiOptions, LokiSink};
use radiosonde_metrics::{InvalidRegistry, RegisterError, Registry};
use radiosonde_otlp::{OtlpLogs, OtlpOptions, OtlpSignalOptions, OtlpSpans};
use radiosonde_tower::{ClientLayer, DebugKey, DebugRequests, ServerLayer};
use radiosonde_trace::TracePipeline;
use tracing::dispatcher::{self, Dispatch};
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::settings::{Given, LogSettings, LokiSettings, OtlpSettings, Settings};
use crate::{InitError, InvalidVariable, Telemetry};

static INITIALISED: AtomicBool = AtomicBool::new(false);

pub(crate) fn install(settings: Settings) -> Result<Telemetry, InitError> {
    if INITIALISED.swap(true, Ordering::SeqCst) {
        return Err(InitError::AlreadyInitialised);
    }
    let installed = assemble(settings);
    if installed.is_err() {
        // Nothing is installed, so the next attempt is a first one.
        INITIALISED.store(false, Ordering::SeqCst);
    }
    installed
}

fn assemble(settings: Settings) -> Result<Telemetry, InitError> {
    let Settings {
        resource,
        registry,
        service_label,
        log,
        panic_hook,
        sampler,
        disabled,
        propagates,
        debug_keys,
        listen,
        credentials,
        ..
    } = settings;
    if !dispatcher::get_default(|there| there.is::<NoSubscriber>()) {
        return Err(InitError::Subscriber);
    }
    let registry = registry_with(service_label.as_deref(), registry, &resource)?;
    let (server, client) = (server_layer(&registry, debug_keys)?, ClientLayer::new(&registry)?);
    let delivery = Delivery::builder().registry(&registry).start().map_err(InitError::Delivery)?;
    let mut traces = TracePipeline::builder(&resource).registry(&registry).sampler(sampler);
    if let Some(otlp) = settings.otlp {
        traces = traces.sink(spans_to_otlp(otlp, &resource, &delivery)?);
    }
    let traces = traces.disabled(disabled).propagate(propagates).build()?;
    let loki = settings
        .loki
        .map(|loki| lines_to_loki(loki, service_label.as_deref(), &log, &resource, &delivery))
        .transpose()?;
    let (filter, levels) = LevelReload::builder(log.filter.clone()).registry(&registry).build()?;
    let levels_service = levels_service(&levels, log.levels_credentials.clone());
    let otlp_logs =
        settings.otlp_logs.map(|otlp| lines_to_otlp(otlp, &log, &resource, &delivery)).transpose()?;
    let loki = loki.map(|loki| Arc::new(loki) as Arc<dyn LineSink>);
    let otlp_logs = otlp_logs.map(|otlp| Arc::new(otlp) as Arc<dyn LineSink>);
    let lines = log_layer(log, loki.into_iter().chain(otlp_logs), &resource, &registry)?;
    let logs = lines.handle();
    let layers = traces.layer().and_then(lines);
    let subscriber = Dispatch::new(tracing_subscriber::registry().with(filter).with(layers));
    dispatcher::with_default(&subscriber, || traces.probe()).map_err(InitError::Probe)?;

    let metrics = metrics_service(&registry, credentials);
    let start = |address| Listener::serve(&metrics, address).map_err(InitError::Listen);
    let listener = listen.map(start).transpose()?;

    // From here on the process is changed; what can fail has been tried.
    if let Some(hook) = panic_hook {
        // Without a subscriber it leaves panics to the hook before.
        hook.registry(&registry).flush(&logs).install().map_err(InitError::PanicHook)?;
    }
    bridge_log_records().map_err(InitError::Bridge)?;
    dispatcher::set_global_default(subscriber).map_err(|_| InitError::Subscriber)?;
    traces.install_global();
    registry.expose_process();
    registry.expose_build_info(&resource);
    Ok(Telemetry::new(
        resource,
        registry,
        (levels, levels_service, logs),
        (server, client),
        traces,
        delivery,
        (metrics, listener),
    ))
}

/// The registry that everything counts in: the one that is given or the global one, whose series have the service's label.
fn registry_with(
    service_label: Option<&str>,
    given: Option<Registry>,
    resource: &Resource,
) -> Result<Registry, InitError> {
    let Some(label) = service_label else {
        return Ok(given.unwrap_or_else(|| Registry::global().clone()));
    };
    let service = resource.service_name();
    let registry = match given {
        Some(registry) => registry,
        None => match Registry::builder().label(label, service).build_global() {
            // In use: by a metric that was declared before, or by an attempt of `init` that failed later.
            Ok(registry) => registry.clone(),
            Err(InvalidRegistry::GlobalInUse) => Registry::global().clone(),
            Err(invalid) => return Err(InitError::ServiceLabel(invalid)),
        },
    };
    if registry.constant_label(label) == Some(service) {
        Ok(registry)
    } else {
        Err(InitError::NoServiceLabel { label: label.into(), service: service.into() })
    }
}

fn server_layer(
    registry: &Registry,
    debug_keys: Option<Vec<DebugKey>>,
) -> Result<ServerLayer, RegisterError> {
    let server = ServerLayer::new(registry)?;
    Ok(match debug_keys {
        Some(keys) => server.debug_requests(DebugRequests::new(registry, keys)?),
        None => server,
    })
}

fn metrics_service(registry: &Registry, credentials: Option<Vec<Credentials>>) -> MetricsService {
    let service = MetricsService::new(registry);
    match credentials {
        Some(accepted) => service.accept_only(accepted),
        None => service,
    }
}

fn levels_service(levels: &LevelReload, credentials: Option<Vec<Credentials>>) -> LevelsService {
    let service = LevelsService::new(levels);
    match credentials {
        Some(accepted) => service.accept_only(accepted),
        None => service,
    }
}

fn log_layer(
    log: LogSettings,
    delivered: impl Iterator<Item = Arc<dyn LineSink>>,
    resource: &Resource,
    registry: &Registry,
) -> Result<JsonLayer, InitError> {
    let layer = JsonLayer::builder(resource).registry(registry).format(log.format).level_names(log.names);
    let layer = layer.profile(log.profile).redaction(log.redaction);
    let layer = layer.volume_limits(log.volume_limits).sampling(log.sampling);
    let layer = log.promoted.into_iter().fold(layer, |layer, field| layer.promote(field));
    let layer = log.writers.into_iter().fold(layer, |layer, writer| layer.writer(writer));
    let sinks = log.sinks.into_iter().map(|sink| sink.0).chain(delivered);
    sinks.fold(layer, |layer, sink| layer.sink(sink)).build().map_err(InitError::Log)
}

fn lines_to_loki(
    loki: LokiSettings,
    service_label: Option<&str>,
    log: &LogSettings,
    resource: &Resource,
    delivery: &Delivery,
) -> Result<LokiSink, InitError> {
    let LokiSettings { url, tenant } = loki;
    let mut builder = LokiOptions::new(&url.text).level_names(log.names).overflow(log.overflow);
    if let Some(tenant) = &tenant {
        builder = builder.tenant(&tenant.text);
    }
    if let Some(label) = service_label {
        builder = builder.label(label, resource.service_name());
    }
    builder.build(resource, delivery).map_err(|error| match (error, tenant) {
        (radiosonde_loki::LokiBuildError::Endpoint(cause), _) if url.variable.is_some() => {
            url.refuse(URL, cause)
        }
        (radiosonde_loki::LokiBuildError::Tenant(cause), Some(tenant)) if tenant.variable.is_some() => {
            tenant.refuse("a tenant's name as Loki takes it", cause)
        }
        (error, _) => InitError::Loki(error),
    })
}

fn spans_to_otlp(
    otlp: OtlpSettings,
    resource: &Resource,
    delivery: &Delivery,
) -> Result<OtlpSpans, InitError> {
    let (signal, OtlpSettings { endpoint, is_whole, .. }) = (otlp.signal(), otlp);
    let options = if is_whole {
        OtlpOptions::default().traces(signal.endpoint(&endpoint.text))
    } else {
        OtlpOptions::new(&endpoint.text).traces(signal)
    };
    options.build_spans(resource, delivery).map_err(|error| endpoint.blame(error, InitError::Otlp))
}

fn lines_to_otlp(
    otlp: OtlpSettings,
    log: &LogSettings,
    resource: &Resource,
    delivery: &Delivery,
) -> Result<OtlpLogs, InitError> {
    let (signal, OtlpSettings { endpoint, is_whole, .. }) = (otlp.signal(), otlp);
    let options = if is_whole {
        OtlpOptions::default().logs(signal.endpoint(&endpoint.text))
    } else {
        OtlpOptions::new(&endpoint.text).logs(signal)
    };
    let logs = options.level_names(log.names).overflow(log.overflow).build_logs(resource, delivery);
    logs.map_err(|error| endpoint.blame(error, InitError::OtlpLogs))
}

impl OtlpSettings {
    fn signal(&self) -> OtlpSignalOptions {
        let sink =
            self.timeout.map_or_else(SinkOptions::default, |timeout| SinkOptions::default().timeout(timeout));
        let http = HttpOptions::new().headers(self.headers.clone()).tls(self.tls.clone());
        OtlpSignalOptions::new().http(http).compression(self.compression).sink(sink)
    }
}

const URL: &str = "an http or https URL";

impl Given {
    /// The error about an OTLP sink: of the variable that the endpoint is from, if it is about that.
    fn blame(
        &self,
        error: radiosonde_otlp::OtlpBuildError,
        other: fn(radiosonde_otlp::OtlpBuildError) -> InitError,
    ) -> InitError {
        match error {
            radiosonde_otlp::OtlpBuildError::Endpoint(cause) if self.variable.is_some() => {
                self.refuse(URL, cause)
            }
            error => other(error),
        }
    }

    /// The error about a text that is from a variable.
    fn refuse(&self, allowed: &str, cause: impl Error + Send + Sync + 'static) -> InitError {
        let variable = self.variable.unwrap_or_default();
        // A URL may hold a password.
        let invalid = if self.text.contains('@') {
            InvalidVariable::secret(variable, allowed)
        } else {
            InvalidVariable::new(variable, &self.text, allowed)
        };
        invalid.because(cause).into()
    }
}
