//! What code and environment amount to.

mod log_file;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use radiosonde_core::{LevelNames, Resource, diagnostics};
use radiosonde_log::{FileOptions, Format, InvalidFilter, LineSink, LogFilter, PanicHook, Redaction, Writer};
use radiosonde_metrics::{Credentials, Listener, Registry};
use radiosonde_otlp::{Compression, Headers};
use radiosonde_trace::Sampler;

use crate::variables::Variables;
use crate::{InitError, InvalidVariable, TelemetryBuilder};

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) resource: Resource,
    pub(crate) registry: Registry,
    pub(crate) log: LogSettings,
    pub(crate) panic_hook: Option<PanicHook>,
    pub(crate) loki: Option<LokiSettings>,
    pub(crate) otlp: Option<OtlpSettings>,
    pub(crate) sampler: Sampler,
    /// `OTEL_SDK_DISABLED`: no spans, and nothing is delivered.
    pub(crate) disabled: bool,
    pub(crate) listen: Option<SocketAddr>,
    /// What whoever scrapes has to show one of.
    pub(crate) credentials: Option<Vec<Credentials>>,
}

#[derive(Debug)]
pub(crate) struct LogSettings {
    pub(crate) format: Format,
    pub(crate) names: LevelNames,
    pub(crate) filter: LogFilter,
    pub(crate) writers: Vec<Writer>,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) redaction: Redaction,
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

#[derive(Debug)]
pub(crate) struct OtlpSettings {
    pub(crate) endpoint: Given,
    /// Whether the endpoint is for spans and stands as it is, or for all signals, so that `/v1/traces` is appended.
    pub(crate) for_traces: bool,
    pub(crate) headers: Headers,
    pub(crate) timeout: Option<Duration>,
    pub(crate) compression: Compression,
}

/// Where a collector listens unless told otherwise.
const OTLP_DEFAULT: &str = "http://localhost:4318";

impl Settings {
    pub(crate) fn resolve(code: TelemetryBuilder, variables: &Variables<'_>) -> Result<Self, InitError> {
        check_propagators(variables)?;
        check_span_limits(variables)?;
        let resource = resource(&code, variables)?;
        let listen = match code.metrics_listener {
            Some(address) => Some(address),
            None => listen(variables)?,
        };
        let credentials = match code.metrics_credentials {
            Some(credentials) => Some(credentials),
            None => token(variables)?,
        };
        let loki = given(code.loki, &["RADIOSONDE_LOKI_URL"], variables)?;
        let tenant = given(code.loki_tenant, &["RADIOSONDE_LOKI_TENANT"], variables)?;
        Ok(Self {
            resource,
            registry: code.registry.unwrap_or_else(|| Registry::global().clone()),
            panic_hook: code.panic_hook,
            loki: loki.map(|url| LokiSettings { url, tenant }),
            otlp: otlp(code.otlp, variables)?,
            sampler: match code.sampler {
                Some(sampler) => sampler,
                None => Sampler::from_env_values(
                    variables.text("OTEL_TRACES_SAMPLER")?.as_deref(),
                    variables.text("OTEL_TRACES_SAMPLER_ARG")?.as_deref(),
                )
                .map_err(InitError::Sampler)?,
            },
            disabled: variables.flag("OTEL_SDK_DISABLED")?,
            listen,
            credentials,
            log: LogSettings {
                format: match code.log_format {
                    Some(format) => format,
                    None => variables.one_of("RADIOSONDE_LOG_FORMAT", &FORMATS)?.unwrap_or_default(),
                },
                names: match code.level_names {
                    Some(names) => names,
                    None => variables.one_of("RADIOSONDE_LOG_LEVEL_NAMES", &NAMES)?.unwrap_or_default(),
                },
                filter: filter(code.log_filter.as_deref(), variables)?,
                writers: writers(code.writers, code.log_file, code.log_file_options, variables)?,
                sinks: code.sinks,
                redaction: code.redaction,
            },
        })
    }
}

const FORMATS: [(&str, Format); 3] =
    [("auto", Format::Auto), ("json", Format::Json), ("pretty", Format::Pretty)];

const NAMES: [(&str, LevelNames); 2] =
    [("warn_fatal", LevelNames::WarnFatal), ("warning_critical", LevelNames::WarningCritical)];

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
        let allowed = "a list of `level` and `target=level`";
        InvalidVariable::new(VARIABLE, &directives, allowed).because(cause).into()
    })
}

fn writers(
    mut writers: Vec<Writer>,
    file: Option<std::path::PathBuf>,
    options: Option<FileOptions>,
    variables: &Variables<'_>,
) -> Result<Vec<Writer>, InitError> {
    // A writer or file in code wins over the variable.
    let file = match file {
        None if writers.is_empty() => variables.text("RADIOSONDE_LOG_FILE")?.map(Into::into),
        file => file,
    };
    let options = match options {
        Some(options) => options,
        // Also where no file is written, so that what cannot be understood is said.
        None => log_file::options(variables)?,
    };
    if let Some(path) = file {
        writers.push(Writer::file_with(path, options).map_err(InitError::LogFile)?);
    }
    if writers.is_empty() {
        writers.push(Writer::stdout());
    }
    Ok(writers)
}

fn token(variables: &Variables<'_>) -> Result<Option<Vec<Credentials>>, InvalidVariable> {
    const VARIABLE: &str = "RADIOSONDE_METRICS_BEARER_TOKEN";
    let Some(token) = variables.text(VARIABLE)? else { return Ok(None) };
    let allowed = "letters, digits and -._~+/ with = at the end";
    let refuse = |cause| InvalidVariable::secret(VARIABLE, allowed).because(cause);
    Ok(Some(vec![Credentials::bearer(&token).map_err(refuse)?]))
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

fn otlp(code: Option<String>, variables: &Variables<'_>) -> Result<Option<OtlpSettings>, InvalidVariable> {
    const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    let exporter = variables.one_of("OTEL_TRACES_EXPORTER", &[("otlp", true), ("none", false)])?;
    if let Some((name, protocol)) = variables.first(&PROTOCOLS)?
        && protocol != "http/protobuf"
    {
        return Err(InvalidVariable::new(name, &protocol, "http/protobuf"));
    }
    let (compression, timeout, headers) = (compression(variables)?, timeout(variables)?, headers(variables)?);
    let settings =
        |endpoint, for_traces| Some(OtlpSettings { endpoint, for_traces, headers, timeout, compression });
    if let Some(text) = code {
        return Ok(settings(Given { text, variable: None }, false));
    }
    if exporter == Some(false) {
        return Ok(None);
    }
    if let Some(endpoint) = given(None, &["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], variables)? {
        return Ok(settings(endpoint, true));
    }
    // The specification would export to the default endpoint unless told not to; here somebody has to ask for it.
    let asked = exporter.map(|_| Given { text: OTLP_DEFAULT.to_owned(), variable: None });
    let base = given(None, &["OTEL_EXPORTER_OTLP_ENDPOINT"], variables)?.or(asked);
    Ok(base.and_then(|endpoint| settings(endpoint, false)))
}

fn compression(variables: &Variables<'_>) -> Result<Compression, InvalidVariable> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];
    let Some((name, text)) = variables.first(&names)? else { return Ok(Compression::default()) };
    text.parse().map_err(|_| InvalidVariable::new(name, &text, "gzip, none"))
}

fn timeout(variables: &Variables<'_>) -> Result<Option<Duration>, InvalidVariable> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
    let Some((name, text)) = variables.first(&names)? else { return Ok(None) };
    match text.parse() {
        Ok(millis) if millis > 0 => Ok(Some(Duration::from_millis(millis))),
        _ => Err(InvalidVariable::new(name, &text, "a number of milliseconds from 1")),
    }
}

fn headers(variables: &Variables<'_>) -> Result<Headers, InvalidVariable> {
    let names = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let Some((name, text)) = variables.first(&names)? else { return Ok(Headers::new()) };
    let allowed = "a list `key=value,key=value` with percent-encoded values";
    Headers::parse(&text).map_err(|cause| InvalidVariable::secret(name, allowed).because(cause))
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
