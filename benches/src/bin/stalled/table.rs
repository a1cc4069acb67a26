use crate::case::Case;

/// A row for each case: the middle, what one in a hundred and one in a thousand calls exceeds, and the longest.
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
