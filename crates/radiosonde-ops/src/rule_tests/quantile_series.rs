use crate::promql::spellings;
use crate::rule_tests::level::{Level, Span};
use crate::rule_tests::sample_labels::SampleLabels;
use crate::rule_tests::story::Part;

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
    let above = all.clone().find(|at| value(*at) > threshold)?;
    let below = all.rev().find(|at| value(*at) < threshold)?;
    let (fires, quiet) = if is_above { (above, below) } else { (below, above) };
    let in_one = |instance: &str, levels: &[(Level, u64)], times: f64| {
        let names = bounds.iter().map(|bound| spellings(*bound).swap_remove(0)).chain(["+Inf".to_owned()]);
        let bucket = |(at, le): (usize, String)| {
            let grown = |bucket: usize| if at >= bucket { OBSERVATIONS * times } else { 0.0 };
            let parts: Option<Vec<_>> =
                levels.iter().map(|(level, steps)| parts(*level, *steps, grown, fires, quiet)).collect();
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

/// Buckets whose observations all fall into one of them.
fn parts(
    level: Level,
    steps: u64,
    grown: impl Fn(usize) -> f64,
    fires: usize,
    quiet: usize,
) -> Option<Vec<Part>> {
    Some(match level {
        Level::Fires | Level::OneOfMany => vec![Part::Grows(grown(fires), steps)],
        Level::Quiet => vec![Part::Grows(grown(quiet), steps)],
        Level::QuietRestart => {
            vec![Part::Grows(grown(quiet), steps / 2), Part::Restarts(grown(quiet), steps - steps / 2)]
        }
        Level::Idle => vec![Part::Grows(0.0, steps)],
        Level::Gone => vec![Part::Gone(steps)],
        Level::NoBadSeries => return None,
    })
}
