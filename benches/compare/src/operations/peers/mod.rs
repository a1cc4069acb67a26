mod autometrics;
mod by_hand;
mod metrics;
mod radiosonde;
mod tracing;

use crate::harness::Contender;

/// Counter and duration. The first is the reference, the last the limit.
pub fn metrics() -> Vec<Contender> {
    vec![
        autometrics::contender(),
        metrics::contender(),
        radiosonde::operation("radiosonde, Operation"),
        radiosonde::observed(),
        by_hand::contender(),
    ]
}

/// With a span and a line. The first is the reference; the last four are our parts, alone and together.
pub fn signals() -> Vec<Contender> {
    vec![
        tracing::instrumented("#[instrument] + fmt json"),
        tracing::instrumented_and_exported("#[instrument] + fmt json + tracing-opentelemetry"),
        radiosonde::parts("part: metrics", radiosonde::Part::Metrics),
        radiosonde::parts("part: span", radiosonde::Part::Span),
        radiosonde::parts("part: line", radiosonde::Part::Line),
        radiosonde::parts("radiosonde, metrics + span + line", radiosonde::Part::All),
    ]
}
