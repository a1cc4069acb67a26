use radiosonde_metrics::{Counter, RegisterError, Registry};

/// Counters of the spans that ended.
pub(crate) struct SelfMetrics {
    spans: Counter,
    lost: [Counter; Lost::ALL.len()],
}

/// Why a sampled span did not reach every sink.
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
    /// It has no ids, which the SDK rules out.
    NoIds,
}

impl Lost {
    const ALL: [Self; 5] =
        [Self::AfterShutdown, Self::NoSink, Self::WithinSink, Self::SinkPanicked, Self::NoIds];

    const fn as_str(self) -> &'static str {
        match self {
            Self::AfterShutdown => "after_shutdown",
            Self::NoSink => "no_sink",
            Self::WithinSink => "within_sink",
            Self::SinkPanicked => "sink_panicked",
            Self::NoIds => "no_ids",
        }
    }
}

impl SelfMetrics {
    pub(crate) fn register(registry: &Registry) -> Result<Self, RegisterError> {
        let spans = registry
            .counter("radiosonde_trace_spans_total", "Sampled spans that ended and were passed to the sinks.")
            .build()?;
        let lost = registry
            .counter(
                "radiosonde_trace_dropped_total",
                "Sampled spans that ended and did not reach every sink, by reason.",
            )
            .labels(&["reason"])?;
        Ok(Self { spans, lost: Lost::ALL.map(|reason| lost.handle(&[reason.as_str()])) })
    }

    pub(crate) fn handed_over(&self) {
        self.spans.inc();
    }

    pub(crate) fn dropped(&self, reason: Lost) {
        self.lost[reason as usize].inc();
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
