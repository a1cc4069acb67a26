//! Metrics: kept handles, look-ups by labels, and scrapes. `cargo run --release --bin metrics [case] [rounds]`

#[path = "../harness/mod.rs"]
mod harness;
mod labels;
mod peers;

use harness::{measure, print};

/// Case, threads.
const CASES: [(&str, &[usize]); 7] = [
    ("counter, kept", &[1, 2]),
    ("histogram of 14 buckets, kept", &[1, 2]),
    ("counter by 3 run-time values, 500 series", &[1, 2]),
    ("counter by 3 enums, 500 series", &[1, 2]),
    ("histogram by 2 values, 100 series", &[1, 2]),
    ("scrape of 1k counters and 1k histograms", &[1]),
    ("scrape of 100k counters", &[1]),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(15);
    let contenders = peers::all();
    let names: Vec<_> = contenders.iter().map(|contender| contender.name).collect();
    for (case, threads) in CASES.into_iter().filter(|(case, _)| case.contains(&wanted)) {
        for &threads in threads {
            let taken = measure(&contenders, case, threads, rounds);
            print(
                &format!("{case}, {threads} thread{}", if threads == 1 { "" } else { "s" }),
                &names,
                &taken,
                None,
            );
        }
    }
}
