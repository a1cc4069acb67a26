mod limit;
mod measured;
mod metrics;
mod otel;
mod prometheus;
mod prometheus_client;
mod radiosonde;

use crate::harness::Contender;

/// The first is the reference.
pub fn all() -> Vec<Contender> {
    vec![
        prometheus::contender(),
        prometheus_client::contender(),
        metrics::contender(),
        measured::contender(),
        otel::contender(),
        radiosonde::contender(),
        radiosonde::striped(),
        limit::contender(),
    ]
}
