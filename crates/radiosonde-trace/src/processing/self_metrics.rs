use radiosonde_metrics::{Counter, RegisterError, Registry};

/// Counters of the spans that ended.
pub(crate) struct SelfMetrics {
    spans: Counter,
    lost: [Counter; Lost::ALL.len()],
    replaced: Counter,
}

/// Why a span did not reach every sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// It ended after the pipeline was shut down.
    AfterShutdown,
    /// The pipeline has no sink.
    NoSink,
    /// It ended within a sink: passing it on would recurse without end.
    WithinSink,
    /// A sink panicked.
    SinkPanicked,
    /// The local tail had no room for it, while it was unknown whether its trace matters.
    TailFull,
}

impl Lost {
    const ALL: [Self; 5] =
        [Self::AfterShutdown, Self::NoSink, Self::WithinSink, Self::SinkPanicked, Self::TailFull];

    const fn as_str(self) -> &'static str {
        match self {
            Self::AfterShutdown => "after_shutdown",
            Self::NoSink => "no_sink",
            Self::WithinSink => "within_sink",
            Self::SinkPanicked => "sink_panicked",
            Self::TailFull => "tail_full",
        }
    }
}

impl SelfMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let spans = registry
            .counter("radiosonde_trace_spans_total", "Spans that ended and were passed to the sinks.")
            .build()?;
        let lost = registry
            .counter(
                "radiosonde_trace_dropped_total",
                "Recorded spans that ended and did not reach every sink, by reason.",
            )
            .labels(&["reason"])?;
        let replaced = registry
            .counter(
                "radiosonde_trace_replaced_values_total",
                "Values of spans and events whose formatting failed or panicked.",
            )
            .build()?;
        Ok(Self { spans, replaced, lost: Lost::ALL.map(|reason| lost.handle(&[reason.as_str()])) })
    }

    pub(crate) fn handed_over(&self) {
        self.spans.inc();
    }

    pub(crate) fn dropped(&self, reason: Lost) {
        self.lost[reason as usize].inc();
    }

    pub(crate) fn dropped_many(&self, reason: Lost, spans: usize) {
        self.lost[reason as usize].inc_by(spans as u64);
    }

    pub(crate) fn replaced(&self, values: u32) {
        self.replaced.inc_by(values.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_its_place_in_all() {
        for (at, reason) in Lost::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, at);
        }
    }
}
