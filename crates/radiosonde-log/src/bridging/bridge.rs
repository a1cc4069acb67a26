use std::fmt;

use log::{LevelFilter, Log, Metadata, Record, SetLoggerError};
use radiosonde_core::silence::is_silenced;
use tracing_log::LogTracer;

use crate::bridging::pairs::Pairs;

/// Makes the records of the `log` crate events of `tracing`, for the whole process.
///
/// The lines that come of them carry the record's own target and key-values, and the fields of the span that is current. They
/// pass the same filters as events.
///
/// Key-values (`log::info!(user_id = 7, sku = "b-2"; "paid")`) go where fields of these names go, numbers and booleans as such,
/// and are redacted like fields. 64 are taken of a record; the line of a record with more says
/// `"truncated":true`. A layer remembers 1024 names and plans each other one again. Other layers do not see them, as an event of `tracing` has the fields of its callsite and no others.
///
/// Records of [silenced](radiosonde_core::silence) threads are ignored.
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
    let bridge = Bridge { tracer: LogTracer::new() };
    log::set_boxed_logger(Box::new(bridge)).map_err(|source| BridgeError { source })?;
    // Which of them are wanted is known to `tracing`, and changes.
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
            // None, also where the record comes from within another one that has some.
            Pairs::default()
        } else if self.tracer.enabled(record.metadata()) {
            Pairs::of(&source)
        } else {
            return;
        };
        pairs.lend(|| self.tracer.log(record));
    }

    fn flush(&self) {}
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
