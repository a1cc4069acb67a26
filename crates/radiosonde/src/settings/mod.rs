//! What code and environment amount to.

mod exporter;
mod listener;
pub(crate) mod log;
mod log_file;
pub(crate) mod loki;
pub(crate) mod otlp;
mod propagators;
mod unread;

use radiosonde_admin::{Credentials, LevelsOptions, MetricsOptions};
use radiosonde_core::{Resource, ResourceBuilder};
use radiosonde_log::{LogFilter, LogOptions, PanicHook};
use radiosonde_loki::LokiOptions;
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_tower::DebugKey;
use radiosonde_trace::{InvalidSamplerKind, Sampler, TraceOptions};

pub(crate) use self::otlp::OtlpSettings;
use crate::layers::Layers;
use crate::variables::{Given, Unsupported, Variables};
use crate::{InitError, InvalidVariable, TelemetryBuilder};

/// The queue before standard output and the log file.
const QUEUE_BYTES: usize = 8 << 20;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) resource: Resource,
    /// The one that code gives; without it the global one.
    pub(crate) registry: Option<Registry>,
    /// A label for the service's name, on streams and series.
    pub(crate) service_label: Option<String>,
    pub(crate) log: LogOptions,
    pub(crate) filter: LogFilter,
    pub(crate) levels: LevelsOptions,
    pub(crate) panic_hook: Option<PanicHook>,
    pub(crate) loki: Option<LokiOptions>,
    pub(crate) otlp: OtlpSettings,
    pub(crate) traces: TraceOptions,
    pub(crate) layers: Layers,
    /// What has to have signed a request that asks to be debugged.
    pub(crate) debug_keys: Option<Vec<DebugKey>>,
    pub(crate) metrics: MetricsOptions,
    /// Texts of variables that are checked where they are used.
    pub(crate) given: Vec<Given>,
    /// Variables of the specification that have no effect.
    pub(crate) unsupported: Vec<Unsupported>,
}

impl Settings {
    pub(crate) fn resolve(code: TelemetryBuilder, variables: &Variables<'_>) -> Result<Self, InitError> {
        // No spans, and nothing is delivered.
        let disabled = variables.specified_flag("OTEL_SDK_DISABLED")?;
        let mut traces = TraceOptions::new().disabled(disabled);
        if let Some(propagates) = propagators::carry_trace_context(variables)? {
            traces = traces.propagate(propagates);
        }
        let otlp = match disabled {
            true => OtlpSettings::default(),
            false => OtlpSettings::resolve(code.otlp, OtlpOptions::default(), variables)?,
        };
        if otlp.has_spans {
            check_span_limits(variables)?;
        }
        if !disabled && !code.traces.has_sampler() {
            traces = sampler(traces, variables)?;
        }
        unread::check(variables, otlp.has_spans, otlp.has_lines);
        let resource = code.resource.or(resource(variables)?).or(code.default_resource).build();
        let mut metrics = match code.metrics.has_listener() {
            true => MetricsOptions::new(),
            false => listener::options(variables)?,
        };
        if let Some(token) = token("RADIOSONDE_METRICS_BEARER_TOKEN", variables)? {
            metrics = metrics.credentials([token]);
        }
        let mut levels = LevelsOptions::new();
        if let Some(token) = token("RADIOSONDE_LOG_LEVELS_BEARER_TOKEN", variables)? {
            levels = levels.credentials([token]);
        }
        let loki = code.loki.or(loki::options(variables)?);
        let mut log = code.logs.or(log::options(variables)?).or(LogOptions::new().queue_bytes(QUEUE_BYTES));
        if !log.has_output() {
            log = log.stdout();
        }
        Ok(Self {
            resource,
            registry: code.registry,
            service_label: code.service_label,
            panic_hook: code.panic_hook,
            loki: (loki.has_url() && !disabled).then_some(loki),
            otlp,
            traces: code.traces.or(traces),
            layers: code.layers,
            debug_keys: match code.debug_keys {
                Some(keys) => Some(keys),
                None => debug_keys(variables)?,
            },
            metrics: code.metrics.or(metrics),
            levels: code.levels.or(levels),
            log,
            filter: log::filter(code.filter.as_deref(), variables)?,
            // After everything that reads one.
            given: variables.given(),
            unsupported: variables.settle()?,
        })
    }
}

fn sampler(traces: TraceOptions, variables: &Variables<'_>) -> Result<TraceOptions, InitError> {
    const VARIABLE: &str = "OTEL_TRACES_SAMPLER";
    let Some(name) = variables.text(VARIABLE)? else { return Ok(traces) };
    let argument = variables.text("OTEL_TRACES_SAMPLER_ARG")?;
    match Sampler::from_env_values(Some(&name), argument.as_deref()) {
        Err(invalid) if invalid.kind() == InvalidSamplerKind::Unsupported => {
            let expected = "always_on, always_off, traceidratio, and each with parentbased_ before it";
            let error = InvalidVariable::new(VARIABLE, invalid.value(), expected).because(invalid);
            variables.unsupported(error, "parentbased_always_on is used instead");
            Ok(traces.sampler(Sampler::parent_based_always_on()))
        }
        read => Ok(traces.sampler(read.map_err(InitError::Sampler)?)),
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

/// OpenTelemetry's SDK reads these itself, and takes its default without a word where it cannot.
fn check_span_limits(variables: &Variables<'_>) -> Result<(), InvalidVariable> {
    for name in
        ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT"]
    {
        variables.parse::<u32>(name, "a number from 0 to 4294967295")?;
    }
    Ok(())
}

#[cfg(test)]
mod specified_tests;
#[cfg(test)]
mod tests;
