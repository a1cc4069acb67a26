use std::time::Duration;

use crate::catalogue::{Catalogue, IndicatorEntry, ObjectiveEntry, Selector};
use crate::promql::{Scope, Sums, le, merged, parenthesized, promql_duration, total};
use crate::rules::recorded::Recorded;
use crate::rules::refused::GenerateErrorKind;

/// Queries of the events, or the seconds, that an objective counts.
pub(crate) struct ObjectiveSums<'a> {
    objective: &'a ObjectiveEntry,
    scope: &'a Scope,
    /// The shortest window.
    base: Duration,
}

/// All events of a window, and the bad ones.
pub(crate) struct WindowSums {
    pub(crate) events: String,
    pub(crate) bad: String,
}

impl<'a> ObjectiveSums<'a> {
    /// # Errors
    /// If the objective has no series, or its threshold is not a bucket.
    pub(crate) fn of(
        catalogue: &Catalogue,
        objective: &'a ObjectiveEntry,
        scope: &'a Scope,
        base: Duration,
    ) -> Result<Self, GenerateErrorKind> {
        match &objective.indicator {
            IndicatorEntry::Events { bad, total } if bad.is_empty() || total.is_empty() => {
                return Err(GenerateErrorKind::NoSeries);
            }
            IndicatorEntry::Latency { histograms, .. } if histograms.is_empty() => {
                return Err(GenerateErrorKind::NoSeries);
            }
            IndicatorEntry::Latency { histograms, threshold } => {
                histograms.iter().try_for_each(|histogram| check_bucket(catalogue, histogram, *threshold))?;
            }
            _ => {}
        }
        Ok(Self { objective, scope, base })
    }

    /// Whether the objective is missed now, as 0 or 1; `None` for one that counts events.
    pub(crate) fn bad_now(&self) -> Option<String> {
        let scope = self.scope;
        Some(match &self.objective.indicator {
            IndicatorEntry::Throughput { events, at_least } => {
                // A scrape a minute has two samples in it.
                let window = promql_duration((self.base / 2).max(Duration::from_secs(120)));
                format!("sum({}) < bool {at_least}", scope.growth("rate", events, &window))
            }
            IndicatorEntry::Freshness { timestamp, at_most } => {
                let (now, never) = (scope.instant(timestamp), Duration::from_secs_f64(*at_most));
                let before = scope.offset(timestamp, &promql_duration(never));
                // A time of 0 was never set: unknown for as long as a good one may be old, and bad from then on.
                format!(
                    "max(\n  (time() - ({now} > 0) > bool {at_most})\n  or\n  1 + ({now} == 0 and {before} == 0)\n)"
                )
            }
            IndicatorEntry::AtMost { gauge, value } => {
                format!("max({} > bool {value})", scope.instant(gauge))
            }
            IndicatorEntry::AtLeast { gauge, value } => {
                format!("max({} < bool {value})", scope.instant(gauge))
            }
            IndicatorEntry::Events { .. } | IndicatorEntry::Latency { .. } => return None,
        })
    }

    /// The sums in a window, from the metrics themselves.
    pub(crate) fn in_window(&self, window: Duration) -> WindowSums {
        let range = promql_duration(window);
        let sums = Sums { scope: self.scope, function: "increase", range: &range, by: &[] };
        match &self.objective.indicator {
            IndicatorEntry::Events { bad, total } => {
                let all = sums.of(total);
                WindowSums { bad: sums.or_zero(bad, &all), events: all }
            }
            IndicatorEntry::Latency { histograms, threshold } => {
                let (histograms, le) = (merged(histograms), le(*threshold));
                let bucket = |of: &Selector| self.scope.bucket("increase", of, &le, &range);
                let good: Vec<_> = histograms.iter().map(|of| format!("sum({})", bucket(of))).collect();
                // An instance of a version without the bucket is unknown, not bad.
                let known = |of| format!("{} and ignoring (le) {}", sums.series(of), bucket(of));
                let all: Vec<_> = histograms.iter().map(|of| format!("sum({})", known(of))).collect();
                let (all, good) = (total(&all), total(&good));
                WindowSums { bad: format!("clamp_min({all} - {}, 0)", parenthesized(&good)), events: all }
            }
            _ => {
                let now = Recorded::of(self.objective, self.scope).select(Recorded::BAD_NOW);
                // The time between two looks.
                let step = Duration::from_secs((self.base.as_secs() / 10).clamp(1, 60));
                let (step, seconds) = (promql_duration(step), step.as_secs_f64());
                let of = |function: &str| format!("{seconds} * {function}({now}[{range}:{step}])");
                WindowSums { events: of("count_over_time"), bad: of("sum_over_time") }
            }
        }
    }
}

fn check_bucket(
    catalogue: &Catalogue,
    histogram: &Selector,
    threshold: f64,
) -> Result<(), GenerateErrorKind> {
    let buckets = catalogue.metric(&histogram.metric).and_then(|metric| metric.buckets.as_deref());
    // A bound may be the result of a calculation, and differ in the last place.
    let is_bucket = |bound: &f64| (bound - threshold).abs() <= threshold * 1e-9;
    match buckets {
        Some(buckets) if !buckets.iter().any(is_bucket) => {
            Err(GenerateErrorKind::NotABucket { metric: histogram.metric.clone(), threshold })
        }
        _ => Ok(()),
    }
}
