use std::time::{SystemTime, UNIX_EPOCH};

use crate::exposition::escaping::{Escaping, has_unit};
use crate::exposition::message::Message;
use crate::model::exemplar::Exemplar;
use crate::model::kind::Kind;
use crate::model::label_set::LabelSet;
use crate::model::samples::{HistogramSample, NativeSample, NumberSample, SummarySample};
use crate::model::visitor::{FamilyInfo, Visitor};

/// Writes `io.prometheus.client.MetricFamily` messages, each preceded by its length.
///
/// Fields are written in the order of their numbers, as every generated encoder does. A family without series is left out, because
/// no other client sends one.
///
/// Source: <https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto>
#[derive(Debug)]
pub(crate) struct Encoder {
    out: Message,
    escaping: Escaping,
    /// Where the current family begins, and whether it has a series yet.
    family: Option<(usize, bool)>,
    kind: Kind,
    unit: String,
}

impl Encoder {
    /// Appends to `out`.
    pub(crate) fn new(escaping: Escaping, out: Vec<u8>) -> Self {
        let out = Message::new(out);
        Self { out, escaping, family: None, kind: Kind::Unknown, unit: String::new() }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.end_family();
        self.out.finish()
    }

    fn end_family(&mut self) {
        match self.family.take() {
            Some((start, true)) => {
                if !self.unit.is_empty() {
                    self.out.text(5, &self.unit);
                }
                self.out.close(start);
            }
            Some((start, false)) => self.out.undo(start),
            None => {}
        }
    }

    /// `Metric`: the labels, and what `write` writes into the field of its kind.
    fn metric(&mut self, labels: &LabelSet, field: u32, write: impl FnOnce(&mut Message)) {
        if let Some((_, has_series)) = &mut self.family {
            *has_series = true;
        }
        let escaping = self.escaping;
        self.out.nested(4, |metric| {
            for (name, value) in labels.iter() {
                // The other escapings leave names alone that every scraper takes, and these are such.
                match escaping {
                    Escaping::Dots => label(metric, &escaping.escape(name), &value),
                    _ => label(metric, name, &value),
                }
            }
            metric.nested(field, write);
        });
    }
}

/// The number of the kind in `MetricType`, and of the field in `Metric` that goes with it.
///
/// The model has neither infos nor state sets: both are gauges, as in Prometheus' own text.
const fn numbers(kind: Kind) -> (u64, u32) {
    match kind {
        Kind::Counter => (0, 3),
        Kind::Gauge | Kind::Info | Kind::StateSet => (1, 2),
        Kind::Summary => (2, 4),
        Kind::Unknown => (3, 5),
        Kind::Histogram => (4, 7),
    }
}

/// `google.protobuf.Timestamp`; before 1970, where nothing of this was, is 1970.
fn timestamp(out: &mut Message, field: u32, time: Option<SystemTime>) {
    let Some(time) = time else { return };
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    out.nested(field, |timestamp| {
        // In this message, which is newer than the others, a zero is not written.
        for (field, part) in [(1, since.as_secs()), (2, since.subsec_nanos().into())] {
            if part != 0 {
                timestamp.unsigned(field, part);
            }
        }
    });
}

fn exemplar(out: &mut Message, field: u32, exemplar: &Exemplar) {
    out.nested(field, |out| {
        exemplar.each_label(|name, value| label(out, name, value));
        out.double(2, exemplar.value());
        timestamp(out, 3, exemplar.timestamp());
    });
}

/// `LabelPair`, which is field 1 wherever there is one.
#[inline]
fn label(out: &mut Message, name: &str, value: &str) {
    out.nested(1, |pair| {
        pair.text(1, name);
        pair.text(2, value);
    });
}

/// Buckets that are further apart than this begin a span of their own; nearer ones have empty buckets between them, which is shorter.
const GAP: i64 = 2;

/// Spans of buckets that follow one another, and the count of each as the difference to that of the one before.
fn buckets(out: &mut Message, buckets: &[(i32, u64)], spans: u32, deltas: u32) {
    let index = |bucket: &(i32, u64)| i64::from(bucket.0);
    let mut end = 0;
    for run in buckets.chunk_by(|a, b| index(b) - index(a) <= GAP + 1) {
        if let [first, ..] = run
            && let [.., last] = run
        {
            out.nested(spans, |span| {
                span.signed(1, index(first) - end);
                end = index(last) + 1;
                span.unsigned(2, u64::try_from(end - index(first)).unwrap_or(0));
            });
        }
    }
    let mut before = 0;
    let mut delta = |count: u64| {
        // Counts are below 2^63, or the difference is that of the two's complement.
        out.signed(deltas, count.wrapping_sub(before).cast_signed());
        before = count;
    };
    for run in buckets.chunk_by(|a, b| index(b) - index(a) <= GAP + 1) {
        let mut next = None;
        for bucket in run {
            (next.unwrap_or(index(bucket))..index(bucket)).for_each(|_| delta(0));
            delta(bucket.1);
            next = Some(index(bucket) + 1);
        }
    }
}

/// The fields of `Histogram` that a native one has.
fn native(out: &mut Message, native: &NativeSample<'_>) {
    out.signed(5, native.schema.into());
    out.double(6, native.zero_threshold);
    out.unsigned(7, native.zero_count);
    buckets(out, native.negative, 9, 10);
    buckets(out, native.positive, 12, 13);
    let is_native = native.zero_threshold > 0.0 || native.zero_count > 0 || !native.negative.is_empty();
    if !is_native && native.positive.is_empty() {
        // Without an empty span it would look like a histogram that is not native.
        out.nested(12, |span| {
            span.signed(1, 0);
            span.unsigned(2, 0);
        });
    }
}

impl Visitor for Encoder {
    fn family(&mut self, family: &FamilyInfo<'_>) {
        self.end_family();
        let name = self.escaping.escape(family.name);
        self.kind = family.kind;
        self.unit.clear();
        self.unit.push_str(family.unit.filter(|unit| has_unit(&name, family.kind, unit)).unwrap_or_default());
        let start = self.out.open();
        self.family = Some((start, false));
        self.out.text(1, &name);
        self.out.text(2, family.help);
        self.out.unsigned(3, numbers(family.kind).0);
    }

    fn number(&mut self, labels: &LabelSet, sample: &NumberSample<'_>) {
        let kind = self.kind;
        self.metric(labels, numbers(kind).1, |out| {
            out.double(1, sample.value.as_f64());
            if kind == Kind::Counter {
                if let Some(of) = sample.exemplar {
                    exemplar(out, 2, of);
                }
                timestamp(out, 3, sample.created);
            }
        });
    }

    fn histogram(&mut self, labels: &LabelSet, sample: &HistogramSample<'_>) {
        // Both kinds of buckets count the same observations, but one after the other; Prometheus refuses a scrape in which a native
        // histogram has another count than its buckets together.
        let count = sample.native.as_ref().map_or_else(|| sample.count(), NativeSample::count);
        self.metric(labels, numbers(Kind::Histogram).1, |out| {
            out.unsigned(1, count);
            out.double(2, sample.sum);
            for (bound, cumulative, of) in sample.cumulative() {
                out.nested(3, |bucket| {
                    bucket.unsigned(1, if bound == f64::INFINITY { count } else { cumulative.min(count) });
                    bucket.double(2, bound);
                    if let Some(of) = of {
                        exemplar(bucket, 3, of);
                    }
                });
            }
            if let Some(of) = &sample.native {
                native(out, of);
            }
            timestamp(out, 15, sample.created);
            if let Some(of) = &sample.native {
                // Prometheus takes none without a time.
                let timed = of.exemplars.iter().filter(|of| of.timestamp().is_some());
                timed.for_each(|of| exemplar(out, 16, of));
            }
        });
    }

    fn summary(&mut self, labels: &LabelSet, sample: &SummarySample<'_>) {
        self.metric(labels, numbers(Kind::Summary).1, |out| {
            out.unsigned(1, sample.count);
            out.double(2, sample.sum);
            for &(quantile, value) in sample.quantiles {
                out.nested(3, |out| {
                    out.double(1, quantile);
                    out.double(2, value);
                });
            }
            timestamp(out, 4, sample.created);
        });
    }
}
