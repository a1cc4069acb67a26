//! Reads back data that was stored as unknown fields in the `prometheus` crate's model.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::proto::{Bucket, Counter, Histogram, MetricFamily, Summary};
use protobuf::UnknownFields;

use crate::interop::fields::{self, BucketFields, double, messages, open, text, unzigzag, varint, varints};
use radiosonde_metrics::model::{Exemplar, Kind, NativeSample};

pub(crate) fn unit(family: &MetricFamily) -> Option<&str> {
    text(family.special_fields.unknown_fields(), fields::FAMILY_UNIT)
}

/// The stored kind, if it is one that they treat as a gauge.
pub(crate) fn kind(family: &MetricFamily) -> Option<Kind> {
    let kinds = [Kind::Info, Kind::StateSet, Kind::Unknown];
    let name = text(family.special_fields.unknown_fields(), fields::FAMILY_KIND)?;
    kinds.into_iter().find(|kind| kind.as_str() == name)
}

pub(crate) fn of_counter(counter: &Counter) -> (Option<Exemplar>, Option<SystemTime>) {
    let unknown = counter.special_fields.unknown_fields();
    (exemplar(unknown, fields::COUNTER_EXEMPLAR), created(unknown, fields::COUNTER_CREATED))
}

pub(crate) fn of_summary(summary: &Summary) -> Option<SystemTime> {
    created(summary.special_fields.unknown_fields(), fields::SUMMARY_CREATED)
}

pub(crate) fn of_bucket(bucket: &Bucket) -> Option<Exemplar> {
    exemplar(bucket.special_fields.unknown_fields(), fields::BUCKET_EXEMPLAR)
}

/// The exemplar of the infinite bucket, and the creation time.
pub(crate) fn of_histogram(histogram: &Histogram) -> (Option<Exemplar>, Option<SystemTime>) {
    let unknown = histogram.special_fields.unknown_fields();
    let last = messages(unknown, fields::HISTOGRAM_BUCKET).find_map(|bucket| {
        open(bucket, |bucket| {
            let infinite = double(bucket, fields::BUCKET_BOUND)? == f64::INFINITY;
            exemplar(bucket, fields::BUCKET_EXEMPLAR).filter(|_| infinite)
        })
    });
    (last, created(unknown, fields::HISTOGRAM_CREATED))
}

/// Exponential buckets.
#[derive(Debug)]
pub(crate) struct Native {
    schema: i32,
    zero_threshold: f64,
    zero_count: u64,
    positive: Vec<(i32, u64)>,
    negative: Vec<(i32, u64)>,
    exemplars: Vec<Exemplar>,
}

impl Native {
    /// The exponential buckets of a histogram; `None` if there are none or they are malformed.
    pub(crate) fn of(histogram: &Histogram) -> Option<Self> {
        let unknown = histogram.special_fields.unknown_fields();
        let exemplars = messages(unknown, fields::HISTOGRAM_EXEMPLARS).filter_map(|bytes| open(bytes, read));
        Some(Self {
            schema: i32::try_from(unzigzag(varint(unknown, fields::HISTOGRAM_SCHEMA)?)).ok()?,
            zero_threshold: double(unknown, fields::HISTOGRAM_ZERO_THRESHOLD).unwrap_or_default(),
            zero_count: varint(unknown, fields::HISTOGRAM_ZERO_COUNT).unwrap_or_default(),
            positive: buckets(unknown, fields::HISTOGRAM_POSITIVE)?,
            negative: buckets(unknown, fields::HISTOGRAM_NEGATIVE)?,
            exemplars: exemplars.collect(),
        })
    }

    pub(crate) fn sample(&self) -> NativeSample<'_> {
        NativeSample {
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count,
            positive: &self.positive,
            negative: &self.negative,
            exemplars: &self.exemplars,
        }
    }
}

/// `None` if spans and counts do not match.
fn buckets(unknown: &UnknownFields, of: BucketFields) -> Option<Vec<(i32, u64)>> {
    let mut deltas = varints(unknown, of.deltas).map(unzigzag);
    let mut buckets = Vec::new();
    let (mut next, mut count) = (0_i64, 0_u64);
    for bytes in messages(unknown, of.spans) {
        let span = |span: &UnknownFields| {
            let offset = unzigzag(varint(span, fields::SPAN_OFFSET).unwrap_or_default());
            Some((offset, varint(span, fields::SPAN_LENGTH).unwrap_or_default()))
        };
        let (offset, length) = open(bytes, span)?;
        next = next.checked_add(offset)?;
        for _ in 0..length {
            count = count.wrapping_add(deltas.next()?.cast_unsigned());
            buckets.push((i32::try_from(next).ok()?, count));
            next = next.checked_add(1)?;
        }
    }
    deltas.next().is_none().then_some(buckets)
}

fn exemplar(unknown: &UnknownFields, number: u32) -> Option<Exemplar> {
    messages(unknown, number).last().and_then(|bytes| open(bytes, read))
}

/// `None` if its labels are invalid for an exemplar.
fn read(message: &UnknownFields) -> Option<Exemplar> {
    let labels: Vec<_> = messages(message, fields::EXEMPLAR_LABEL)
        .filter_map(|label| {
            open(label, |label| {
                let value = text(label, fields::LABEL_VALUE).unwrap_or_default();
                Some((text(label, fields::LABEL_NAME)?.to_owned(), value.to_owned()))
            })
        })
        .collect();
    let labels = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let exemplar = Exemplar::new(labels, double(message, fields::EXEMPLAR_VALUE).unwrap_or_default()).ok()?;
    Some(match created(message, fields::EXEMPLAR_TIMESTAMP) {
        Some(timestamp) => exemplar.at(timestamp),
        None => exemplar,
    })
}

fn created(unknown: &UnknownFields, number: u32) -> Option<SystemTime> {
    messages(unknown, number).last().and_then(|bytes| {
        open(bytes, |time| {
            let seconds = varint(time, fields::TIMESTAMP_SECONDS).unwrap_or_default();
            let nanos = varint(time, fields::TIMESTAMP_NANOS).unwrap_or_default();
            let since = Duration::from_secs(seconds).checked_add(Duration::from_nanos(nanos))?;
            UNIX_EPOCH.checked_add(since)
        })
    })
}
