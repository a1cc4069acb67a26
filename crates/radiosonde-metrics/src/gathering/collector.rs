use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::gathering::adding::Adding;
use crate::{
    Exemplar, FamilyInfo, HistogramSample, Kind, LabelSet, NativeSample, Number, NumberSample, SummarySample,
    Visitor,
};

/// Has metrics that are read when somebody scrapes: the process, a pool, another registry.
pub trait Collector: Send + Sync + 'static {
    /// Adds the families as they are now. It may block, and a scrape waits for it: for how long, see
    /// `MetricsService` of `radiosonde-admin`.
    fn collect(&self, out: &mut Collection);
}

/// What collectors give at one scrape.
#[derive(Debug, Default)]
pub struct Collection {
    pub(crate) families: Vec<CollectedFamily>,
}

impl Collection {
    /// Begins a family. A counter's name ends in `_total`, or it is exposed as of unknown kind in OpenMetrics.
    pub fn family(&mut self, name: &str, help: &str, kind: Kind) -> &mut CollectedFamily {
        self.families.push(CollectedFamily {
            name: name.into(),
            help: help.into(),
            kind,
            unit: None,
            series: Vec::new(),
            absorbed: false,
        });
        let last = self.families.len() - 1;
        &mut self.families[last]
    }

    /// A family with one series without labels.
    pub fn number<'a>(&mut self, name: &str, help: &str, kind: Kind, sample: impl Into<NumberSample<'a>>) {
        self.family(name, help, kind).number(LabelSet::default(), sample);
    }

    /// Adds to `radiosonde_metrics_series_dropped_total{family}`: how many look-ups shared the overflow series of this family.
    pub fn series_dropped(&mut self, family: &str, lookups: u64) {
        let labels = LabelSet::new([("family", family)]);
        self.self_metric("radiosonde_metrics_series_dropped_total", labels, lookups);
    }

    /// Adds to a counter that the registry has about itself, with a help text.
    pub(crate) fn self_metric(&mut self, name: &str, labels: LabelSet, times: u64) {
        if times > 0 {
            let family = self.family(name, "Counted by radiosonde.", Kind::Counter);
            family.absorbed = true;
            family.number(labels, Number::Unsigned(times));
        }
    }

    /// The families, in the order in which they were added.
    #[must_use]
    pub fn into_families(self) -> Vec<CollectedFamily> {
        self.families
    }

    /// Returns a visitor that adds what it is shown; samples are added to the last family.
    pub fn visitor(&mut self) -> impl Visitor {
        Adding::to(self, &[])
    }
}

/// A family as a collector gave it.
#[derive(Debug)]
pub struct CollectedFamily {
    pub(crate) name: Box<str>,
    pub(crate) help: Box<str>,
    pub(crate) kind: Kind,
    /// Shown only if the name ends in it.
    pub(crate) unit: Option<Box<str>>,
    pub(crate) series: Vec<(LabelSet, CollectedSample)>,
    /// From another registry, whose process metrics give way to ours.
    pub(crate) absorbed: bool,
}

/// A sample that owns what it shows.
#[derive(Debug)]
pub(crate) enum CollectedSample {
    Number {
        value: Number,
        exemplar: Option<Exemplar>,
        created: Option<SystemTime>,
    },
    Histogram {
        bounds: Box<[f64]>,
        counts: Box<[u64]>,
        sum: f64,
        exemplars: Box<[Option<Exemplar>]>,
        native: Option<CollectedNative>,
        created: Option<SystemTime>,
    },
    Summary {
        quantiles: Box<[(f64, f64)]>,
        sum: f64,
        count: u64,
        created: Option<SystemTime>,
    },
}

/// A [`NativeSample`] that owns what it shows.
#[derive(Debug)]
pub(crate) struct CollectedNative {
    schema: i32,
    zero_threshold: f64,
    zero_count: u64,
    positive: Box<[(i32, u64)]>,
    negative: Box<[(i32, u64)]>,
    exemplars: Box<[Exemplar]>,
}

impl From<NativeSample<'_>> for CollectedNative {
    fn from(sample: NativeSample<'_>) -> Self {
        let NativeSample { schema, zero_threshold, zero_count, positive, negative, exemplars } = sample;
        let (positive, negative, exemplars) = (positive.into(), negative.into(), exemplars.into());
        Self { schema, zero_threshold, zero_count, positive, negative, exemplars }
    }
}

impl CollectedNative {
    /// Whether Prometheus would take it: one that it does not take fails the whole scrape.
    ///
    /// Source: `Validate` in <https://github.com/prometheus/prometheus/blob/main/model/histogram/histogram.go>
    fn is_sound(&self) -> bool {
        // Beyond the bucket of any number at the finest schema; offsets between such indices are numbers of 32 bits.
        const LAST: u32 = 1 << 19;
        let ascend = |buckets: &[(i32, u64)]| {
            buckets.is_sorted_by(|a, b| a.0 < b.0) && buckets.iter().all(|(at, _)| at.unsigned_abs() <= LAST)
        };
        (-4..=8).contains(&self.schema)
            && (0.0..f64::INFINITY).contains(&self.zero_threshold)
            && ascend(&self.positive)
            && ascend(&self.negative)
            && i64::try_from(self.sample().count()).is_ok()
    }

    fn sample(&self) -> NativeSample<'_> {
        let Self { schema, zero_threshold, zero_count, positive, negative, exemplars } = self;
        let (schema, zero_threshold, zero_count) = (*schema, *zero_threshold, *zero_count);
        NativeSample { schema, zero_threshold, zero_count, positive, negative, exemplars }
    }
}

impl CollectedFamily {
    /// States the unit, such as `seconds`. It is shown if the name ends in it, before a counter's `_total`.
    pub fn unit(&mut self, unit: &str) -> &mut Self {
        self.unit = Some(unit.into());
        self
    }

    /// Marks the family as one of another registry: families about the process, and about a registry, give way to ours.
    pub const fn absorbed(&mut self) -> &mut Self {
        self.absorbed = true;
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The help text.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Number of series.
    #[must_use]
    pub const fn series(&self) -> usize {
        self.series.len()
    }

    /// Shows the family and its series.
    pub fn visit(&self, out: &mut dyn Visitor) {
        self.show(false, out);
    }

    pub(crate) fn show(&self, unknown_in_open_metrics: bool, out: &mut dyn Visitor) {
        out.family(&FamilyInfo { unknown_in_open_metrics, ..self.info() });
        self.series.iter().for_each(|(labels, sample)| sample.visit(labels, out));
    }

    fn info(&self) -> FamilyInfo<'_> {
        let base = self.name.strip_suffix(self.kind.suffix()).unwrap_or(&self.name);
        let ends_in = |unit: &&str| base.strip_suffix(*unit).is_some_and(|rest| rest.ends_with('_'));
        let unit = self.unit.as_deref().filter(|unit| !unit.is_empty()).filter(ends_in);
        FamilyInfo {
            name: &self.name,
            help: &self.help,
            kind: self.kind,
            unit,
            unknown_in_open_metrics: false,
        }
    }

    /// Adds a series of a counter, a gauge, an info or a metric of unknown kind, or one state of a state set.
    pub fn number<'a>(&mut self, labels: LabelSet, sample: impl Into<NumberSample<'a>>) {
        let NumberSample { value, exemplar, created } = sample.into();
        self.series.push((labels, CollectedSample::Number { value, exemplar: exemplar.cloned(), created }));
    }

    /// Adds a series of a histogram.
    pub fn histogram(&mut self, labels: LabelSet, sample: &HistogramSample<'_>) {
        let HistogramSample { bounds, counts, sum, exemplars, native, created } = *sample;
        let sample = CollectedSample::Histogram {
            bounds: bounds.into(),
            counts: counts.into(),
            sum,
            exemplars: exemplars.into(),
            native: native.map(Into::into),
            created,
        };
        self.series.push((labels, sample));
    }

    /// Adds a series of a summary.
    pub fn summary(&mut self, labels: LabelSet, sample: &SummarySample<'_>) {
        let SummarySample { quantiles, sum, count, created } = *sample;
        let quantiles = quantiles.into();
        self.series.push((labels, CollectedSample::Summary { quantiles, sum, count, created }));
    }
}

impl CollectedSample {
    /// Whether a family of this kind may have such a sample.
    ///
    /// Source: <https://prometheus.io/docs/specs/om/open_metrics_spec/#metric-types>
    pub(crate) fn fits(&self, kind: Kind) -> bool {
        match self {
            // Neither negative nor NaN.
            Self::Number { value, .. } => match kind {
                Kind::Counter => value.as_f64() >= 0.0,
                Kind::Gauge | Kind::Unknown => true,
                Kind::Info => value.as_f64() == 1.0,
                Kind::StateSet => value.as_f64() == 0.0 || value.as_f64() == 1.0,
                Kind::Histogram | Kind::Summary => false,
            },
            Self::Histogram { bounds, counts, native, .. } => {
                kind == Kind::Histogram
                    && counts.len() == bounds.len() + 1
                    && bounds.iter().all(|bound| bound.is_finite())
                    && ascend(bounds.iter())
                    && native.as_ref().is_none_or(CollectedNative::is_sound)
            }
            Self::Summary { quantiles, .. } => {
                kind == Kind::Summary
                    && quantiles.iter().all(|(quantile, _)| (0.0..=1.0).contains(quantile))
                    && ascend(quantiles.iter().map(|(quantile, _)| quantile))
            }
        }
    }

    /// Leaves out the exemplars that are not from their bucket, or of what is no counter; tells how many.
    pub(crate) fn drop_stray_exemplars(&mut self, kind: Kind) -> usize {
        let (bounds, exemplars) = match self {
            Self::Histogram { bounds, exemplars, .. } => (bounds, exemplars),
            Self::Number { exemplar, .. } if kind != Kind::Counter => {
                return usize::from(exemplar.take().is_some());
            }
            _ => return 0,
        };
        let before = |at: usize| at.checked_sub(1).and_then(|before| bounds.get(before).copied());
        let is_from = |at: usize, value: f64| {
            before(at).is_none_or(|lower| value > lower) && bounds.get(at).is_none_or(|upper| value <= *upper)
        };
        let strays = exemplars.iter_mut().enumerate().filter(|(at, exemplar)| {
            exemplar
                .as_ref()
                .is_some_and(|exemplar| exemplar.value().is_nan() || !is_from(*at, exemplar.value()))
        });
        strays.map(|(_, exemplar)| *exemplar = None).count()
    }

    pub(crate) fn visit(&self, labels: &LabelSet, out: &mut dyn Visitor) {
        match self {
            Self::Number { value, exemplar, created } => {
                let (value, exemplar, created) = (*value, exemplar.as_ref(), *created);
                out.number(labels, &NumberSample { value, exemplar, created });
            }
            Self::Histogram { bounds, counts, sum, exemplars, native, created } => {
                let native = native.as_ref().map(CollectedNative::sample);
                let (sum, created) = (*sum, *created);
                out.histogram(labels, &HistogramSample { bounds, counts, sum, exemplars, native, created });
            }
            Self::Summary { quantiles, sum, count, created } => {
                out.summary(
                    labels,
                    &SummarySample { quantiles, sum: *sum, count: *count, created: *created },
                );
            }
        }
    }
}

fn ascend<'a>(numbers: impl Iterator<Item = &'a f64>) -> bool {
    numbers.is_sorted_by(|a, b| a < b)
}

/// Why something that a collector gave was left out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CollectorFault {
    Panic,
    Name,
    Kind,
    Sample,
    DuplicateSeries,
    Exemplar,
}

impl CollectorFault {
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::DuplicateSeries, "duplicate_series"),
        (Self::Exemplar, "exemplar"),
        (Self::Kind, "kind"),
        (Self::Name, "name"),
        (Self::Panic, "panic"),
        (Self::Sample, "sample"),
    ];
}

/// How often each fault happened.
#[derive(Debug, Default)]
pub(crate) struct CollectorErrors([AtomicU64; 6]);

impl CollectorErrors {
    pub(crate) fn count(&self, fault: CollectorFault) {
        // Relaxed: a total, ordered against nothing.
        self.0[fault as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, fault: CollectorFault) -> u64 {
        // Relaxed: a total, ordered against nothing.
        self.0[fault as usize].load(Ordering::Relaxed)
    }
}
