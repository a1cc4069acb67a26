//! What code and environment amount to.

mod log_file;
mod otlp;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use radiosonde_core::{LevelNames, OverflowPolicy, Resource, diagnostics};
use radiosonde_log::{
    FileOptions, Format, InvalidFilter, LineSink, LogFilter, PanicHook, Profile, Redaction, Sampling,
    VolumeLimits, Writer,
};
use radiosonde_metrics::{Credentials, Listener, Registry};
use radiosonde_tower::DebugKey;
use radiosonde_trace::Sampler;

pub(crate) use self::otlp::OtlpSettings;
use crate::settings::queue::QueueChoice;
use crate::variables::Variables;
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
    pub(crate) loki: Option<LokiSettings>,
    pub(crate) otlp: Option<OtlpSettings>,
    pub(crate) otlp_logs: Option<OtlpSettings>,
    pub(crate) sampler: Sampler,
    /// `OTEL_SDK_DISABLED`: no spans, and nothing is delivered.
    pub(crate) disabled: bool,
    /// What has to have signed a request that asks to be debugged.
    pub(crate) debug_keys: Option<Vec<DebugKey>>,
    pub(crate) listen: Option<SocketAddr>,
    /// What whoever scrapes has to show one of.
    pub(crate) credentials: Option<Vec<Credentials>>,
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

/// A text with the variable that it is from, if it is from one: an error about it names that.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) variable: Option<&'static str>,
}

#[derive(Debug)]
pub(crate) struct LokiSettings {
    pub(crate) url: Given,
    pub(crate) tenant: Option<Given>,
}

impl Settings {
    pub(crate) fn resolve(code: TelemetryBuilder, variables: &Variables<'_>) -> Result<Self, InitError> {
        check_propagators(variables)?;
        check_span_limits(variables)?;
        let resource = resource(&code, variables)?;
        let queue = QueueChoice::resolve(&code, variables)?;
        let overflow = queue::overflow(&code, variables)?.unwrap_or_default();
        let listen = match code.metrics_listener {
            Some(address) => Some(address),
            None => listen(variables)?,
        };
        let credentials = match code.metrics_credentials {
            Some(credentials) => Some(credentials),
            None => token("RADIOSONDE_METRICS_BEARER_TOKEN", variables)?,
        };
        let loki = given(code.loki, &["RADIOSONDE_LOKI_URL"], variables)?;
        let tenant = given(code.loki_tenant, &["RADIOSONDE_LOKI_TENANT"], variables)?;
        Ok(Self {
            resource,
            registry: code.registry,
            service_label: code.service_label,
            panic_hook: code.panic_hook,
            loki: loki.map(|url| LokiSettings { url, tenant }),
            otlp: otlp::TRACES.resolve(code.otlp.clone(), None, variables)?,
            otlp_logs: otlp::LOGS.resolve(code.otlp_logs, code.otlp, variables)?,
            sampler: sampler(code.sampler, variables)?,
            disabled: variables.flag("OTEL_SDK_DISABLED")?,
            debug_keys: match code.debug_keys {
                Some(keys) => Some(keys),
                None => debug_keys(variables)?,
            },
            listen,
            credentials,
            log: LogSettings {
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
                levels_credentials: match code.log_levels_credentials {
                    Some(credentials) => Some(credentials),
                    None => token("RADIOSONDE_LOG_LEVELS_BEARER_TOKEN", variables)?,
                },
                writers: writers(code.writers, (code.log_file, code.log_file_options), &queue, variables)?,
                overflow,
                sinks: code.sinks,
                redaction: code.redaction,
                volume_limits: code.volume_limits,
                sampling: code.sampling,
            },
        })
    }
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

fn sampler(code: Option<Sampler>, variables: &Variables<'_>) -> Result<Sampler, InitError> {
    if let Some(sampler) = code {
        return Ok(sampler);
    }
    let name = variables.text("OTEL_TRACES_SAMPLER")?;
    let argument = variables.text("OTEL_TRACES_SAMPLER_ARG")?;
    Sampler::from_env_values(name.as_deref(), argument.as_deref()).map_err(InitError::Sampler)
}

fn resource(code: &TelemetryBuilder, variables: &Variables<'_>) -> Result<Resource, InvalidVariable> {
    const ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
    let mut resource = Resource::builder();
    if let Some(list) = variables.text(ATTRIBUTES)? {
        let refuse = |cause| InvalidVariable::new(ATTRIBUTES, &list, "key=value,key=value").because(cause);
        resource = resource.attributes_from(&list).map_err(refuse)?;
    }
    if let Some(name) = variables.text("OTEL_SERVICE_NAME")? {
        resource = resource.service_name(&name);
    }
    Ok(resource.merge(&code.resource).build())
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

fn listen(variables: &Variables<'_>) -> Result<Option<SocketAddr>, InvalidVariable> {
    let asked = variables.one_of("OTEL_METRICS_EXPORTER", &[("prometheus", true), ("none", false)])?;
    let host = match variables.text("OTEL_EXPORTER_PROMETHEUS_HOST")? {
        Some(host) if host.eq_ignore_ascii_case("localhost") => Some(Listener::DEFAULT_ADDRESS.ip()),
        Some(host) => {
            let refuse = |_| {
                InvalidVariable::new("OTEL_EXPORTER_PROMETHEUS_HOST", &host, "an IP address, or localhost")
            };
            Some(host.parse::<IpAddr>().map_err(refuse)?)
        }
        None => None,
    };
    let port = variables.parse::<u16>("OTEL_EXPORTER_PROMETHEUS_PORT", "a port from 0 to 65535")?;
    if !asked.unwrap_or(host.is_some() || port.is_some()) {
        return Ok(None);
    }
    let default = Listener::DEFAULT_ADDRESS;
    Ok(Some(SocketAddr::new(host.unwrap_or(default.ip()), port.unwrap_or(default.port()))))
}

fn given(
    code: Option<String>,
    names: &[&'static str],
    variables: &Variables<'_>,
) -> Result<Option<Given>, InvalidVariable> {
    Ok(match code {
        Some(text) => Some(Given { text, variable: None }),
        None => variables.first(names)?.map(|(name, text)| Given { text, variable: Some(name) }),
    })
}

/// W3C trace context is what there is. Baggage stands in OpenTelemetry's default value, so it is no error.
fn check_propagators(variables: &Variables<'_>) -> Result<(), InvalidVariable> {
    const VARIABLE: &str = "OTEL_PROPAGATORS";
    let Some(list) = variables.text(VARIABLE)? else { return Ok(()) };
    for name in list.split(',').map(str::trim) {
        match name {
            "tracecontext" => {}
            "baggage" => {
                let message = format_args!("{VARIABLE} names baggage, which is not carried on");
                diagnostics::report("radiosonde", "configuration", message);
            }
            _ => return Err(InvalidVariable::new(VARIABLE, &list, "tracecontext, baggage")),
        }
    }
    Ok(())
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
mod tests;
