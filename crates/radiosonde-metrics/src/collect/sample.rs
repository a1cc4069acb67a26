use std::time::SystemTime;

use crate::model::exemplar::Exemplar;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::{HistogramSample, NativeSample, Number, NumberSample, SummarySample};
use crate::model::visitor::Visitor;

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

    /// Drops exemplars outside their bucket, or of a kind other than counter and histogram. Returns how many.
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
