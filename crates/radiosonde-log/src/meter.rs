use radiosonde_core::{Level, LevelNames};
use radiosonde_metrics::{Counter, RegisterError, Registry, Vector};

/// The layer's own counters.
#[derive(Debug)]
pub(crate) struct Meter {
    lines: [Counter; 6],
    truncated: Counter,
    fmt_errors: Counter,
    dropped: Vector<Counter>,
    suppressed: Vector<Counter>,
    nested: Counter,
}

/// What a writer or sink did not take, by reason.
#[derive(Debug)]
pub(crate) struct Dropped {
    /// A write failed.
    pub(crate) write: Counter,
    /// An earlier write failed and it was too early to try again.
    pub(crate) waiting: Counter,
    /// The writer or sink panicked.
    pub(crate) panicked: Counter,
}

impl Meter {
    pub(crate) fn new(registry: &Registry, names: LevelNames) -> Result<Self, RegisterError> {
        let lines =
            registry.counter("radiosonde_log_lines_total", "Log lines made, by level.").labels(&["level"])?;
        let dropped = registry
            .counter("radiosonde_log_dropped_total", "Log lines not written, by writer and reason.")
            .labels(&["writer", "reason"])?;
        Ok(Self {
            lines: Level::ALL.map(|level| lines.handle(&[level.name(names)])),
            truncated: registry
                .counter("radiosonde_log_truncated_total", "Log lines of which something was cut to fit.")
                .build()?,
            fmt_errors: registry
                .counter("radiosonde_log_fmt_errors_total", "Field values whose own formatting failed.")
                .build()?,
            nested: dropped.handle(&["layer", "nested"]),
            dropped,
            suppressed: registry
                .counter(
                    "radiosonde_log_suppressed_total",
                    "Events that limits and sampling kept from becoming lines.",
                )
                .labels(&["level", "reason"])?,
        })
    }

    pub(crate) fn dropped(&self, writer: &str) -> Dropped {
        let by = |reason| self.dropped.handle(&[writer, reason]);
        Dropped { write: by("write"), waiting: by("waiting"), panicked: by("panicked") }
    }

    /// What limits and sampling keep back, by level and reason.
    pub(crate) fn suppressed(&self) -> Vector<Counter> {
        self.suppressed.clone()
    }

    pub(crate) fn line(&self, level: Level, truncated: bool) {
        // The level's place among the six is its index.
        self.lines[level as usize].inc();
        if truncated {
            self.truncated.inc();
        }
    }

    pub(crate) fn fmt_errors(&self, values: u64) {
        if values > 0 {
            self.fmt_errors.inc_by(values);
        }
    }

    /// An event that a writer or sink emitted while it took a line.
    pub(crate) fn nested(&self) {
        self.nested.inc();
    }
}
