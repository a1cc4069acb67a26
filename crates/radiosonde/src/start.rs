use crate::builder::{TelemetryBuilder, builder};
use crate::environment::variables::{Unsupported, Variables};
use crate::error::InitError;
use crate::install;
use crate::settings::Settings;
use crate::telemetry::Telemetry;

/// Sets up metrics, logs and traces for a service, from the environment: see `docs/configuration.md` for every variable.
///
/// `OTEL_SERVICE_NAME` gives the service another name. The same as
/// `radiosonde::builder().default_service_name(service_name).init()`.
///
/// # Errors
/// [`InitError`]; above all a variable with a value that cannot be understood, named with what is allowed.
pub fn init(service_name: impl Into<String>) -> Result<Telemetry, InitError> {
    builder().default_service_name(service_name).init()
}

impl TelemetryBuilder {
    /// Sets everything up: starts the delivery thread, and installs the `tracing` subscriber, the bridge for the `log` crate and
    /// the panic hook.
    ///
    /// Needs no runtime. May be called once in a process.
    ///
    /// # Errors
    /// [`InitError`]; nothing is installed then. If another thread installs a subscriber at the same moment, the bridge stays.
    pub fn init(self) -> Result<Telemetry, InitError> {
        let settings = Settings::resolve(self, &Variables::new(&|name| std::env::var_os(name)))?;
        settings.unsupported.iter().for_each(Unsupported::report);
        install::install(settings)
    }
}
