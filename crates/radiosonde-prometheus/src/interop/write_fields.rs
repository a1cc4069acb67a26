//! Stores data without a field in the `prometheus` crate's model as unknown fields.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus::proto::{Bucket, Counter, Histogram, MetricFamily, Summary};
use protobuf::UnknownFields;

use crate::interop::fields::{self, BucketFields, message, zigzag};
use radiosonde_metrics::model::{
    Exemplar, FamilyInfo, HistogramSample, Kind, NativeSample, NumberSample, SummarySample, normal_nan,
};

pub(crate) fn in_family(family: &mut MetricFamily, info: &FamilyInfo<'_>) {
    let unknown = family.special_fields.mut_unknown_fields();
    if let Some(unit) = info.unit {
        unknown.add_length_delimited(fields::FAMILY_UNIT, unit.into());
    }
    if matches!(info.kind, Kind::Info | Kind::StateSet | Kind::Unknown) {
        unknown.add_length_delimited(fields::FAMILY_KIND, info.kind.as_str().into());
    }
}

pub(crate) fn in_counter(counter: &mut Counter, sample: &NumberSample<'_>) {
    let unknown = counter.special_fields.mut_unknown_fields();
    if let Some(exemplar) = sample.exemplar {
        unknown.add_length_delimited(fields::COUNTER_EXEMPLAR, exemplar_message(exemplar));
    }
    created(unknown, fields::COUNTER_CREATED, sample.created);
}

pub(crate) fn in_summary(summary: &mut Summary, sample: &SummarySample<'_>) {
    created(summary.special_fields.mut_unknown_fields(), fields::SUMMARY_CREATED, sample.created);
}

pub(crate) fn in_bucket(bucket: &mut Bucket, exemplar: &Exemplar) {
    let unknown = bucket.special_fields.mut_unknown_fields();
    unknown.add_length_delimited(fields::BUCKET_EXEMPLAR, exemplar_message(exemplar));
}

pub(crate) fn in_histogram(histogram: &mut Histogram, sample: &HistogramSample<'_>) {
    let unknown = histogram.special_fields.mut_unknown_fields();
    // The infinite bucket is in their model only if it carries an exemplar.
    let last = sample.cumulative().last().filter(|(bound, ..)| *bound == f64::INFINITY);
    if let Some((bound, count, Some(exemplar))) = last {
        let bucket = message(|bucket| {
            bucket.add_varint(fields::BUCKET_COUNT, count);
            bucket.add_fixed64(fields::BUCKET_BOUND, bound.to_bits());
            bucket.add_length_delimited(fields::BUCKET_EXEMPLAR, exemplar_message(exemplar));
        });
        unknown.add_length_delimited(fields::HISTOGRAM_BUCKET, bucket);
    }
    if let Some(native) = &sample.native {
        in_native(unknown, native);
    }
    created(unknown, fields::HISTOGRAM_CREATED, sample.created);
}

fn in_native(unknown: &mut UnknownFields, native: &NativeSample<'_>) {
    unknown.add_varint(fields::HISTOGRAM_SCHEMA, zigzag(native.schema.into()));
    unknown.add_fixed64(fields::HISTOGRAM_ZERO_THRESHOLD, native.zero_threshold.to_bits());
    unknown.add_varint(fields::HISTOGRAM_ZERO_COUNT, native.zero_count);
    write_buckets(unknown, fields::HISTOGRAM_NEGATIVE, native.negative);
    write_buckets(unknown, fields::HISTOGRAM_POSITIVE, native.positive);
    if native.positive.is_empty() && native.negative.is_empty() && native.zero_threshold == 0.0 {
        // Without any span, Prometheus treats it as a classic histogram.
        unknown.add_length_delimited(fields::HISTOGRAM_POSITIVE.spans, span(0, 0));
    }
    for exemplar in native.exemplars {
        unknown.add_length_delimited(fields::HISTOGRAM_EXEMPLARS, exemplar_message(exemplar));
    }
}

/// Adjacent buckets form a span; each count is stored as the difference to the previous one.
fn write_buckets(unknown: &mut UnknownFields, to: BucketFields, buckets: &[(i32, u64)]) {
    let mut after_last_span = 0_i64;
    for buckets in buckets.chunk_by(|(a, _), (b, _)| a.checked_add(1) == Some(*b)) {
        let (Some((first, _)), Ok(length)) = (buckets.first(), u32::try_from(buckets.len())) else {
            continue;
        };
        let first = i64::from(*first);
        unknown.add_length_delimited(to.spans, span(first - after_last_span, length));
        after_last_span = first + i64::from(length);
    }
    let mut before = 0;
    for (_, count) in buckets {
        // Counts stay far below 2^63; a difference that wraps is read back the same way.
        unknown.add_varint(to.deltas, zigzag(count.wrapping_sub(before).cast_signed()));
        before = *count;
    }
}

fn span(offset: i64, length: u32) -> Vec<u8> {
    message(|span| {
        span.add_varint(fields::SPAN_OFFSET, zigzag(offset));
        span.add_varint(fields::SPAN_LENGTH, length.into());
    })
}

fn exemplar_message(exemplar: &Exemplar) -> Vec<u8> {
    let label = |name: &str, value: &str| {
        message(|label| {
            label.add_length_delimited(fields::LABEL_NAME, name.into());
            label.add_length_delimited(fields::LABEL_VALUE, value.into());
        })
    };
    message(|message| {
        exemplar.each_label(|name, value| {
            message.add_length_delimited(fields::EXEMPLAR_LABEL, label(name, value));
        });
        message.add_fixed64(fields::EXEMPLAR_VALUE, normal_nan(exemplar.value()).to_bits());
        created(message, fields::EXEMPLAR_TIMESTAMP, exemplar.timestamp());
    })
}

fn created(unknown: &mut UnknownFields, number: u32, created: Option<SystemTime>) {
    if let Some(created) = created {
        unknown.add_length_delimited(number, timestamp(created));
    }
}

/// A time before the epoch becomes the epoch.
fn timestamp(at: SystemTime) -> Vec<u8> {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    message(|timestamp| {
        timestamp.add_varint(fields::TIMESTAMP_SECONDS, since.as_secs());
        timestamp.add_varint(fields::TIMESTAMP_NANOS, since.subsec_nanos().into());
    })
}
