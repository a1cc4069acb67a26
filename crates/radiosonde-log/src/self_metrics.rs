use radiosonde_appender::{DropCounters, DropReason, OutputMetrics};
use radiosonde_core::{Level, LevelNames};
use radiosonde_metrics::{Counter, DynFamily, RegisterError, Registry};

use crate::line_metrics::LineMetrics;
use crate::rendering::recorder::ValueCounts;

/// The self metrics of a layer.
#[derive(Debug)]
pub(crate) struct SelfMetrics {
    pub(crate) lines: LineMetrics,
    truncated: Counter,
    fmt_errors: Counter,
    redacted_by_key: Counter,
    redacted_by_detector: Counter,
    pub(crate) suppressed: DynFamily<Counter>,
    nested: DropCounters,
    pub(crate) outputs: OutputMetrics,
}

impl SelfMetrics {
    pub(crate) fn new(registry: &Registry, names: LevelNames) -> Result<Self, RegisterError> {
        let outputs = OutputMetrics::register(registry, names)?;
        let redacted = registry
            .counter(
                "radiosonde_log_redacted_total",
                "Values redacted wholly or in part, by the rule that matched.",
            )
            .labels(&["by"])?;
        Ok(Self {
            lines: LineMetrics::new(registry, names)?,
            truncated: registry
                .counter("radiosonde_log_truncated_total", "Log lines that were truncated to fit the limit.")
                .build()?,
            fmt_errors: registry
                .counter("radiosonde_log_fmt_errors_total", "Field values whose formatting failed.")
                .build()?,
            redacted_by_key: redacted.handle(&["key"]),
            redacted_by_detector: redacted.handle(&["detector"]),
            nested: outputs.dropped("layer", &[DropReason::Nested]),
            outputs,
            suppressed: registry
                .counter(
                    "radiosonde_log_suppressed_total",
                    "Events suppressed by rate limits and sampling, by level and reason.",
                )
                .labels(&["level", "reason"])?,
        })
    }

    pub(crate) fn dropped_by_sink(&self) -> DropCounters {
        self.outputs.dropped("sink", &[DropReason::Panicked])
    }

    /// Counts a truncated line.
    pub(crate) fn truncated(&self) {
        self.truncated.inc();
    }

    /// Counts what was redacted or failed in the values of an event or a span.
    pub(crate) fn value_counts(&self, counts: ValueCounts) {
        if counts != ValueCounts::default() {
            self.fmt_errors.inc_by(counts.failed);
            self.redacted_by_key.inc_by(counts.secret_keys);
            self.redacted_by_detector.inc_by(counts.secrets);
        }
    }

    /// Counts an event that a writer or sink emitted while it took a line.
    pub(crate) fn nested(&self, level: Level) {
        self.nested.count(DropReason::Nested, level, 1);
    }
}
