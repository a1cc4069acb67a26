use crate::operations::outcome_label::OutcomeLabel;

/// The names of an operation's metrics.
///
/// # Shape
/// | | [`shared`](Self::shared) (default) | [`per_operation`](Self::per_operation) |
/// |---|---|---|
/// | calls | `operation_calls_total{operation,outcome}` | `<operation>_total{status}`, `success` or `error` |
/// | errors | `operation_errors_total{operation,kind}` | `<operation>_errors_total{kind}` |
/// | duration | `operation_duration_seconds{operation}` | `<operation>_duration_seconds` |
/// | in flight | `operation_in_flight{operation}` | `<operation>_in_flight` |
///
/// A status is `success` only for calls that completed. An aborted call has the other status, but is not among the errors.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Operation, OperationNames};
///
/// let registry = Registry::new();
/// let names = OperationNames::per_operation();
/// let index = Operation::builder("index_memory").registry(&registry).namespace("aetherra").names(names).build()?;
/// index.track().complete();
/// assert!(registry.text().contains("aetherra_index_memory_total{status=\"success\"} 1\n"));
/// assert!(registry.text().contains("aetherra_index_memory_duration_seconds_count 1\n"));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperationNames {
    is_shared: bool,
    has_unit: bool,
    /// Whether the status of failed calls is `failed`, if the metrics are not shared.
    has_failed: bool,
}

impl OperationNames {
    /// One set of metrics for all operations, with the label `operation`.
    #[must_use]
    pub const fn shared() -> Self {
        Self { is_shared: true, has_unit: true, has_failed: false }
    }

    /// Metrics of its own for each operation, named for it.
    #[must_use]
    pub const fn per_operation() -> Self {
        Self { is_shared: false, has_unit: true, has_failed: false }
    }

    /// Names the duration without its unit, as some dashboards do: `operation_duration` or `<operation>_duration`.
    #[must_use]
    pub const fn without_unit(self) -> Self {
        Self { has_unit: false, ..self }
    }

    /// Gives failed calls the status `failed`, as some dashboards do, and not `error`. Shared metrics have no status.
    #[must_use]
    pub const fn with_failed(self) -> Self {
        Self { has_failed: true, ..self }
    }

    /// The label with the operation's name, if the metrics are shared.
    pub(crate) fn label(&self) -> Option<&'static str> {
        self.is_shared.then_some("operation")
    }

    pub(crate) fn outcome(&self) -> OutcomeLabel {
        match self.is_shared {
            true => OutcomeLabel::OUTCOME,
            false if self.has_failed => OutcomeLabel::STATUS_FAILED,
            false => OutcomeLabel::STATUS,
        }
    }

    /// What the name of the counter ends with.
    pub(crate) const fn calls(&self) -> &'static str {
        if self.is_shared { "calls_total" } else { "total" }
    }

    /// What the name of the histogram ends with.
    pub(crate) const fn duration(&self) -> &'static str {
        if self.has_unit { "duration_seconds" } else { "duration" }
    }

    pub(crate) fn name(&self, operation: &str, suffix: &str) -> String {
        let subject = if self.is_shared { "operation" } else { operation };
        format!("{subject}_{suffix}")
    }
}

impl Default for OperationNames {
    fn default() -> Self {
        Self::shared()
    }
}
