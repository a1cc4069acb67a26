//! HTTP: a request through an axum router of 21 routes, in process, with what each contender's layers add to it.
//! `cargo run --release --bin http [rounds] [contender]`
//!
//! Allocations are those of the calling thread: an exporter's thread is not on the path of a request.

#[path = "../harness/mod.rs"]
mod harness;
#[path = "../json/mod.rs"]
mod json;
#[path = "../otlp/mod.rs"]
mod otlp;
mod peers;
mod scene;
mod sinks;
mod table;

use harness::{Contender, measure};

pub const REQUEST: &str = "request";

/// The contenders to which others are compared.
pub const BARE: &str = "bare";
pub const BOXED: &str = "layer that does nothing";
pub const PROMETHEUS: &str = "axum-prometheus";
pub const STACK: &str = "usual stack, tracing-subscriber";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(25);
    // One beside the bare router, for a profiler.
    let alone = arguments.next();
    let is_wanted = |contender: &Contender| {
        contender.name == BARE || alone.as_ref().is_none_or(|name| contender.name.contains(name.as_str()))
    };
    let contenders: Vec<_> = peers::all().into_iter().filter(is_wanted).collect();
    let taken = measure(&contenders, REQUEST, 1, rounds);
    let rows = contenders.iter().zip(taken).filter_map(|(contender, taken)| Some((contender.name, taken?)));
    table::print(&rows.collect::<Vec<_>>());
}
