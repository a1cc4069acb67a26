use std::fmt;

use log::{LevelFilter, Log, Metadata, Record, SetLoggerError};
use radiosonde_core::silence::is_silenced;
use tracing_log::LogTracer;

use crate::bridging::pairs::Pairs;

/// Turns records of the `log` crate into `tracing` events, for the whole process.
///
/// Their lines have the record's own target and key-values, and the fields of the current span. They pass the same filters as events.
///
/// Key-values (`log::info!(user_id = 7, sku = "b-2"; "paid")`) are placed like fields with these names, numbers and booleans
/// as such, and are redacted like fields. Up to 64 per record are kept; a line that lost some has `"truncated":true`. A
/// layer caches the plans of 1024 names and plans every further name each time. Other layers do not see the key-values,
/// because an event of `tracing` has only the fields of its callsite.
///
/// Records of [silenced](radiosonde_core::silence) threads are ignored.
///
/// Do not also turn events into records with the `log-always` feature of `tracing`: each would loop without end.
///
/// ```standalone_crate
/// radiosonde_log::bridge_log_records()?;
/// log::info!("now an event");
/// assert!(radiosonde_log::bridge_log_records().is_err(), "a process has one logger");
/// # Ok::<(), radiosonde_log::BridgeError>(())
/// ```
///
/// # Cost
/// A record below the most verbose level of all layers costs one comparison.
///
/// # Errors
/// [`BridgeError`] if the process already has a logger.
pub fn bridge_log_records() -> Result<(), BridgeError> {
    let bridge = Bridge { tracer: LogTracer::new() };
    log::set_boxed_logger(Box::new(bridge)).map_err(|source| BridgeError { source })?;
    // Whether a record is wanted is decided by `tracing`, and may change.
    log::set_max_level(LevelFilter::Trace);
    Ok(())
}

struct Bridge {
    tracer: LogTracer,
}

impl Log for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !is_silenced() && self.tracer.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if is_silenced() {
            return;
        }
        let source = record.key_values();
        let pairs = if source.count() == 0 {
            // Empty, also if the record is emitted while another one with key-values is being formatted.
            Pairs::default()
        } else if self.tracer.enabled(record.metadata()) {
            Pairs::of(&source)
        } else {
            return;
        };
        pairs.provide(|| self.tracer.log(record));
    }

    fn flush(&self) {}
}

/// The process already has a logger for the records of the `log` crate.
#[derive(Debug)]
pub struct BridgeError {
    source: SetLoggerError,
}

impl fmt::Display for BridgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot bridge `log` records: the process already has a logger")
    }
}

impl std::error::Error for BridgeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}
