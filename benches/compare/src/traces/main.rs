//! Traces: a root span with four attributes, a child with two, and an event in it; W3C trace context read and written.
//! `cargo run --release --bin traces [case] [rounds] [contender]`
//!
//! Allocations are those of the calling thread: an exporter's thread is not on the path of a request.

#[path = "../harness/mod.rs"]
mod harness;
#[path = "../otlp/mod.rs"]
mod otlp;
mod peers;
mod scene;

use harness::{Contender, Taken, measure, print};

pub const SAMPLED: &str = "root + 4 attributes, child + 2, one event: sampled, exported to a counter";
pub const UNSAMPLED: &str = "root + 4 attributes, child + 2, one event: not sampled";
pub const PROPAGATED: &str = "W3C trace context: extract and inject";

/// The cases of spans, each with the target for our ratio to the first contender.
const SPANS: [(&str, f64); 2] = [(SAMPLED, 0.16), (UNSAMPLED, 0.15)];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(25);
    // One alone, for a profiler.
    let alone = arguments.next();
    let is_wanted = |contender: &Contender| alone.as_ref().is_none_or(|name| contender.name == *name);
    for contenders in [peers::spans, peers::bridged] {
        let contenders: Vec<_> = contenders().into_iter().filter(is_wanted).collect();
        for (case, bar) in SPANS {
            for threads in [1, 2] {
                run(&contenders, case, threads, &wanted, rounds, bar);
            }
        }
    }
    run(&peers::propagators(), PROPAGATED, 1, &wanted, rounds, 0.35);
}

fn run(contenders: &[Contender], case: &str, threads: usize, wanted: &str, rounds: usize, bar: f64) {
    let title = format!("{case}, {threads} thread{}", if threads == 1 { "" } else { "s" });
    if !title.contains(wanted) {
        return;
    }
    if contenders.is_empty() {
        return;
    }
    let names: Vec<_> = contenders.iter().map(|contender| contender.name).collect();
    let taken: Vec<_> = measure(contenders, case, threads, rounds)
        .into_iter()
        .map(|taken| taken.map(|taken| Taken { allocations: taken.of_the_caller, ..taken }))
        .collect();
    print(&title, &names, &taken, Some(bar));
}
