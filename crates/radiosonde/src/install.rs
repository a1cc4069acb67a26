//! Puts the parts together and makes them the process' own.

use std::sync::atomic::{AtomicBool, Ordering};

use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_log::{LevelReload, LogOptions, PanicHook, bridge_log_records};
use radiosonde_metrics::{InvalidRegistry, RegisterError, Registry};
use radiosonde_signals::{Objectives, Slo};
use radiosonde_tower::{DebugKey, DebugRequests, ServerLayer, ServerLayerBuilder};
use radiosonde_trace::TracePipeline;
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, dispatcher};

use crate::error::InitError;
use crate::served::Served;
use crate::settings::{Settings, log};
use crate::telemetry::Telemetry;
use crate::to_alerts::Alerts;
use crate::{shutdown_signal, to_loki, to_opentelemetry};

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
        logs,
        filter,
        admin,
        levels: levels_options,
        panic_hook,
        loki,
        otlp,
        traces,
        remote_sampling,
        layers,
        global_opentelemetry,
        debug_keys,
        server,
        client,
        objectives,
        alerts,
        engine,
        metrics,
        given,
        ..
    } = settings;
    refuse_another_subscriber()?;
    let registry = registry_with(service_label.as_deref(), registry, &resource)?;
    // Before the layers, whose buckets they add to.
    let has_objectives = declare(objectives, &registry)?;
    let (server, client) =
        (server_layer(server.registry(&registry), debug_keys)?, client.registry(&registry).build()?);
    let delivery = Delivery::builder().registry(&registry).start().map_err(InitError::Delivery)?;
    let backend = (&resource, &delivery);
    let traces = match remote_sampling {
        Some(remote) => remote.add_to(traces, &registry, backend)?,
        None => traces,
    };
    let traces = otlp.add_to(traces.resource(&resource).registry(&registry), &given, backend)?.build()?;
    let (filter, levels) = LevelReload::builder(filter).registry(&registry).build()?;
    let loki = to_loki::sink(loki, service_label.as_deref(), &logs, &given, backend)?;
    let sinks = loki.into_iter().chain(otlp.sink(&logs, &given, backend)?);
    let logs = sinks.fold(logs, LogOptions::sink).resource(&resource).registry(&registry);
    let lines = logs.build().map_err(|error| log::refuse(error, &given))?;
    let logs = lines.handle();
    let subscriber = layers.with_ours(filter, &traces, lines);
    dispatcher::with_default(&subscriber, || traces.probe()).map_err(InitError::Probe)?;

    let mut alerts = Alerts::start(alerts, engine, has_objectives, &registry, backend)?;
    let served = Served::start((&metrics, &admin), &registry, levels_options.service(&levels), &traces)?;

    // From here on the process is changed; what can fail has been tried.
    take_over(subscriber, panic_hook.map(|hook| hook.registry(&registry).flush(&logs)))?;
    alerts.log();
    make_global(&traces, global_opentelemetry);
    expose(&registry, &resource, &served);
    Ok(Telemetry::new(
        resource,
        registry,
        (levels, logs),
        (server, client),
        traces,
        (alerts, delivery),
        served,
    ))
}

/// Makes panics, records of the `log` crate and events the subscriber's.
fn take_over(subscriber: Dispatch, panic_hook: Option<PanicHook>) -> Result<(), InitError> {
    if let Some(hook) = panic_hook {
        // Without a subscriber it leaves panics to the hook before.
        hook.install().map_err(InitError::PanicHook)?;
    }
    bridge_log_records().map_err(InitError::Bridge)?;
    dispatcher::set_global_default(subscriber).map_err(|_| InitError::Subscriber)
}

/// Shows the process: in the registry, and as not ready once it is asked to end.
fn expose(registry: &Registry, resource: &Resource, served: &Served) {
    shutdown_signal::also_for(&served.health);
    registry.expose_process();
    registry.expose_build_info(resource);
}

/// Makes the pipeline the process' own, and also that of the OpenTelemetry API if that is to be replaced.
fn make_global(traces: &TracePipeline, replaces_opentelemetry: bool) {
    traces.install_global();
    if replaces_opentelemetry {
        to_opentelemetry::install(traces);
    }
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

fn refuse_another_subscriber() -> Result<(), InitError> {
    let is_none = dispatcher::get_default(|there| there.is::<NoSubscriber>());
    if is_none { Ok(()) } else { Err(InitError::Subscriber) }
}

/// Declares the objectives; whether the registry has any.
fn declare(objectives: Vec<Slo>, registry: &Registry) -> Result<bool, InitError> {
    let board = Objectives::of(registry);
    board.declare_all(objectives).map_err(InitError::Objective)?;
    Ok(!board.slos().is_empty())
}

fn server_layer(
    server: ServerLayerBuilder,
    debug_keys: Option<Vec<DebugKey>>,
) -> Result<ServerLayer, RegisterError> {
    match debug_keys {
        Some(keys) => server.debug_requests(DebugRequests::new(keys)),
        None => server,
    }
    .build()
}
