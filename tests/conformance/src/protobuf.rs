use prost::Message as _;

use crate::checks::no_duplicates;
use crate::client_model::{self, BucketSpan, Histogram, LabelPair, Metric, MetricFamily};
use crate::number::Value;
use crate::{Exemplar, Exposition, Family, FamilyKind, LabelPairs, Refusal, Sample};

/// Reads delimited `MetricFamily` messages like Prometheus, but strictly: a generated encoder would have written exactly
/// these bytes, so no field is unknown, out of order or longer than necessary.
///
/// # Errors
/// The problem, with the number of the family in place of a line.
pub fn metric_families(bytes: &[u8]) -> Result<Vec<MetricFamily>, Refusal> {
    let (mut rest, mut families) = (bytes, Vec::new());
    while !rest.is_empty() {
        let refuse = |why: String| Refusal::new(families.len() + 1, why);
        let before = rest;
        let family =
            MetricFamily::decode_length_delimited(&mut rest).map_err(|error| refuse(error.to_string()))?;
        let again = family.encode_length_delimited_to_vec();
        if again != before[..before.len() - rest.len()] {
            return Err(refuse(format!("other bytes than {family:?} has")));
        }
        check(&family).map_err(|why| refuse(format!("{why} in {family:?}")))?;
        families.push(family);
    }
    Ok(families)
}

/// Converts the output of [`metric_families`] to that of text 0.0.4; native buckets have no text.
///
/// # Errors
/// Those of [`metric_families`], and if two families or two series have the same name.
pub fn protobuf(bytes: &[u8]) -> Result<Exposition, Refusal> {
    let families = metric_families(bytes)?;
    let families: Vec<Family> =
        families.iter().enumerate().map(|(at, family)| in_text(at + 1, family)).collect();
    for (at, family) in families.iter().enumerate() {
        if families[..at].iter().any(|other| other.name == family.name) {
            return Err(Refusal::new(at + 1, format!("a second family {}", family.name)));
        }
    }
    let exposition = Exposition { families };
    no_duplicates(exposition.samples())?;
    Ok(exposition)
}

fn kind(family: &MetricFamily) -> Option<FamilyKind> {
    Some(match family.kind? {
        0 => FamilyKind::Counter,
        1 => FamilyKind::Gauge,
        2 => FamilyKind::Summary,
        3 => FamilyKind::Unknown,
        4 => FamilyKind::Histogram,
        5 => FamilyKind::GaugeHistogram,
        _ => return None,
    })
}

fn check(family: &MetricFamily) -> Result<(), &'static str> {
    let ensure = |holds: bool, why| if holds { Ok(()) } else { Err(why) };
    let kind = kind(family).ok_or("no known type")?;
    let name = family.name.as_deref().unwrap_or_default();
    let base = name.strip_suffix("_total").filter(|_| kind == FamilyKind::Counter).unwrap_or(name);
    let has_unit = |unit: &str| base.strip_suffix(unit).is_some_and(|base| base.ends_with('_'));
    ensure(!name.is_empty(), "no name")?;
    ensure(family.unit.as_deref().is_none_or(has_unit), "the unit is not the suffix of the name")?;
    ensure(!family.metrics.is_empty(), "no metrics")?;
    for metric in &family.metrics {
        let Metric { gauge, counter, summary, untyped, histogram, .. } = metric;
        let has = [
            (gauge.is_some(), FamilyKind::Gauge),
            (counter.is_some(), FamilyKind::Counter),
            (summary.is_some(), FamilyKind::Summary),
            (untyped.is_some(), FamilyKind::Unknown),
            (histogram.is_some(), FamilyKind::Histogram),
        ];
        ensure(has.iter().all(|(has, of)| *has == (*of == kind)), "a metric of another type")?;
        let counted = counter.as_ref().is_none_or(|counter| counter.value.is_some_and(|value| value >= 0.0));
        ensure(counted, "a counter that does not count")?;
        let numbered = [gauge, untyped].into_iter().flatten().all(|number| number.value.is_some());
        ensure(numbered, "no value")?;
        let exemplar = counter.as_ref().and_then(|counter| counter.exemplar.as_ref());
        ensure(exemplar.is_none_or(is_exemplar), "a bad exemplar")?;
        histogram.as_ref().map_or(Ok(()), check_histogram)?;
    }
    Ok(())
}

fn is_exemplar(exemplar: &client_model::Exemplar) -> bool {
    let texts = exemplar.labels.iter().flat_map(|pair| [&pair.name, &pair.value]).flatten();
    exemplar.value.is_some() && texts.map(|text| text.chars().count()).sum::<usize>() <= 128
}

fn check_histogram(histogram: &Histogram) -> Result<(), &'static str> {
    let (mut below, mut within) = (f64::NEG_INFINITY, 0);
    for bucket in &histogram.buckets {
        let (Some(bound), Some(count)) = (bucket.upper_bound, bucket.cumulative_count) else {
            return Err("a bucket lacks its bound or its count");
        };
        let fits = |exemplar: &client_model::Exemplar| {
            is_exemplar(exemplar) && exemplar.value.is_some_and(|value| value <= bound)
        };
        if bound <= below || count < within || !bucket.exemplar.as_ref().is_none_or(fits) {
            return Err("a bucket does not ascend, or has an exemplar that is not its own");
        }
        (below, within) = (bound, count);
    }
    if histogram.sample_sum.is_none() || (below == f64::INFINITY && histogram.sample_count != Some(within)) {
        return Err("the last bucket has another count than the histogram");
    }
    let Some(schema) = histogram.schema else { return Ok(()) };
    let positive = native_buckets(&histogram.positive_spans, &histogram.positive_deltas);
    let negative = native_buckets(&histogram.negative_spans, &histogram.negative_deltas);
    let (Some(positive), Some(negative)) = (positive, negative) else {
        return Err("native spans and deltas do not fit");
    };
    let sum: u64 = positive.iter().chain(&negative).map(|(_, count)| count).sum();
    let total = sum + histogram.zero_count.unwrap_or(0);
    let stamped = |exemplar: &client_model::Exemplar| is_exemplar(exemplar) && exemplar.timestamp.is_some();
    let has_threshold = histogram.zero_threshold.is_some_and(|threshold| threshold > 0.0);
    let has_spans = !histogram.positive_spans.is_empty() || !histogram.negative_spans.is_empty();
    let is_native = has_threshold || total > 0 || has_spans;
    match () {
        () if !(-4..=8).contains(&schema) => Err("no such schema"),
        () if histogram.sample_count != Some(total) => Err("the native buckets have another count"),
        () if !histogram.exemplars.iter().all(stamped) => Err("a bad native exemplar"),
        () if !is_native => Err("it cannot be seen that it is native"),
        () => Ok(()),
    }
}

/// Index and count of each bucket, including empty ones; `None` if spans and deltas do not match.
#[must_use]
pub fn native_buckets(spans: &[BucketSpan], deltas: &[i64]) -> Option<Vec<(i32, u64)>> {
    let (mut buckets, mut next, mut count) = (Vec::new(), 0_i32, 0_i64);
    let mut deltas = deltas.iter();
    for (at, span) in spans.iter().enumerate() {
        let offset = span.offset?;
        next = (at == 0 || offset >= 0).then_some(next + offset)?;
        for _ in 0..span.length? {
            count += deltas.next()?;
            buckets.push((next, u64::try_from(count).ok()?));
            next += 1;
        }
    }
    deltas.next().is_none().then_some(buckets)
}

fn in_text(line: usize, family: &MetricFamily) -> Family {
    let name = family.name.clone().unwrap_or_default();
    let mut samples = Vec::new();
    for metric in &family.metrics {
        let labels: LabelPairs = pairs(&metric.labels);
        let mut add = |suffix: &str, more: Option<(&str, f64)>, value: Value, exemplar: Option<_>| {
            let mut labels = labels.clone();
            labels.extend(more.map(|(name, bound)| (name.to_owned(), Value::from(bound).to_string())));
            let exemplar = exemplar.map(in_words);
            samples.push(Sample { line, name: format!("{name}{suffix}"), labels, value, exemplar });
        };
        for number in [metric.gauge, metric.untyped].into_iter().flatten() {
            add("", None, number.value.unwrap_or_default().into(), None);
        }
        if let Some(counter) = &metric.counter {
            add("", None, counter.value.unwrap_or_default().into(), counter.exemplar.as_ref());
        }
        if let Some(summary) = &metric.summary {
            for quantile in &summary.quantiles {
                let of = ("quantile", quantile.quantile.unwrap_or_default());
                add("", Some(of), quantile.value.unwrap_or_default().into(), None);
            }
            add("_sum", None, summary.sample_sum.unwrap_or_default().into(), None);
            add("_count", None, summary.sample_count.unwrap_or_default().into(), None);
        }
        if let Some(histogram) = &metric.histogram {
            for bucket in &histogram.buckets {
                let bound = ("le", bucket.upper_bound.unwrap_or_default());
                let count = bucket.cumulative_count.unwrap_or_default();
                add("_bucket", Some(bound), count.into(), bucket.exemplar.as_ref());
            }
            add("_sum", None, histogram.sample_sum.unwrap_or_default().into(), None);
            add("_count", None, histogram.sample_count.unwrap_or_default().into(), None);
        }
    }
    let kind = kind(family).unwrap_or(FamilyKind::Unknown);
    Family { name, kind, help: family.help.clone(), unit: family.unit.clone(), samples }
}

fn pairs(labels: &[LabelPair]) -> LabelPairs {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    labels.iter().map(|pair| (text(&pair.name), text(&pair.value))).collect()
}

fn in_words(exemplar: &client_model::Exemplar) -> Exemplar {
    let seconds =
        |time: client_model::Timestamp| Value::from(f64::from(time.nanos) / 1e9 + i64_as_f64(time.seconds));
    Exemplar {
        labels: pairs(&exemplar.labels),
        value: exemplar.value.unwrap_or_default().into(),
        timestamp: exemplar.timestamp.map(seconds),
    }
}

#[allow(clippy::cast_precision_loss, reason = "times of this age have no more than 53 bits")]
const fn i64_as_f64(seconds: i64) -> f64 {
    seconds as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_generated_encoder_would_write_is_refused() {
        let sound = [8, 0x0a, 1, b'a', 0x18, 3, 0x22, 0, 0x2a, 0];
        let refusal = |bytes: &[u8]| metric_families(bytes).unwrap_err().to_string();
        for (bytes, why) in [
            (&[9, 0x0a, 1, b'a'][..], "family 1"),
            (&[5, 0x18, 3, 0x0a, 1, b'a'], "other bytes"),
            (&[0x83, 0x00, 0x0a, 1, b'a'], "other bytes"),
            (&[6, 0x0a, 1, b'a', 0x98, 0x06, 0], "other bytes"),
            (&[5, 0x0a, 1, b'a', 0x18, 9], "no known type"),
            (&[5, 0x0a, 1, b'a', 0x18, 3], "no metrics"),
            (&sound[..9], ""),
        ] {
            let reason = refusal(bytes);
            assert!(why == "family 1" || reason.contains(why), "{bytes:?}: {reason}");
        }
    }

    #[test]
    fn spans_and_deltas_are_indices_and_counts() {
        let span = |offset, length| BucketSpan { offset: Some(offset), length: Some(length) };
        let buckets = native_buckets(&[span(-2, 2), span(3, 1)], &[5, -4, 2]);
        assert_eq!(buckets, Some(vec![(-2, 5), (-1, 1), (3, 3)]));
        assert_eq!(native_buckets(&[span(0, 0)], &[]), Some(Vec::new()));
        assert_eq!(native_buckets(&[span(0, 1)], &[]), None);
        assert_eq!(native_buckets(&[span(0, 1), span(-1, 1)], &[1, 1]), None);
        assert_eq!(native_buckets(&[span(0, 1)], &[-1]), None);
    }
}
