use crate::case::Case;

/// Prints a row for each case: median, p99, p99.9 and the longest call.
pub(crate) fn print(level: &str, cases: &[Case], at: usize) {
    println!(
        "{level:<12}{:<16}{:>10}{:>10}{:>10}{:>12}{:>12}",
        "", "median", "p99", "p99.9", "longest", "not written"
    );
    for case in cases {
        let mut calls = case.calls[at].clone();
        calls.sort_unstable();
        let part = |per_mille: usize| calls[(calls.len() * per_mille / 1000).min(calls.len() - 1)];
        println!(
            "{:<12}{:<16}{:>10}{:>10}{:>10}{:>12}{:>12}",
            case.sink,
            case.state,
            part(500),
            part(990),
            part(999),
            part(1000),
            case.not_written()
        );
    }
    println!();
}
