//! What code and environment amount to.

mod listener;
pub(crate) mod log;
mod log_file;
mod propagators;
mod span_limits;

use std::mem;

use radiosonde_admin::{AdminOptions, Credentials, LevelsOptions, MetricsOptions};
use radiosonde_core::{Resource, ResourceBuilder};
use radiosonde_log::{LogFilter, LogOptions, PanicHook};
use radiosonde_metrics::Registry;
use radiosonde_signals::Slo;
use radiosonde_tower::{ClientLayerBuilder, DebugKey, ServerLayerBuilder};
use radiosonde_trace::{InvalidSamplerKind, Sampler, TraceOptions};

use crate::builder::TelemetryBuilder;
use crate::config::Config;
use crate::environment::unread;
use crate::environment::variables::{Given, Unsupported, Variables};
use crate::error::{InitError, InvalidVariable};
use crate::layers::Layers;
use crate::remote_sampling::{RemoteSampling, SAMPLERS};
use crate::to_alerts::EngineBuilder;
use crate::to_otlp::Exports;
use crate::{to_alerts, to_loki};

/// The queue before standard output and the log file.
const QUEUE_BYTES: usize = 8 << 20;

/// Asks for finished traces on standard error.
const TRACES_CONSOLE: &str = "RADIOSONDE_TRACES_CONSOLE";

const SAMPLER_ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) resource: Resource,
    /// The one that code gives; without it the global one.
    pub(crate) registry: Option<Registry>,
    /// A label for the service's name, on streams and series.
    pub(crate) service_label: Option<String>,
    pub(crate) logs: LogOptions,
    pub(crate) filter: LogFilter,
    pub(crate) admin: AdminOptions,
    pub(crate) levels: LevelsOptions,
    pub(crate) panic_hook: Option<PanicHook>,
    pub(crate) loki: to_loki::Options,
    pub(crate) otlp: Exports,
    pub(crate) traces: TraceOptions,
    pub(crate) remote_sampling: Option<RemoteSampling>,
    pub(crate) layers: Layers,
    pub(crate) global_opentelemetry: bool,
    /// What has to have signed a request that asks to be debugged.
    pub(crate) debug_keys: Option<Vec<DebugKey>>,
    pub(crate) server: ServerLayerBuilder,
    pub(crate) client: ClientLayerBuilder,
    pub(crate) objectives: Vec<Slo>,
    pub(crate) alerts: to_alerts::Options,
    pub(crate) engine: Option<EngineBuilder>,
    pub(crate) metrics: MetricsOptions,
    /// Texts of variables that are checked where they are used.
    pub(crate) given: Vec<Given>,
    /// Variables of the specification that have no effect.
    pub(crate) unsupported: Vec<Unsupported>,
}

impl Settings {
    pub(crate) fn resolve(builder: TelemetryBuilder, variables: &Variables<'_>) -> Result<Self, InitError> {
        let TelemetryBuilder { mut code, mut file, default_resource, .. } = builder;
        // No spans, and nothing is delivered.
        let disabled = variables.specified_flag("OTEL_SDK_DISABLED")?;
        let (of_code, of_file) = (mem::take(&mut code.otlp), mem::take(&mut file.otlp));
        let otlp = match disabled {
            true => Exports::default(),
            false => Exports::resolve(of_code, of_file, variables)?,
        };
        unread::check(variables, otlp.has_lines);
        let environment = environment(&code, (disabled, otlp.has_console), variables)?;
        let Config {
            resource,
            service_label,
            filter,
            logs,
            traces,
            metrics,
            admin,
            levels,
            loki,
            alerts,
            remote_sampling,
            ..
        } = code.or(environment).or(file);
        let logs = logs.or(LogOptions::new().queue_bytes(QUEUE_BYTES));
        let debug_keys = match builder.debug_keys {
            Some(keys) => Some(keys),
            None => debug_keys(variables)?,
        };
        // After everything that reads one.
        let (given, unsupported) = (variables.given(), variables.settle()?);
        Ok(Self {
            resource: resource.or(default_resource).build(),
            registry: builder.registry,
            service_label,
            logs: if logs.has_output() { logs } else { logs.stdout() },
            filter: log::filter(filter.as_deref(), &given)?,
            admin,
            levels,
            panic_hook: builder.panic_hook,
            loki: if disabled { to_loki::Options::default() } else { loki },
            otlp,
            traces,
            remote_sampling: if disabled { None } else { remote_sampling },
            layers: builder.layers,
            global_opentelemetry: builder.global_opentelemetry,
            debug_keys,
            server: builder.server,
            client: builder.client,
            objectives: builder.objectives,
            alerts: if disabled { to_alerts::Options::default() } else { alerts },
            engine: builder.engine,
            metrics,
            given,
            unsupported,
        })
    }
}

/// What the variables set, where it matters.
fn environment(
    code: &Config,
    (disabled, has_console): (bool, bool),
    variables: &Variables<'_>,
) -> Result<Config, InitError> {
    let mut traces = if disabled { TraceOptions::new().disabled(true) } else { TraceOptions::new() };
    if let Some(propagators) = propagators::propagators(variables)? {
        traces = traces.propagators(propagators);
    }
    let mut remote_sampling = None;
    if !disabled && !code.traces.has_sampler() && code.remote_sampling.is_none() {
        (traces, remote_sampling) = sampler(traces, variables)?;
    }
    if !disabled {
        traces = traces.limits(span_limits::span_limits(variables)?);
    }
    if has_console {
        traces = traces.console(true);
    }
    if variables.is_set(TRACES_CONSOLE) {
        traces = traces.console(variables.flag(TRACES_CONSOLE)?);
    }
    let mut metrics = match code.metrics.has_listener() {
        true => MetricsOptions::new(),
        false => listener::options(variables)?,
    };
    if let Some(token) = token("RADIOSONDE_METRICS_BEARER_TOKEN", variables)? {
        metrics = metrics.credentials([token]);
    }
    let mut admin = AdminOptions::new();
    if let Some(token) = token("RADIOSONDE_ADMIN_BEARER_TOKEN", variables)? {
        admin = admin.credentials([token]);
    }
    let mut levels = LevelsOptions::new();
    if let Some(token) = token("RADIOSONDE_LOG_LEVELS_BEARER_TOKEN", variables)? {
        levels = levels.credentials([token]);
    }
    Ok(Config {
        resource: resource(variables)?,
        filter: log::filter_text(variables)?,
        logs: log::options(variables)?,
        traces,
        remote_sampling,
        metrics,
        admin,
        levels,
        loki: to_loki::options(variables)?,
        alerts: to_alerts::options(variables)?,
        ..Config::default()
    })
}

/// The sampler that the environment names: for the traces, or one that asks a Jaeger.
fn sampler(
    traces: TraceOptions,
    variables: &Variables<'_>,
) -> Result<(TraceOptions, Option<RemoteSampling>), InitError> {
    const VARIABLE: &str = "OTEL_TRACES_SAMPLER";
    let (name, argument) = (variables.text(VARIABLE)?, variables.text(SAMPLER_ARGUMENT)?);
    let without_effect = |instead| {
        if argument.is_some() {
            // The value does not matter, and may hold a password.
            let expected = "a sampler with an argument in OTEL_TRACES_SAMPLER";
            variables.unsupported(InvalidVariable::secret(SAMPLER_ARGUMENT, expected), instead);
        }
    };
    let Some(name) = name else {
        without_effect("OTEL_TRACES_SAMPLER names no sampler");
        return Ok((traces, None));
    };
    if let Some(remote) = RemoteSampling::read(&name, argument.as_deref())? {
        return Ok((traces, Some(remote)));
    }
    match Sampler::from_env_values(Some(&name), argument.as_deref()) {
        Err(invalid) if invalid.kind() == InvalidSamplerKind::Unsupported => {
            let error = InvalidVariable::new(VARIABLE, invalid.value(), SAMPLERS).because(invalid);
            variables.unsupported(error, "parentbased_always_on is used instead");
            Ok((traces.sampler(Sampler::parent_based_always_on()), None))
        }
        Err(invalid) if invalid.kind() == InvalidSamplerKind::Unknown => {
            Err(InvalidVariable::new(VARIABLE, invalid.value(), SAMPLERS).into())
        }
        read => {
            let sampler = read.map_err(InitError::Sampler)?;
            if !name.to_ascii_lowercase().ends_with("traceidratio") {
                without_effect("the sampler that OTEL_TRACES_SAMPLER names takes no argument");
            }
            Ok((traces.sampler(sampler), None))
        }
    }
}

fn resource(variables: &Variables<'_>) -> Result<ResourceBuilder, InvalidVariable> {
    const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let mut resource = Resource::builder();
    if let Some(list) = variables.text(ATTRIBUTES)? {
        let refuse = |cause| InvalidVariable::new(ATTRIBUTES, &list, "key=value,key=value").because(cause);
        resource = resource.attributes_from(&list).map_err(refuse)?;
    }
    if let Some(name) = variables.text("OTEL_SERVICE_NAME")? {
        resource = resource.service_name(&name);
    }
    Ok(resource)
}

fn token(variable: &'static str, variables: &Variables<'_>) -> Result<Option<Credentials>, InvalidVariable> {
    let Some(token) = variables.secret(variable)? else { return Ok(None) };
    let allowed = "letters, digits and -._~+/ with = at the end";
    let refuse = |cause| InvalidVariable::secret(variable, allowed).because(cause);
    Credentials::bearer(&token).map(Some).map_err(refuse)
}

fn debug_keys(variables: &Variables<'_>) -> Result<Option<Vec<DebugKey>>, InvalidVariable> {
    const VARIABLE: &str = "RADIOSONDE_DEBUG_KEYS";
    let Some(keys) = variables.secret(VARIABLE)? else { return Ok(None) };
    let refuse = |cause| {
        InvalidVariable::secret(VARIABLE, "secrets of 16 bytes and more, comma-separated").because(cause)
    };
    keys.split(',').map(|key| DebugKey::new(key.trim()).map_err(refuse)).collect::<Result<_, _>>().map(Some)
}

#[cfg(all(test, feature = "alerts", feature = "loki", feature = "otlp"))]
mod alert_tests;
#[cfg(test)]
mod specified_tests;
#[cfg(test)]
mod tests;
