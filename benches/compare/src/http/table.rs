//! What each contender adds to the bare router, and the ratios that have a bar.

use crate::harness::Taken;
use crate::{BARE, BOXED, PROMETHEUS, STACK};

/// Our bars: a row, the row whose addition it is compared to, and the largest ratio.
const RATIOS: [(&str, &str, f64); 2] =
    [("radiosonde, metrics + spans + line", STACK, 0.05), ("radiosonde, metrics", PROMETHEUS, 0.20)];

/// Our bars for allocations: a row, the row that it is compared to, and what it may add to it.
const ALLOCATIONS: [(&str, &str, f64); 2] =
    [("radiosonde, metrics + spans + line", BARE, 6.0), ("radiosonde, metrics", BOXED, 0.0)];

pub fn print(rows: &[(&str, Taken)]) {
    let find = |name: &str| rows.iter().find(|(row, _)| *row == name).map(|(_, taken)| *taken);
    let Some(bare) = find(BARE) else { return };
    let added = |taken: Taken| taken.nanoseconds - bare.nanoseconds;
    println!("a request through a router of 21 routes, and what is added to it");
    for &(name, taken) in rows {
        let more = if name == BARE { taken.nanoseconds } else { added(taken) };
        let allocations = taken.of_the_caller - if name == BARE { 0.0 } else { bare.of_the_caller };
        let sign = if name == BARE { " " } else { "+" };
        println!("  {name:<46} {sign}{more:>8.0} ns  {sign}{allocations:>6.1} allocations");
    }
    println!("\nratios");
    for (name, other, bar) in RATIOS {
        let (Some(ours), Some(theirs)) = (find(name), find(other)) else { continue };
        let ratio = added(ours) / added(theirs);
        println!("  {name} / {other:<34} {ratio:.3}  bar {bar:.2}");
    }
    for (name, other, bar) in ALLOCATIONS {
        let (Some(ours), Some(theirs)) = (find(name), find(other)) else { continue };
        let more = ours.of_the_caller - theirs.of_the_caller;
        println!("  {name} - {other:<34} {more:+.1} allocations  bar {bar:.0}");
    }
}
