use radiosonde_core::LevelNames;
use radiosonde_metrics::{Counter, DynFamily, RegisterError, Registry};

use crate::drop_counters::DropCounters;
use crate::drop_reason::DropReason;
use crate::file::file_metrics::{FileMetrics, FilesMetrics};

/// The self metrics of outputs: `radiosonde_log_dropped_total{writer,reason,level}` and, for files,
/// `radiosonde_log_file_rotations_total{writer}`, `radiosonde_log_file_removed_total{writer,reason}` and
/// `radiosonde_log_file_failures_total{writer,action}`.
#[derive(Debug)]
pub struct OutputMetrics {
    dropped: DynFamily<Counter>,
    files: FilesMetrics,
    names: LevelNames,
}

impl OutputMetrics {
    /// Registers the metrics; `names` are the values of the `level` label.
    ///
    /// # Errors
    /// [`RegisterError`] if one of them conflicts with another metric of its name.
    pub fn register(registry: &Registry, names: LevelNames) -> Result<Self, RegisterError> {
        let dropped = registry
            .counter("radiosonde_log_dropped_total", "Log lines not written, by writer, reason and level.")
            .labels(&["writer", "reason", "level"])?;
        Ok(Self { dropped, files: FilesMetrics::new(registry)?, names })
    }

    /// The counters of lines that `writer` drops, for the reasons that apply to it.
    #[must_use]
    pub fn dropped(&self, writer: &str, reasons: &[DropReason]) -> DropCounters {
        DropCounters::new(&self.dropped, self.names, writer, reasons)
    }

    pub(crate) fn file(&self, writer: &str) -> FileMetrics {
        self.files.of(writer)
    }
}
