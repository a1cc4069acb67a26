//! Puts the parts together and makes them the process' own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_log::{LevelReload, LineSink, LogOptions, bridge_log_records};
use radiosonde_loki::LokiOptions;
use radiosonde_metrics::{InvalidRegistry, RegisterError, Registry};
use radiosonde_otlp::OtlpOptions;
use radiosonde_tower::{ClientLayer, DebugKey, DebugRequests, ServerLayer};
use tracing::dispatcher;
use tracing::subscriber::NoSubscriber;

use crate::settings::{OtlpSettings, Settings, log, loki, otlp};
use crate::variables::Given;
use crate::{InitError, Telemetry};

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
        filter,
        levels: levels_options,
        panic_hook,
        loki,
        otlp,
        traces,
        layers,
        debug_keys,
        metrics,
        given,
        ..
    } = settings;
    if !dispatcher::get_default(|there| there.is::<NoSubscriber>()) {
        return Err(InitError::Subscriber);
    }
    let registry = registry_with(service_label.as_deref(), registry, &resource)?;
    let (server, client) =
        (server_layer(&registry, debug_keys)?, ClientLayer::builder().registry(&registry).build()?);
    let delivery = Delivery::builder().registry(&registry).start().map_err(InitError::Delivery)?;
    let mut traces = traces.resource(&resource).registry(&registry);
    if otlp.has_spans {
        let refuse = |error| otlp::blame(&error, &given).map_or(InitError::Otlp(error), InitError::Variable);
        traces = traces.sink(otlp.options.build_spans(&resource, &delivery).map_err(refuse)?);
    }
    let traces = traces.build()?;
    let (filter, levels) = LevelReload::builder(filter).registry(&registry).build()?;
    let levels_service = levels_options.service(&levels);
    let sinks = delivered((loki, &otlp), (&log, service_label.as_deref()), &given, &resource, &delivery)?;
    let log = sinks.into_iter().fold(log, LogOptions::sink).resource(&resource).registry(&registry);
    let lines = log.build().map_err(|error| log::refuse(error, &given))?;
    let logs = lines.handle();
    let subscriber = layers.with_ours(filter, &traces, lines);
    dispatcher::with_default(&subscriber, || traces.probe()).map_err(InitError::Probe)?;

    let metrics_service = metrics.service(&registry);
    let listener = metrics.listen(&metrics_service).map_err(InitError::Listen)?;

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
        (metrics_service, listener),
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
    let server = ServerLayer::builder().registry(registry);
    match debug_keys {
        Some(keys) => server.debug_requests(DebugRequests::new(keys)),
        None => server,
    }
    .build()
}

/// The sinks that deliver lines.
fn delivered(
    (loki, otlp): (Option<LokiOptions>, &OtlpSettings),
    (log, service_label): (&LogOptions, Option<&str>),
    given: &[Given],
    resource: &Resource,
    delivery: &Delivery,
) -> Result<Vec<Arc<dyn LineSink>>, InitError> {
    let mut sinks = Vec::<Arc<dyn LineSink>>::new();
    if let Some(mut options) = loki {
        options = options.or(LokiOptions::default().level_names(log.names()).overflow(log.overflow_policy()));
        if let Some(label) = service_label {
            options = options.label(label, resource.service_name());
        }
        let refuse = |error| loki::blame(&error, given).map_or(InitError::Loki(error), InitError::Variable);
        sinks.push(Arc::new(options.build(resource, delivery).map_err(refuse)?));
    }
    if otlp.has_lines {
        let logs = OtlpOptions::default().level_names(log.names()).overflow(log.overflow_policy());
        let logs = otlp.options.clone().or(logs).build_logs(resource, delivery);
        let refuse =
            |error| otlp::blame(&error, given).map_or(InitError::OtlpLogs(error), InitError::Variable);
        sinks.push(Arc::new(logs.map_err(refuse)?));
    }
    Ok(sinks)
}
