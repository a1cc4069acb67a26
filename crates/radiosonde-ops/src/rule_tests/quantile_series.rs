use crate::promql::spellings;
use crate::rule_tests::level::{Level, Span};
use crate::rule_tests::sample_labels::SampleLabels;
use crate::rule_tests::story::{Part, restarting};

/// The number of observations between two samples.
const OBSERVATIONS: f64 = 1000.0;

/// The buckets of a histogram whose quantile is at each of these levels; `None` if it has no bucket for one of them.
pub(crate) fn quantile_spans(
    labels: &SampleLabels,
    metric: &str,
    bounds: &[f64],
    quantile: f64,
    (threshold, is_above): (f64, bool),
    levels: &[(Level, u64)],
) -> Option<Vec<Span>> {
    let value = |at: usize| {
        let below = at.checked_sub(1).and_then(|below| bounds.get(below)).copied().unwrap_or(0.0);
        bounds.get(at).map_or(below, |bound| below + (bound - below) * quantile)
    };
    let all = 0..=bounds.len();
    let lower = |at: usize| at.checked_sub(1).and_then(|below| bounds.get(below)).copied().unwrap_or(0.0);
    let beyond = all.clone().find(|at| lower(*at) >= threshold);
    let within = all.clone().rev().find(|at| bounds.get(*at).is_some_and(|bound| *bound <= threshold));
    // The part of the observations that is slow: a bit more or less than the quantile leaves above it, or all and none of them.
    let (slow, fast, shares) = match (beyond, within) {
        (Some(slow), Some(fast)) if is_above => {
            (slow, fast, [1.4, 0.6].map(|times| (1.0 - quantile) * times))
        }
        _ => {
            let slow = all.clone().find(|at| value(*at) > threshold)?;
            let fast = all.rev().find(|at| value(*at) < threshold)?;
            (slow, fast, if is_above { [1.0, 0.0] } else { [0.0, 1.0] })
        }
    };
    let in_one = |instance: &str, levels: &[(Level, u64)], times: f64| {
        let names = bounds.iter().map(|bound| spellings(*bound).swap_remove(0)).chain(["+Inf".to_owned()]);
        let bucket = |(at, le): (usize, String)| {
            let of =
                |share: f64, bucket: usize| if at >= bucket { OBSERVATIONS * times * share } else { 0.0 };
            let [fires, quiet] = shares.map(|share| of(share, slow) + of(1.0 - share, fast));
            let parts: Option<Vec<_>> =
                levels.iter().map(|(level, steps)| parts(*level, *steps, fires, quiet)).collect();
            let series =
                labels.clone().with("instance", instance).with("le", &le).series(&format!("{metric}_bucket"));
            Some((series, parts?.concat()))
        };
        names.enumerate().map(bucket).collect::<Option<Vec<Span>>>()
    };
    let mut spans = in_one("a:80", levels, 1.0)?;
    if let [(Level::OneOfMany, steps)] = levels {
        spans.extend(in_one("b:80", &[(Level::Quiet, *steps)], 1e6)?);
    }
    Some(spans)
}

/// A bucket that grows by this while the alert fires, and while it is quiet.
fn parts(level: Level, steps: u64, fires: f64, quiet: f64) -> Option<Vec<Part>> {
    Some(match level {
        Level::Fires | Level::OneOfMany => vec![Part::Grows(fires, steps)],
        Level::Quiet => vec![Part::Grows(quiet, steps)],
        Level::FiresRestart => restarting(fires, steps),
        Level::QuietRestart => restarting(quiet, steps),
        Level::Idle => vec![Part::Grows(0.0, steps)],
        Level::Gone => vec![Part::Gone(steps)],
        Level::NoBadSeries | Level::Few(_) => return None,
    })
}
