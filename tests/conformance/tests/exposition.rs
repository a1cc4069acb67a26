//! The contents of a registry appear in every format, whatever the names, labels, helps and numbers.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use conformance::generate::{
    FamilyPlan, Observation, Recorded, RecordedFamily, families, misbehaving, text as any_text, well_behaved,
};
use conformance::{
    Exposition, Family, FamilyKind, LabelPairs, Refusal, Sample, open_metrics, protobuf, text,
};
use proptest::prelude::*;
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Format;
use radiosonde_metrics::model::{Kind, Number};

/// The registry in every format, read back.
fn read(registry: &Registry) -> [(Format, Exposition); 4] {
    Format::ALL.map(|format| {
        let exposed = registry.encode_bytes(format);
        match parse(format, &exposed) {
            Ok(read) => (format, read),
            Err(refusal) => panic!("{refusal}\n{}", String::from_utf8_lossy(&exposed)),
        }
    })
}

fn parse(format: Format, exposed: &[u8]) -> Result<Exposition, Refusal> {
    match format {
        Format::Protobuf => protobuf(exposed),
        Format::OpenMetrics => open_metrics(str::from_utf8(exposed).unwrap()),
        _ => text(str::from_utf8(exposed).unwrap()),
    }
}

/// Whether the format has integers that a 64-bit float would round.
fn is_exact(format: Format) -> bool {
    format != Format::Protobuf
}

/// The accepted families; of two plans for one name, the first.
fn record(plans: &[FamilyPlan], registry: &Registry) -> Vec<RecordedFamily> {
    let mut names = Vec::new();
    let mut recorded: Vec<RecordedFamily> = Vec::new();
    for plan in plans {
        if names.contains(&plan.name()) {
            continue;
        }
        names.push(plan.name());
        recorded.extend(plan.record(registry));
    }
    recorded
}

fn is_same(value: f64, expected: f64) -> bool {
    value == expected || (value.is_nan() && expected.is_nan())
}

fn has_exemplars(format: Format) -> bool {
    matches!(format, Format::OpenMetrics | Format::Protobuf)
}

/// Compares one family, and removes what it finds from `left`.
fn compare(format: Format, exposition: &Exposition, expected: &RecordedFamily) {
    let base = expected.name.strip_suffix("_total").filter(|_| expected.kind == FamilyKind::Counter);
    let name = if format == Format::OpenMetrics { base.unwrap_or(&expected.name) } else { &expected.name };
    if format == Format::Protobuf && expected.series.is_empty() {
        assert_eq!(exposition.family(name), None);
        return;
    }
    let family = exposition.family(name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(family.kind, expected.kind);
    match format {
        // Blanks around the text of a line are ignored there.
        Format::Text | Format::TextV1 => assert_eq!(family.help.as_deref(), Some(&*expected.help)),
        _ => {
            assert_eq!(family.help.as_deref(), Some(&*expected.help));
            assert_eq!(family.unit, expected.unit);
        }
    }
    let mut found: BTreeMap<LabelPairs, Vec<&Sample>> = BTreeMap::new();
    for sample in &family.samples {
        let mut labels = sample.labels.clone();
        labels.retain(|(name, _)| name != "le");
        labels.sort();
        found.entry(labels).or_default().push(sample);
    }
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.series.keys().collect::<Vec<_>>());
    for (labels, recorded) in &expected.series {
        let samples = &found[labels];
        match recorded {
            Recorded::Unsigned(total) if !is_exact(format) => {
                assert_eq!(samples[0].value.as_f64(), Number::Unsigned(*total).as_f64());
            }
            Recorded::Signed(value) if !is_exact(format) => {
                assert_eq!(samples[0].value.as_f64(), Number::Signed(*value).as_f64());
            }
            Recorded::Unsigned(total) => assert_eq!(samples[0].value.as_str(), total.to_string()),
            Recorded::Signed(value) => assert_eq!(samples[0].value.as_str(), value.to_string()),
            Recorded::Float(value) => {
                assert!(is_same(samples[0].value.as_f64(), *value), "{} is not {value:?}", samples[0].value);
            }
            Recorded::Histogram(taken) => {
                compare_histogram(format, family, samples, &expected.bounds, taken);
                continue;
            }
        }
        assert_eq!(samples.len(), 1);
    }
}

fn compare_histogram(
    format: Format,
    family: &Family,
    samples: &[&Sample],
    bounds: &[f64],
    taken: &[Observation],
) {
    let suffixed = |suffix: &str| {
        let name = format!("{}{suffix}", family.name);
        samples.iter().filter(move |sample| sample.name == name).copied()
    };
    let mut below = f64::NEG_INFINITY;
    let all = bounds.iter().copied().chain([f64::INFINITY]);
    let buckets: Vec<_> = suffixed("_bucket").collect();
    assert_eq!(buckets.len(), bounds.len() + 1);
    for (bucket, bound) in buckets.into_iter().zip(all) {
        assert_eq!(bucket.label("le").unwrap().parse::<f64>().unwrap(), bound);
        let within = taken.iter().filter(|observation| observation.value <= bound).count();
        assert_eq!(bucket.value.as_str(), within.to_string());
        // In its own bucket, not in a higher one.
        let own = |observation: &&Observation| observation.value > below && observation.value <= bound;
        let sampled = taken
            .iter()
            .filter(own)
            .filter_map(|observation| Some((observation.value, observation.sampled?)));
        let sampled: Vec<_> = sampled.collect();
        let exemplar = bucket.exemplar.as_ref();
        assert_eq!(exemplar.is_some(), has_exemplars(format) && !sampled.is_empty());
        if let Some(exemplar) = exemplar {
            let is_it = sampled.iter().any(|(value, context)| {
                is_same(exemplar.value.as_f64(), *value)
                    && exemplar.label("trace_id") == Some(&context.trace_id().to_string())
                    && exemplar.label("span_id") == Some(&context.span_id().to_string())
            });
            assert!(is_it, "{exemplar:?} is not in {sampled:?}");
            assert!(exemplar.timestamp.as_ref().unwrap().as_f64() > 1.7e9);
        }
        below = bound;
    }
    let sum = taken.iter().fold(0.0, |sum, observation| sum + observation.value);
    let summed: Vec<_> = suffixed("_sum").collect();
    // OpenMetrics omits sum and count if the sum may decrease.
    let shown =
        format != Format::OpenMetrics || (bounds.first().is_none_or(|bound| *bound >= 0.0) && sum >= 0.0);
    assert_eq!(summed.len(), usize::from(shown));
    assert_eq!(suffixed("_count").count(), usize::from(shown));
    assert!(summed.iter().all(|sample| is_same(sample.value.as_f64(), sum)), "{summed:?} is not {sum}");
}

/// The registry's own counts of refusals agree as well.
fn compare_refusals(exposition: &Exposition, expected: &RecordedFamily) {
    for reason in ["nan", "negative", "infinite", "label_count"] {
        let labels = [("family", &*expected.name), ("reason", reason)];
        let counted = exposition.sample("radiosonde_metrics_refused_total", &labels);
        let counted = counted.map_or(0, |sample| sample.value.as_u64().unwrap());
        assert_eq!(
            counted,
            expected.refused.get(reason).copied().unwrap_or(0),
            "{reason} of {}",
            expected.name
        );
    }
    let dropped =
        exposition.sample("radiosonde_metrics_series_dropped_total", &[("family", &*expected.name)]);
    let dropped = dropped.map_or(0, |sample| sample.value.as_u64().unwrap());
    assert_eq!(dropped, expected.overflowed);
}

fn collector_errors(exposition: &Exposition) -> u64 {
    let errors =
        exposition.samples().filter(|sample| sample.name == "radiosonde_metrics_collector_errors_total");
    errors.map(|sample| sample.value.as_u64().unwrap()).sum()
}

proptest! {
    #[test]
    fn what_was_recorded_comes_out_in_every_format(plans in families()) {
        let registry = Registry::new();
        let recorded = record(&plans, &registry);
        for (format, exposition) in read(&registry) {
            for family in &recorded {
                compare(format, &exposition, family);
                compare_refusals(&exposition, family);
            }
            let others = exposition.families.iter().filter(|family| !family.name.starts_with("radiosonde_metrics_"));
            let shown = recorded.iter().filter(|family| format != Format::Protobuf || !family.series.is_empty());
            prop_assert_eq!(others.count(), shown.count(), "nothing else is there");
        }
    }

    #[test]
    fn collectors_come_out_beside_what_was_recorded(plans in families(), collector in well_behaved()) {
        let registry = Registry::new();
        let recorded = record(&plans, &registry);
        registry.collect_from(collector.clone());
        for (format, exposition) in read(&registry) {
            recorded.iter().for_each(|family| compare(format, &exposition, family));
            prop_assert_eq!(collector_errors(&exposition), 0);
            for (name, _, first, label, second) in &collector.families {
                for (labels, value) in [(&[][..], first), (&[("label", &**label)], second)] {
                    let sample = exposition.sample(name, labels).unwrap_or_else(|| panic!("no {name}{labels:?}"));
                    match value {
                        value if !is_exact(format) => prop_assert!(is_same(sample.value.as_f64(), value.as_f64())),
                        Number::Unsigned(value) => prop_assert_eq!(sample.value.as_str(), value.to_string()),
                        Number::Signed(value) => prop_assert_eq!(sample.value.as_str(), value.to_string()),
                        Number::Float(value) => prop_assert!(is_same(sample.value.as_f64(), *value)),
                    }
                }
            }
            for (name, kind, ..) in &collector.families {
                // OpenMetrics has no counter whose samples lack the suffix.
                let base = name.strip_suffix("_total").filter(|_| *kind == Kind::Counter);
                let (named, shown) = match (format, *kind, base) {
                    (Format::OpenMetrics, Kind::Counter, None) => (&**name, FamilyKind::Unknown),
                    (Format::OpenMetrics, Kind::Counter, Some(base)) => (base, FamilyKind::Counter),
                    (_, Kind::Counter, _) => (&**name, FamilyKind::Counter),
                    (_, Kind::Gauge, _) => (&**name, FamilyKind::Gauge),
                    _ => (&**name, FamilyKind::Unknown),
                };
                prop_assert_eq!(exposition.family(named).map(|family| family.kind), Some(shown));
            }
        }
    }

    #[test]
    fn a_misbehaving_collector_spoils_nothing(plans in families(), collectors in prop::collection::vec(misbehaving(), 1..3)) {
        let registry = Registry::new();
        let recorded = record(&plans, &registry);
        collectors.into_iter().for_each(|collector| registry.collect_from(collector));
        for (format, exposition) in read(&registry) {
            for family in &recorded {
                for (labels, value) in &family.series {
                    let labels: Vec<_> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
                    let sample = exposition.sample(&family.name, &labels);
                    match value {
                        Recorded::Unsigned(value) if !is_exact(format) => {
                            prop_assert_eq!(sample.unwrap().value.as_f64(), Number::Unsigned(*value).as_f64());
                        }
                        Recorded::Signed(value) if !is_exact(format) => {
                            prop_assert_eq!(sample.unwrap().value.as_f64(), Number::Signed(*value).as_f64());
                        }
                        Recorded::Unsigned(value) => prop_assert_eq!(sample.unwrap().value.as_u64(), Some(*value)),
                        Recorded::Signed(value) => prop_assert_eq!(sample.unwrap().value.as_str(), value.to_string()),
                        Recorded::Float(value) => prop_assert!(is_same(sample.unwrap().value.as_f64(), *value)),
                        Recorded::Histogram(taken) => {
                            let name = format!("{}_bucket", family.name);
                            let labels: Vec<_> = labels.into_iter().chain([("le", "+Inf")]).collect();
                            let counted = exposition.sample(&name, &labels).unwrap().value.as_u64();
                            prop_assert_eq!(counted, u64::try_from(taken.len()).ok());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_format_is_the_same_for_the_same_state(plans in families(), label in any_text()) {
        let registry = Registry::new();
        record(&plans, &registry);
        registry.gauge("one_more", "Help.").labels(&["label"]).unwrap().with(&[&label]).set(1.0);
        for format in Format::ALL {
            prop_assert_eq!(registry.encode_bytes(format), registry.encode_bytes(format));
        }
    }
}

#[test]
fn the_generators_reach_what_they_are_for() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let (mut families_recorded, mut refused, mut overflowed, mut exemplars, mut units) = (0, 0, 0, 0, 0);
    for _ in 0..200 {
        let plans = families().new_tree(&mut runner).unwrap().current();
        let registry = Registry::new();
        let recorded = record(&plans, &registry);
        families_recorded += recorded.len();
        refused += recorded.iter().filter(|family| !family.refused.is_empty()).count();
        overflowed += recorded.iter().filter(|family| family.overflowed > 0).count();
        units += recorded.iter().filter(|family| family.unit.is_some()).count();
        exemplars += registry.encode(Format::OpenMetrics).matches(" # {trace_id=").count();
    }
    for (what, times) in [
        ("families", families_recorded),
        ("refusals", refused),
        ("overflows", overflowed),
        ("units", units),
        ("exemplars", exemplars),
    ] {
        assert!(times > 20, "{what}: {times}");
    }
}
