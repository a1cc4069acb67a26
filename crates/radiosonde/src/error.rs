use std::error::Error;
use std::fmt;

use radiosonde_admin::ListenError;
use radiosonde_appender::FileError;
use radiosonde_delivery::DeliveryStartError;
use radiosonde_log::{BridgeError, PanicHookError};
use radiosonde_metrics::{InvalidRegistry, RegisterError};
use radiosonde_signals::SloError;
use radiosonde_trace::{InvalidSampler, ProbeError};

/// Telemetry could not be set up. Nothing is half installed: the program may go on without, or stop.
///
/// `Debug` shows the sentence with its causes, as a `main` that returns the error prints it.
#[non_exhaustive]
pub enum InitError {
    /// It has been set up before. A process has one.
    AlreadyInitialised,
    /// An environment variable has a value that cannot be understood.
    Variable(InvalidVariable),
    /// The registry has another metric under the name of one of ours.
    Register(RegisterError),
    /// An objective is refused.
    Objective(SloError),
    /// The label for the service's name is refused.
    ServiceLabel(InvalidRegistry),
    /// The registry lacks the label for the service's name, and it is too late to give it one.
    NoServiceLabel {
        /// The label.
        label: Box<str>,
        /// Its value, the service's name.
        service: Box<str>,
    },
    /// The log file cannot be opened, or not be rotated as it should.
    LogFile(FileError),
    /// The log layer refuses its configuration.
    Log(radiosonde_log::JsonLayerBuildError),
    /// The filter of log lines cannot be read.
    LogFilter(radiosonde_log::InvalidFilter),
    /// The delivery thread cannot be started.
    Delivery(DeliveryStartError),
    /// The sampler that the environment names cannot be had.
    Sampler(InvalidSampler),
    /// The configuration of the Jaeger remote sampler is refused.
    JaegerRemote(Box<dyn Error + Send + Sync>),
    /// The configuration of the Loki sink is refused.
    Loki(Box<dyn Error + Send + Sync>),
    /// The configuration of the OTLP sink for spans is refused.
    Otlp(Box<dyn Error + Send + Sync>),
    /// The configuration of the OTLP sink for log records is refused.
    OtlpLogs(Box<dyn Error + Send + Sync>),
    /// A rule of alerts, their engine or the configuration of an Alertmanager is refused.
    Alerts(Box<dyn Error + Send + Sync>),
    /// The listener cannot listen.
    Listen(ListenError),
    /// The panic hook cannot be installed.
    PanicHook(PanicHookError),
    /// Another `tracing` subscriber is installed already.
    Subscriber,
    /// Another logger of the `log` crate is installed already.
    Bridge(BridgeError),
    /// Spans do not come through, as with two versions of OpenTelemetry in the program.
    Probe(ProbeError),
}

/// `invalid RADIOSONDE_LOG_FORMAT "xml": expected auto, json, pretty`
impl fmt::Debug for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyInitialised => "telemetry has been set up already; a process has one",
            Self::Variable(invalid) => return invalid.fmt(f),
            // It names its objective itself.
            Self::Objective(refused) => return refused.fmt(f),
            // It names its variable itself.
            Self::Sampler(invalid) => return invalid.fmt(f),
            Self::ServiceLabel(_) => "cannot give every series a label with the service's name",
            Self::NoServiceLabel { label, service } => {
                return write!(
                    f,
                    "the registry has no label {label:?} with the value {service:?}: expected a registry built with that label, or \
                     telemetry set up before the first metric of the global registry"
                );
            }
            Self::Register(_) => "cannot register the library's own metrics",
            Self::LogFile(_) => "cannot write the log file",
            Self::Log(_) => "cannot set up logging",
            Self::LogFilter(_) => "cannot read the log filter",
            Self::Delivery(_) => "cannot start the delivery thread",
            Self::JaegerRemote(_) => "cannot set up sampling as a Jaeger decides",
            Self::Loki(_) => "cannot set up the push to Loki",
            Self::Otlp(_) => "cannot set up the export of spans",
            Self::OtlpLogs(_) => "cannot set up the export of log records",
            Self::Alerts(_) => "cannot set up alerts",
            Self::Listen(_) => "cannot start the listener",
            Self::PanicHook(_) => "cannot make panics lines",
            Self::Subscriber => {
                "another `tracing` subscriber is installed already; set up telemetry before, and without another"
            }
            Self::Bridge(_) => "cannot take over records of the `log` crate",
            Self::Probe(_) => "spans do not come through",
        })
    }
}

impl Error for InitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(match self {
            Self::AlreadyInitialised | Self::Subscriber | Self::NoServiceLabel { .. } => return None,
            Self::ServiceLabel(invalid) => invalid,
            Self::Variable(invalid) => return invalid.source(),
            Self::Sampler(invalid) => return invalid.source(),
            Self::Objective(refused) => return refused.source(),
            Self::Register(error) => error,
            Self::LogFile(error) => error,
            Self::Log(error) => error,
            Self::LogFilter(error) => error,
            Self::PanicHook(error) => error,
            Self::Delivery(error) => error,
            Self::JaegerRemote(error)
            | Self::Loki(error)
            | Self::Otlp(error)
            | Self::OtlpLogs(error)
            | Self::Alerts(error) => &**error,
            Self::Listen(error) => error,
            Self::Bridge(error) => error,
            Self::Probe(error) => error,
        })
    }
}

/// An environment variable with a value that cannot be understood.
#[derive(Debug)]
pub struct InvalidVariable {
    name: &'static str,
    /// `None` where it is a secret.
    value: Option<Box<str>>,
    allowed: Box<str>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

/// Values longer than this are cut in messages.
const SHOWN: usize = 100;

impl InvalidVariable {
    pub(crate) fn new(name: &'static str, value: &str, allowed: &str) -> Self {
        Self { name, value: Some(value.into()), allowed: allowed.into(), cause: None }
    }

    /// For a variable whose value must not be shown.
    pub(crate) fn secret(name: &'static str, allowed: &str) -> Self {
        Self { name, value: None, allowed: allowed.into(), cause: None }
    }

    /// The same for a value that is otherwise reported and has no effect.
    pub(crate) fn by_strictness(mut self) -> Self {
        self.allowed = format!("{}, as RADIOSONDE_STRICT is set", self.allowed).into();
        self
    }

    pub(crate) fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// The variable.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The value, as far as it is shown; `None` where it is a secret.
    pub(crate) fn value(&self) -> Option<&str> {
        let value = self.value.as_deref()?;
        let end = value.char_indices().nth(SHOWN).map_or(value.len(), |(end, _)| end);
        Some(&value[..end])
    }

    /// What may stand in it.
    #[must_use]
    pub fn allowed(&self) -> &str {
        &self.allowed
    }
}

impl fmt::Display for InvalidVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, allowed, .. } = self;
        match self.value() {
            Some(value) => write!(f, "invalid {name} {value:?}: expected {allowed}"),
            None => write!(f, "invalid {name}: expected {allowed}"),
        }
    }
}

impl Error for InvalidVariable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as _)
    }
}

impl From<InvalidVariable> for InitError {
    fn from(invalid: InvalidVariable) -> Self {
        Self::Variable(invalid)
    }
}

impl From<RegisterError> for InitError {
    fn from(error: RegisterError) -> Self {
        Self::Register(error)
    }
}
