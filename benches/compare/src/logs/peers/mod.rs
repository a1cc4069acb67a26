mod by_hand;
mod emit;
mod json_subscriber;
mod logforth;
mod radiosonde;
mod slog;
mod traced;
mod tracing_subscriber;

use crate::harness::Contender;

/// The first is the reference.
pub fn all() -> Vec<Contender> {
    vec![
        tracing_subscriber::with_spans(),
        tracing_subscriber::without_spans(),
        json_subscriber::contender(),
        logforth::contender(),
        emit::contender(),
        slog::contender(),
        tracing_subscriber::registry(),
        radiosonde::contender(),
        radiosonde::filtered_below(),
        radiosonde::filtered(),
        by_hand::contender(),
    ]
}
