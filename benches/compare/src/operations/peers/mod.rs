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

/// With a span and a line. The first is the reference; the last four are ours with each layer alone, and with both.
pub fn signals() -> Vec<Contender> {
    vec![
        tracing::instrumented("#[instrument] + fmt json"),
        tracing::instrumented_and_exported("#[instrument] + fmt json + otel"),
        radiosonde::with(METRICS, false, false),
        radiosonde::with(SPAN, true, false),
        radiosonde::with(LINE, false, true),
        radiosonde::with(ALL, true, true),
    ]
}

pub const METRICS: &str = "radiosonde, metrics";
pub const SPAN: &str = "radiosonde, metrics + span";
pub const LINE: &str = "radiosonde, metrics + line";
pub const ALL: &str = "radiosonde, metrics + span + line";
