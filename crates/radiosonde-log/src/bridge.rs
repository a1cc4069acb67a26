use std::fmt;

use tracing_log::LogTracer;
use tracing_log::log_tracer::SetLoggerError;

/// Makes the records of the `log` crate events of `tracing`, for the whole process.
///
/// The lines that come of them carry the record's own target, and the fields of the span that is current. They pass the same
/// filters as events.
///
/// An application must not also turn events into records with the `log-always` feature of `tracing`: each would come round
/// without end.
///
/// ```standalone_crate
/// radiosonde_log::bridge_log_records()?;
/// log::info!("now an event");
/// assert!(radiosonde_log::bridge_log_records().is_err(), "a process has one logger");
/// # Ok::<(), radiosonde_log::BridgeError>(())
/// ```
///
/// # Cost
/// A record below the most verbose level that any layer takes costs one comparison.
///
/// # Errors
/// [`BridgeError`] if the process has a logger already.
pub fn bridge_log_records() -> Result<(), BridgeError> {
    LogTracer::init().map_err(|source| BridgeError { source })
}

/// The records of the `log` crate cannot be had, as somebody has them already.
#[derive(Debug)]
pub struct BridgeError {
    source: SetLoggerError,
}

impl fmt::Display for BridgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot bridge `log` records: the process has a logger already, and there can be one")
    }
}

impl std::error::Error for BridgeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
