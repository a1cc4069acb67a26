//! Operations: one piece of work counted and timed, then with a span and a line, too.
//! `cargo run --release --bin operations [case] [rounds]`

#[path = "../harness/mod.rs"]
mod harness;
mod peers;
#[path = "../http/sinks.rs"]
#[allow(dead_code, reason = "not every binary has lines and spans of all kinds")]
mod sinks;
mod work;

use harness::{Contender, Taken, measure, print};
use work::{ASYNC_ERROR, ASYNC_OK, SYNC_ERROR, SYNC_OK};

const CASES: [&str; 4] = [SYNC_OK, SYNC_ERROR, ASYNC_OK, ASYNC_ERROR];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(25);
    // Before there is a subscriber in the process: its presence costs every span and event something.
    table("metrics", &peers::metrics(), &wanted, rounds, Some(0.25));
    table("metrics, span and line", &peers::signals(), &wanted, rounds, None);
}

fn table(what: &str, contenders: &[Contender], wanted: &str, rounds: usize, bar: Option<f64>) {
    let names: Vec<_> = contenders.iter().map(|contender| contender.name).collect();
    for case in CASES {
        let title = format!("{what}: {case}");
        if title.contains(wanted) {
            let taken = measure(contenders, case, 1, rounds);
            print(&title, &names, &taken, bar);
            print_sum(&names, &taken);
        }
    }
}

/// Our signals together beside the sum of what each adds alone.
fn print_sum(names: &[&str], taken: &[Option<Taken>]) {
    let of = |name: &str| {
        let at = names.iter().position(|other| *other == name)?;
        Some(taken.get(at).copied().flatten()?.nanoseconds)
    };
    let parts = [peers::METRICS, peers::SPAN, peers::LINE, peers::ALL].map(of);
    if let [Some(metrics), Some(span), Some(line), Some(all)] = parts {
        let sum = span + line - metrics;
        println!(
            "  together / sum of the parts alone: {all:.0} ns / {sum:.0} ns = {:.3}  bar 1.00",
            all / sum
        );
    }
}
