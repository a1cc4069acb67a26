//! What code and environment amount to.

mod exporter;
mod listener;
mod log_file;
pub(crate) mod loki;
pub(crate) mod otlp;
mod propagators;
mod unread;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use radiosonde_admin::Credentials;
use radiosonde_appender::FileOptions;
use radiosonde_core::{LevelNames, Resource, ResourceBuilder};
use radiosonde_log::{
    Format, InvalidFilter, LineSink, LogFilter, PanicHook, Profile, Redaction, Sampling, VolumeLimits, Writer,
};
use radiosonde_loki::LokiOptions;
use radiosonde_metrics::Registry;
use radiosonde_otlp::OtlpOptions;
use radiosonde_queue::OverflowPolicy;
use radiosonde_tower::DebugKey;
use radiosonde_trace::{InvalidSamplerKind, Sampler, TraceOptions};

pub(crate) use self::otlp::OtlpSettings;
use crate::layers::Layers;
use crate::settings::queue::QueueChoice;
use crate::variables::{Given, Unsupported, Variables};
use crate::{InitError, InvalidVariable, TelemetryBuilder};

pub(crate) mod queue;

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) resource: Resource,
    /// The one that code gives; without it the global one.
    pub(crate) registry: Option<Registry>,
    /// A label for the service's name, on streams and series.
    pub(crate) service_label: Option<String>,
    pub(crate) log: LogSettings,
    pub(crate) panic_hook: Option<PanicHook>,
    pub(crate) loki: Option<LokiOptions>,
    pub(crate) otlp: OtlpSettings,
    pub(crate) traces: TraceOptions,
    pub(crate) layers: Layers,
    /// What has to have signed a request that asks to be debugged.
    pub(crate) debug_keys: Option<Vec<DebugKey>>,
    pub(crate) listen: Option<SocketAddr>,
    /// What whoever scrapes has to show one of.
    pub(crate) credentials: Option<Vec<Credentials>>,
    /// Texts of variables that are checked where they are used.
    pub(crate) given: Vec<Given>,
    /// Variables of the specification that have no effect.
    pub(crate) unsupported: Vec<Unsupported>,
}

#[derive(Debug)]
pub(crate) struct LogSettings {
    pub(crate) format: Format,
    pub(crate) profile: Profile,
    pub(crate) promoted: Vec<String>,
    pub(crate) names: LevelNames,
    pub(crate) filter: LogFilter,
    /// What whoever changes levels over HTTP has to show one of.
    pub(crate) levels_credentials: Option<Vec<Credentials>>,
    pub(crate) writers: Vec<Writer>,
    /// Of the sinks that deliver lines.
    pub(crate) overflow: OverflowPolicy,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) redaction: Redaction,
    pub(crate) volume_limits: VolumeLimits,
    pub(crate) sampling: Sampling,
}

/// A sink that code asks for.
pub(crate) struct Sink(pub(crate) Arc<dyn LineSink>);

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sink")
    }
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
        let queue = QueueChoice::resolve(code.log_queue, code.log_overflow, variables)?;
        let overflow = queue::overflow(code.log_overflow, variables)?.unwrap_or_default();
        let listen = or_from(code.metrics_listener, || listener::address(variables))?;
        let credentials =
            or_from(code.metrics_credentials, || token("RADIOSONDE_METRICS_BEARER_TOKEN", variables))?;
        let loki = code.loki.or(loki::options(variables)?);
        let log = LogSettings {
            format: match code.log_format {
                Some(format) => format,
                None => variables.one_of("RADIOSONDE_LOG_FORMAT", &FORMATS)?.unwrap_or_default(),
            },
            profile: profile(code.log_profile, variables)?,
            promoted: code.promoted,
            names: match code.level_names {
                Some(names) => names,
                None => variables.one_of("RADIOSONDE_LOG_LEVEL_NAMES", &NAMES)?.unwrap_or_default(),
            },
            filter: filter(code.log_filter.as_deref(), variables)?,
            levels_credentials: or_from(code.log_levels_credentials, || {
                token("RADIOSONDE_LOG_LEVELS_BEARER_TOKEN", variables)
            })?,
            writers: writers(code.writers, (code.log_file, code.log_file_options), &queue, variables)?,
            overflow,
            sinks: code.sinks,
            redaction: code.redaction,
            volume_limits: code.volume_limits,
            sampling: code.sampling,
        };
        Ok(Self {
            resource,
            registry: code.registry,
            service_label: code.service_label,
            panic_hook: code.panic_hook,
            loki: (loki.has_url() && !disabled).then_some(loki),
            otlp,
            traces: code.traces.or(traces),
            layers: code.layers,
            debug_keys: or_from(code.debug_keys, || debug_keys(variables))?,
            listen,
            credentials,
            log,
            // After everything that reads one.
            given: variables.given(),
            unsupported: variables.settle()?,
        })
    }
}

/// What code sets, or else what the environment does.
fn or_from<T>(
    code: Option<T>,
    environment: impl FnOnce() -> Result<Option<T>, InvalidVariable>,
) -> Result<Option<T>, InvalidVariable> {
    if code.is_some() { Ok(code) } else { environment() }
}

const FORMATS: [(&str, Format); 3] =
    [("auto", Format::Auto), ("json", Format::Json), ("pretty", Format::Pretty)];

const NAMES: [(&str, LevelNames); 2] =
    [("warn_fatal", LevelNames::WarnFatal), ("warning_critical", LevelNames::WarningCritical)];

fn profile(code: Option<Profile>, variables: &Variables<'_>) -> Result<Profile, InvalidVariable> {
    let known = Profile::ALL.map(|profile| (profile.name(), profile));
    match code {
        Some(profile) => Ok(profile),
        None => Ok(variables.one_of("RADIOSONDE_LOG_PROFILE", &known)?.unwrap_or_default()),
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

fn filter(code: Option<&str>, variables: &Variables<'_>) -> Result<LogFilter, InitError> {
    const VARIABLE: &str = "RUST_LOG";
    if let Some(directives) = code {
        return directives.parse().map_err(InitError::LogFilter);
    }
    let Some(directives) = variables.text(VARIABLE)? else { return Ok(LogFilter::default()) };
    directives.parse().map_err(|cause: InvalidFilter| {
        let allowed =
            "level and target=level, comma-separated, with the levels off, error, warn, info, debug and trace";
        InvalidVariable::new(VARIABLE, &directives, allowed).because(cause).into()
    })
}

fn writers(
    mut writers: Vec<Writer>,
    (file, options): (Option<std::path::PathBuf>, Option<FileOptions>),
    queue: &QueueChoice,
    variables: &Variables<'_>,
) -> Result<Vec<Writer>, InitError> {
    // A writer or file in code wins over the variable.
    let file = match file {
        None if writers.is_empty() => log_file::path(variables)?,
        file => file,
    };
    let options = match options {
        Some(options) => options,
        // Also where no file is written, so that what cannot be understood is said.
        None => log_file::options(variables)?,
    };
    if let Some(path) = file {
        writers.push(queue.before(Writer::file_with(path, options).map_err(InitError::LogFile)?));
    }
    if writers.is_empty() {
        writers.push(queue.before(Writer::stdout()));
    }
    Ok(writers)
}

fn token(
    variable: &'static str,
    variables: &Variables<'_>,
) -> Result<Option<Vec<Credentials>>, InvalidVariable> {
    let Some(token) = variables.secret(variable)? else { return Ok(None) };
    let allowed = "letters, digits and -._~+/ with = at the end";
    let refuse = |cause| InvalidVariable::secret(variable, allowed).because(cause);
    Ok(Some(vec![Credentials::bearer(&token).map_err(refuse)?]))
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
