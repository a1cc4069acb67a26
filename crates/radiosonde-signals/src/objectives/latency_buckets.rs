use radiosonde_metrics::{Buckets, RegisterError, Registry};

use crate::objectives::thresholds::{Thresholds, is_same_bound};

/// The buckets of a histogram of seconds: its own, and the thresholds of the latency objectives of its kind of work.
///
/// Every ready set and `radiosonde-tower` declare their histograms with it; it is for instrumentation with
/// [golden signals](crate::GoldenSignals) of its own.
///
/// # Shape
/// The thresholds that are known when the histogram is declared first become buckets. A later declaration of the same histogram gets
/// the buckets that it has, provided that they are its own and thresholds; otherwise it is refused, as without objectives.
/// More than 512 buckets are not accepted: those of the objectives that were declared last are left out, and
/// [`Objectives::problems`](crate::Objectives::problems) lists these objectives.
///
/// ```
/// use std::time::Duration;
/// use radiosonde_metrics::model::Kind;
/// use radiosonde_metrics::{Buckets, Registry};
/// use radiosonde_signals::{GoldenSignals, LatencyBuckets, Objectives, Series, Slo, Work};
///
/// let registry = Registry::new();
/// let slo = Slo::latency("scan", 99.0, Work::of_kind("scanner"), Duration::from_millis(300));
/// Objectives::of(&registry).declare(slo)?;
///
/// const SECONDS: Buckets = Buckets::from_static(&[0.1, 1.0]);
/// LatencyBuckets::of(&registry, "scanner").declare("scan_seconds", &SECONDS, |buckets| {
///     registry.histogram("scan_seconds", "Duration of scans.").buckets(buckets).build()
/// })?;
/// let latency = Series::of(&registry, "scan_seconds", Kind::Histogram);
/// GoldenSignals::new("scanner", "gate").with_latency(latency.clone()).declare(&registry);
/// assert_eq!(latency.descriptor(&registry).unwrap().buckets(), Some(&[0.1, 0.3, 1.0][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cost
/// Without objectives of the kind a read lock; nothing when observations are recorded, apart from the further buckets.
#[derive(Debug, Clone, Copy)]
pub struct LatencyBuckets<'a> {
    registry: &'a Registry,
    kind: &'a str,
    name: Option<&'a str>,
}

impl<'a> LatencyBuckets<'a> {
    /// Those of a histogram for work of this kind.
    #[must_use]
    pub const fn of(registry: &'a Registry, kind: &'a str) -> Self {
        Self { registry, kind, name: None }
    }

    /// The histogram is for the work with this name only, if one is given. Default: that of all names.
    #[must_use]
    pub fn only_of(self, name: impl Into<Option<&'a str>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Declares a histogram, whose metric has this name without the namespace of the registry, by a function that is given the buckets.
    ///
    /// The function is called a second time if the first call was refused because another thread declared the histogram meanwhile, with
    /// thresholds that were not known yet.
    ///
    /// # Errors
    /// [`RegisterError`] of the function.
    pub fn declare<T>(
        &self,
        metric: &str,
        own: &Buckets,
        declare: impl Fn(Buckets) -> Result<T, RegisterError>,
    ) -> Result<T, RegisterError> {
        let buckets = self.buckets(metric, own);
        declare(buckets.clone()).or_else(|conflict| {
            let now = self.buckets(metric, own);
            if now == buckets { Err(conflict) } else { declare(now) }
        })
    }

    /// The buckets that the histogram has, if it could have been declared with these; otherwise these and the thresholds.
    fn buckets(&self, metric: &str, own: &Buckets) -> Buckets {
        let thresholds = Thresholds::of(self.registry).for_work(self.kind, self.name);
        if thresholds.is_empty() {
            return own.clone();
        }
        let name = self.registry.exposed_name(metric);
        let declared = self.registry.descriptors();
        let known = declared.iter().find(|descriptor| descriptor.name() == name);
        let Some(known) = known.and_then(|descriptor| descriptor.buckets()) else {
            return with_thresholds(own, &thresholds);
        };
        let has_own = own.bounds().iter().all(|bound| known.contains(bound));
        let is_meant = |bound: &f64| own.bounds().contains(bound) || thresholds.contains(bound);
        if !has_own || !known.iter().all(is_meant) {
            return own.clone();
        }
        Buckets::new(known).unwrap_or_else(|_| own.clone())
    }
}

/// These buckets, and as many of the thresholds as a histogram can have, from the first on.
fn with_thresholds(own: &Buckets, thresholds: &[f64]) -> Buckets {
    let mut buckets = own.clone();
    for &threshold in thresholds {
        let at = buckets.bounds().partition_point(|&bound| bound < threshold);
        if buckets.bounds().iter().any(|&bound| is_same_bound(bound, threshold)) {
            continue;
        }
        let mut bounds = buckets.bounds().to_vec();
        bounds.insert(at, threshold);
        match Buckets::new(bounds) {
            Ok(more) => buckets = more,
            Err(_) => break,
        }
    }
    buckets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_sorted_in_and_each_bound_is_there_once() {
        let own = Buckets::from_static(&[0.1, 1.0]);
        assert_eq!(with_thresholds(&own, &[2.0, 0.5, 1.0, 0.05]).bounds(), [0.05, 0.1, 0.5, 1.0, 2.0]);
        assert_eq!(with_thresholds(&Buckets::NONE, &[0.5]).bounds(), [0.5]);
    }

    #[test]
    fn thresholds_beyond_512_buckets_are_left_out_from_the_last_on() {
        let thresholds: Vec<f64> = (1..=512).rev().map(f64::from).collect();
        let buckets = with_thresholds(&Buckets::from_static(&[0.5, 600.0]), &thresholds);
        assert_eq!(buckets.bounds().len(), 512);
        assert_eq!(buckets.bounds()[..3], [0.5, 3.0, 4.0]);
        assert_eq!(buckets.bounds()[510..], [512.0, 600.0]);
    }
}
