//! What a registry had at one moment, to be kept, compared and printed.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::exemplar::Exemplar;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::{HistogramSample, Number, NumberSample, SummarySample};
use crate::model::visitor::{FamilyInfo, Visitor};
use crate::registry::Registry;

/// Everything that a registry had at one moment, to be kept, asked and printed.
///
/// Its own: nothing that happens later changes it. Families are sorted by name; it prints as a table, a line for each series.
///
/// # Cost
/// That of a scrape, and a copy of every name and value.
///
/// ```
/// use radiosonde_metrics::Registry;
///
/// let registry = Registry::new();
/// let orders = registry.counter("orders_total", "Orders.").labels(&["method", "shop"])?;
/// orders.with(&["card", "a"]).inc_by(3);
/// let before = registry.snapshot();
/// orders.with(&["cash", "a"]).inc();
/// let after = registry.snapshot();
///
/// assert_eq!(after.value("orders_total", &[("method", "card")]), Some(3.0));
/// assert_eq!(after.value("orders_total", &[("shop", "a")]), None, "two series have it");
/// assert_eq!(after.sum("orders_total", &[("shop", "a")]), 4.0);
/// assert_eq!(after.increase_since(&before, "orders_total", &[]), 1.0);
/// assert!(before.to_string().starts_with("orders_total{method=\"card\",shop=\"a\"} "));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    families: Vec<FamilySnapshot>,
    order: SnapshotOrder,
}

/// Snapshots with the same content are equal, whenever they were taken.
impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.families == other.families
    }
}

/// When a snapshot was taken, among all snapshots of the process.
///
/// For readers of counters: of two snapshots that were taken at the same time, by two threads, either may have the newer value of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SnapshotOrder {
    begun: u64,
    ended: u64,
}

/// The number of the last beginning or end of a snapshot.
static LAST: AtomicU64 = AtomicU64::new(0);

impl SnapshotOrder {
    /// The next number.
    fn step() -> u64 {
        // AcqRel: the counters that are read after it are at least as new as those read before any lower number.
        LAST.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Whether the snapshot began after the other had ended: none of its counters is older. A snapshot that no registry took is after
    /// any other.
    #[must_use]
    pub const fn is_after(self, other: Self) -> bool {
        self.begun == 0 || self.begun > other.ended
    }
}

/// One family of a [`Snapshot`].
#[derive(Debug, Clone, PartialEq)]
pub struct FamilySnapshot {
    name: Box<str>,
    help: Box<str>,
    kind: Kind,
    unit: Option<Box<str>>,
    series: Vec<SeriesSnapshot>,
}

/// One series of a [`Snapshot`].
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesSnapshot {
    labels: LabelSet,
    value: SnapshotValue,
}

/// What a series had.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SnapshotValue {
    /// Of a counter, a gauge or a metric of unknown kind.
    Number(Number),
    /// Of a histogram.
    Histogram {
        /// The upper bounds, ascending, without infinity.
        bounds: Box<[f64]>,
        /// How many observations fell in each bucket, not cumulative; one more than there are bounds.
        counts: Box<[u64]>,
        /// The sum of all observations.
        sum: f64,
        /// The last exemplar of each bucket; empty, or as many as there are counts.
        exemplars: Box<[Option<Exemplar>]>,
    },
    /// Of a summary.
    Summary {
        /// Quantile and value, ascending by quantile.
        quantiles: Box<[(f64, f64)]>,
        /// The sum of all observations.
        sum: f64,
        /// How many observations there are.
        count: u64,
    },
}

impl Registry {
    /// Everything as it is now, as values instead of text.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let begun = SnapshotOrder::step();
        let mut snapshot = Snapshot::default();
        self.look(&mut snapshot);
        snapshot.order = SnapshotOrder { begun, ended: SnapshotOrder::step() };
        snapshot
    }
}

impl Snapshot {
    /// When it was taken.
    #[must_use]
    pub const fn order(&self) -> SnapshotOrder {
        self.order
    }

    /// The families, sorted by name.
    #[must_use]
    pub fn families(&self) -> &[FamilySnapshot] {
        &self.families
    }

    /// The family of this name, for a counter with its `_total`.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&FamilySnapshot> {
        let found = self.families.binary_search_by(|family| (*family.name).cmp(name));
        found.ok().map(|at| &self.families[at])
    }

    /// The series of this family whose labels include these; `None` if no series or several do.
    #[must_use]
    pub fn series(&self, name: &str, labels: &[(&str, &str)]) -> Option<&SeriesSnapshot> {
        let mut found = self.matching(name, labels);
        found.next().filter(|_| found.next().is_none())
    }

    /// The [number](SeriesSnapshot::number) of that series.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.series(name, labels).map(SeriesSnapshot::number)
    }

    /// The sum of the [numbers](SeriesSnapshot::number) of all series of this family that have these labels among their own; 0 if
    /// there are none.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        // Not `sum()`, whose zero is negative.
        self.matching(name, labels).fold(0.0, |sum, series| sum + series.number())
    }

    /// By how much that sum has grown since `before`.
    #[must_use]
    pub fn increase_since(&self, before: &Self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.sum(name, labels) - before.sum(name, labels)
    }

    fn matching(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = &SeriesSnapshot> {
        let series = self.family(name).map(FamilySnapshot::series).unwrap_or_default();
        series.iter().filter(move |series| {
            let has = |&(name, value): &(&str, &str)| series.label(name).is_some_and(|own| own == value);
            labels.iter().all(has)
        })
    }

    fn add(&mut self, labels: &LabelSet, value: SnapshotValue) {
        if let Some(family) = self.families.last_mut() {
            family.series.push(SeriesSnapshot { labels: labels.clone(), value });
        }
    }
}

impl FamilySnapshot {
    /// The name, for a counter with its `_total`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The help text, unescaped.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The unit, if one was declared.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// The series, sorted by their labels: our own first, then those of collectors.
    #[must_use]
    pub fn series(&self) -> &[SeriesSnapshot] {
        &self.series
    }
}

impl SeriesSnapshot {
    /// The labels.
    #[must_use]
    pub const fn labels(&self) -> &LabelSet {
        &self.labels
    }

    /// The value of a label; `None` if the series does not have it.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        self.labels.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// The value.
    #[must_use]
    pub const fn value(&self) -> &SnapshotValue {
        &self.value
    }

    /// The value as one number: that of a counter or a gauge, the count of a histogram or a summary.
    #[must_use]
    pub fn number(&self) -> f64 {
        match &self.value {
            SnapshotValue::Number(number) => number.as_f64(),
            SnapshotValue::Histogram { .. } | SnapshotValue::Summary { .. } => {
                Number::Unsigned(self.value.count()).as_f64()
            }
        }
    }
}

impl SnapshotValue {
    /// How many observations there were; 0 for a number.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Number(_) => 0,
            Self::Histogram { counts, .. } => {
                counts.iter().fold(0, |sum, count| u64::saturating_add(sum, *count))
            }
            Self::Summary { count, .. } => *count,
        }
    }

    /// The sum of the observations; 0 for a number.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        match self {
            Self::Number(_) => 0.0,
            Self::Histogram { sum, .. } | Self::Summary { sum, .. } => *sum,
        }
    }
}

/// A quantile of observations that are counted in buckets, not cumulative; `None` without observations or bounds.
///
/// `bounds` are the upper bounds, ascending, and `counts` has one more, for what is above. Linear within a bucket, of which the first begins at 0 if
/// it ends above; above the last bound it is that bound.
///
/// # Source
/// Prometheus, `histogram_quantile`: <https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile>
///
/// ```
/// use radiosonde_metrics::snapshot::histogram_quantile;
///
/// assert_eq!(histogram_quantile(0.75, &[0.1, 0.5, 1.0], &[2.0, 0.0, 2.0, 0.0]), Some(0.75));
/// ```
#[must_use]
pub fn histogram_quantile(quantile: f64, bounds: &[f64], counts: &[f64]) -> Option<f64> {
    let highest = *bounds.last()?;
    let total: f64 = counts.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let rank = quantile * total;
    let (mut below, mut lower) = (0.0, None);
    for (&count, &upper) in counts.iter().zip(bounds) {
        if count > 0.0 && below + count >= rank {
            let lower = lower.unwrap_or(if upper > 0.0 { 0.0 } else { upper });
            return Some(lower + (upper - lower) * ((rank - below) / count));
        }
        (below, lower) = (below + count, Some(upper));
    }
    Some(highest)
}

impl Visitor for Snapshot {
    fn family(&mut self, family: &FamilyInfo<'_>) {
        self.families.push(FamilySnapshot {
            name: family.name.into(),
            help: family.help.into(),
            kind: family.kind,
            unit: family.unit.map(Into::into),
            series: Vec::new(),
        });
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        self.add(labels, SnapshotValue::Number(sample.value));
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        let HistogramSample { bounds, counts, sum, exemplars, .. } = *sample;
        let (bounds, counts, exemplars) = (bounds.into(), counts.into(), exemplars.into());
        self.add(labels, SnapshotValue::Histogram { bounds, counts, sum, exemplars });
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        let SummarySample { quantiles, sum, count, .. } = *sample;
        self.add(labels, SnapshotValue::Summary { quantiles: quantiles.into(), sum, count });
    }
}

impl fmt::Display for SnapshotValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(Number::Unsigned(value)) => write!(f, "{value}"),
            Self::Number(Number::Signed(value)) => write!(f, "{value}"),
            Self::Number(Number::Float(value)) => write!(f, "{value}"),
            Self::Histogram { .. } | Self::Summary { .. } => {
                let (count, sum) = (self.count(), self.sum());
                write!(f, "count {count}, sum {sum}")?;
                if count > 0 {
                    write!(f, ", mean {:.4}", sum / Number::Unsigned(count).as_f64())?;
                }
                Ok(())
            }
        }
    }
}

/// The widest name for which the values of all others are moved to the right.
const WIDEST: usize = 72;

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<_> = self.families.iter().flat_map(FamilySnapshot::rows).collect();
        let widths = rows.iter().map(|(name, _)| name.chars().count());
        let width = widths.filter(|&width| width <= WIDEST).max().unwrap_or(0);
        rows.iter().try_for_each(|(name, value)| writeln!(f, "{name:width$}  {value}"))
    }
}

impl FamilySnapshot {
    fn rows(&self) -> impl Iterator<Item = (String, &SnapshotValue)> {
        self.series.iter().map(|series| {
            let labels = if series.labels.is_empty() { String::new() } else { series.labels.to_string() };
            (format!("{}{labels}", self.name), &series.value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instruments::buckets::Buckets;
    use crate::registry::collecting::tests::Gives;

    #[test]
    fn a_quantile_is_interpolated_within_its_bucket() {
        let bounds = [0.1, 0.5, 1.0];
        for (of, counts, expected) in [
            (0.5, [10.0, 0.0, 0.0, 0.0], 0.05),
            (0.5, [0.0, 10.0, 0.0, 0.0], 0.3),
            (0.75, [2.0, 0.0, 2.0, 0.0], 0.75),
            (0.99, [1.0, 0.0, 0.0, 9.0], 1.0),
            (0.0, [0.0, 4.0, 0.0, 0.0], 0.1),
            (1.0, [2.0, 2.0, 0.0, 0.0], 0.5),
        ] {
            let found = histogram_quantile(of, &bounds, &counts).unwrap();
            assert!((found - expected).abs() < 1e-12, "{of} of {counts:?}: {found}");
        }
        assert_eq!(histogram_quantile(0.5, &bounds, &[0.0; 4]), None);
        assert_eq!(histogram_quantile(0.5, &[], &[3.0]), None);
        assert_eq!(histogram_quantile(0.5, &[-1.0, 1.0], &[2.0, 0.0, 0.0]), Some(-1.0));
    }

    #[test]
    fn what_happens_later_does_not_change_it() {
        let registry = Registry::new();
        let gauge = registry.gauge("room_celsius", "Temperature.").build().unwrap();
        gauge.set(21.5);
        let snapshot = registry.snapshot();
        gauge.set(30.0);
        assert_eq!(snapshot.value("room_celsius", &[]), Some(21.5));
        let family = snapshot.family("room_celsius").unwrap();
        assert_eq!((family.help(), family.kind(), family.unit()), ("Temperature.", Kind::Gauge, None));
        assert_eq!(snapshot.family("room"), None);
    }

    #[test]
    fn a_histogram_has_its_buckets_and_prints_in_one_line() {
        let registry = Registry::new();
        let wait = registry.histogram("wait_seconds", "Wait.").unit("seconds");
        let wait = wait.buckets(Buckets::from_static(&[1.0])).labels(&["queue"]).unwrap();
        wait.with(&["a"]).observe(0.5);
        wait.with(&["a"]).observe(2.5);
        let snapshot = registry.snapshot();
        let series = snapshot.series("wait_seconds", &[("queue", "a")]).unwrap();
        let SnapshotValue::Histogram { counts, sum, .. } = series.value() else { panic!("{series:?}") };
        assert_eq!((&**counts, *sum, series.number()), (&[1, 1][..], 3.0, 2.0));
        assert_eq!(snapshot.family("wait_seconds").unwrap().unit(), Some("seconds"));
        let lines = snapshot.to_string();
        let line = lines.lines().find(|line| line.starts_with("wait_seconds{queue=\"a\"} ")).unwrap();
        assert!(line.ends_with("  count 2, sum 3, mean 1.5000"), "{line}");
    }

    #[test]
    fn a_snapshot_is_after_another_that_had_ended_when_it_began() {
        struct Within(Registry);
        impl crate::collect::Collector for Within {
            fn collect(&self, collection: &mut crate::collect::Collection) {
                let order = self.0.snapshot().order();
                let (begun, ended) = (Number::Unsigned(order.begun), Number::Unsigned(order.ended));
                collection.number("begun", "Begun.", Kind::Gauge, begun);
                collection.number("ended", "Ended.", Kind::Gauge, ended);
            }
        }
        let registry = Registry::new();
        let first = registry.snapshot();
        registry.collect_from(Within(Registry::new()));
        let outer = registry.snapshot();
        assert!(outer.order().is_after(first.order()) && !first.order().is_after(outer.order()));
        assert!(!outer.order().is_after(outer.order()));
        let within = |name| outer.value(name, &[]).unwrap();
        let [begun, ended] =
            [outer.order.begun, outer.order.ended].map(|number| Number::Unsigned(number).as_f64());
        assert!(begun < within("begun") && within("begun") < within("ended") && within("ended") < ended);
        assert!(Snapshot::default().order().is_after(outer.order()));
        assert_eq!(first, first.clone());
    }

    #[test]
    fn every_family_is_found_by_its_name() {
        let registry = Registry::new();
        for name in ["b", "a_c", "a", "aa"] {
            registry.gauge(name, "G.").build().unwrap();
        }
        registry.collect_from(Gives("a_b"));
        let snapshot = registry.snapshot();
        assert!(snapshot.families().len() > 5);
        for family in snapshot.families() {
            assert_eq!(snapshot.family(family.name()).map(FamilySnapshot::name), Some(family.name()));
        }
    }
}
