use radiosonde_core::{LevelNames, Resource};
use radiosonde_delivery::{Delivery, HttpOptions, SinkOptions};
use radiosonde_queue::OverflowPolicy;

use super::OtlpLogs;
use super::export::ExportLogs;
use crate::connection::{ConnectionSettings, Target};
use crate::signal::LOGS;
use crate::{BuildError, Compression, encode};

/// Collects the settings of [`OtlpLogs`]. They are checked by [`build`](Self::build).
#[must_use]
#[derive(Debug, Clone)]
pub struct OtlpLogsBuilder {
    resource: Resource,
    names: LevelNames,
    connection: ConnectionSettings,
    overflow: OverflowPolicy,
}

impl OtlpLogsBuilder {
    pub(super) fn new(resource: &Resource) -> Self {
        let connection = ConnectionSettings::new(LOGS, "otlp_logs");
        Self {
            resource: resource.clone(),
            names: LevelNames::default(),
            connection,
            overflow: OverflowPolicy::default(),
        }
    }

    /// The base URL of all signals, as in `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/logs` is appended, unless the URL
    /// ends with it. `http://localhost:4318` unless set. For Loki, its URL with `/otlp`.
    pub fn endpoint(mut self, url: &str) -> Self {
        self.connection.endpoint = Target::Base(url.into(), LOGS);
        self
    }

    /// The URL for logs, as in `OTEL_EXPORTER_OTLP_LOGS_ENDPOINT`: used as it is.
    pub fn logs_endpoint(mut self, url: &str) -> Self {
        self.connection.endpoint = Target::Whole(url.into());
        self
    }

    /// Headers and credentials of every request. For those of `OTEL_EXPORTER_OTLP_HEADERS` see
    /// [`parse_headers`](crate::parse_headers).
    pub fn http(mut self, options: HttpOptions) -> Self {
        self.connection.http = options;
        self
    }

    /// How requests are compressed; not at all unless set.
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.connection.compression = compression;
        self
    }

    /// How the severity's text spells two of the levels; the same as in the lines.
    pub const fn level_names(mut self, names: LevelNames) -> Self {
        self.names = names;
        self
    }

    /// Bounds, batches, timeout and retries; those of [`SinkOptions`] under the name `otlp_logs` unless set.
    pub const fn options(mut self, options: SinkOptions) -> Self {
        self.connection.options = options;
        self
    }

    /// What happens to a line for which the queue has no room. Default: a line at ERROR or FATAL waits for up to 5 ms, an audit line
    /// for up to 5 s, and others are dropped.
    pub const fn overflow(mut self, policy: OverflowPolicy) -> Self {
        self.overflow = policy;
        self
    }

    /// Adds the sink to a delivery.
    ///
    /// # Errors
    /// [`BuildError`] names the setting that is refused.
    pub fn build(&self, delivery: &Delivery) -> Result<OtlpLogs, BuildError> {
        let export = ExportLogs::new(self.connection.check()?, encode::resource(&self.resource));
        let queue = delivery
            .sink(self.connection.options, &self.connection.http, export)
            .map_err(BuildError::Sink)?;
        Ok(OtlpLogs::new(queue, self.names, self.overflow))
    }
}
