use crate::catalogue::{ObjectiveEntry, WindowEntry};
use crate::promql::Scope;
use crate::rules::least_bad::least_bad;
use crate::rules::recorded::Recorded;

/// Has a result while the error budget burns too fast in one of the pairs of windows: the burn rate of the long one.
pub(crate) fn burning(objective: &ObjectiveEntry, scope: &Scope) -> String {
    let pairs: Vec<_> = objective.windows.iter().map(|pair| pair_burns(objective, pair, scope)).collect();
    pairs.join("\nor\n")
}

/// The share of the error budget that is left.
pub(crate) fn budget_remaining(objective: &ObjectiveEntry, scope: &Scope) -> String {
    Recorded::of(objective, scope).select(Recorded::BUDGET_REMAINING)
}

/// Has a result while the error budget burns too fast in both windows, with enough bad events in the long one.
pub(crate) fn pair_burns(objective: &ObjectiveEntry, pair: &WindowEntry, scope: &Scope) -> String {
    let recorded = Recorded::of(objective, scope);
    let select = |name: String| recorded.select(&name);
    let (long, short) = (select(Recorded::burn_rate(pair.long)), select(Recorded::burn_rate(pair.short)));
    let (bad, factor) = (select(Recorded::bad_events(pair.long)), pair.factor);
    let least = least_bad(objective, pair.long);
    format!("{long} > {factor}\nand\n{short} > {factor}\nand\n{bad} >= {least}")
}
