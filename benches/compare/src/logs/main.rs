//! Logs: one JSON line with a message and 5 fields. `cargo run --release --bin logs [case] [rounds]`
//!
//! `cargo run --release --bin logs lines` prints a line of each contender for each case instead, to compare their contents.

#[path = "../harness/mod.rs"]
mod harness;
#[path = "../json/mod.rs"]
mod json;
mod peers;
mod scene;
mod sink;

use harness::{Contender, Work, measure, print};

pub const NO_SPAN: &str = "no span";
pub const IN_SPANS: &str = "inside 2 spans of 3 fields";
pub const OPENED: &str = "2 spans of 3 fields opened and closed too";
pub const NON_BLOCKING: &str = "inside 2 spans, non-blocking writer, caller only";
pub const OFF: &str = "level off";

/// The cases, each with the target for our ratio to the first contender.
const CASES: [(&str, f64); 5] =
    [(NO_SPAN, 0.25), (IN_SPANS, 0.10), (OPENED, 0.20), (NON_BLOCKING, 0.15), (OFF, 1.1)];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next().unwrap_or_default();
    let rounds = arguments.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(25);
    let contenders = peers::all();
    if wanted == "lines" {
        return show(&contenders);
    }
    let names: Vec<_> = contenders.iter().map(|contender| contender.name).collect();
    for (case, bar) in CASES.into_iter().filter(|(case, _)| case.contains(&wanted)) {
        let taken = measure(&contenders, case, 1, rounds);
        print(case, &names, &taken, Some(bar));
    }
}

fn show(contenders: &[Contender]) {
    sink::show();
    for (case, _) in CASES {
        println!("\n{case}");
        for contender in contenders {
            println!("  {}", contender.name);
            contender.works.get(case).into_iter().for_each(Work::once);
        }
    }
}
