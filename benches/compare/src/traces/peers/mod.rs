mod by_hand;
mod fastrace;
mod otel;
mod propagators;
mod radiosonde;
mod traced;
mod tracing_opentelemetry;

use crate::harness::Contender;

pub use propagators::all as propagators;

/// The first is the reference.
pub fn spans() -> Vec<Contender> {
    vec![
        tracing_opentelemetry::default(),
        tracing_opentelemetry::lean(),
        otel::contender(),
        fastrace::contender(),
        traced::registry(),
        radiosonde::native(),
        by_hand::contender(),
    ]
}

/// Contenders that change the process for all spans in it, so they run after the others. The first is the reference.
pub fn bridged() -> Vec<Contender> {
    vec![tracing_opentelemetry::default(), radiosonde::beside_bridge(), radiosonde::bridged()]
}
