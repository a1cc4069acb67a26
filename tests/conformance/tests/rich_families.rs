//! Infos, state sets, exemplars and times of creation of random collectors come out of every format that has them, and out of no other.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use conformance::client_model::Timestamp;
use conformance::generate::{Rich, RichExemplar, RichFamily, rich};
use conformance::{
    Exemplar, Exposition, FamilyKind, LabelPairs, Value, metric_families, open_metrics, protobuf, text,
};
use proptest::prelude::*;
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::{Dialect, Format};

/// In this dialect, read back.
fn read(registry: &Registry, dialect: Dialect) -> Exposition {
    let exposed = registry.encode_bytes(dialect);
    let utf_8 = || str::from_utf8(&exposed).unwrap();
    let read = match dialect.format {
        Format::Protobuf => protobuf(&exposed),
        Format::OpenMetrics => open_metrics(utf_8()),
        _ => text(utf_8()),
    };
    read.unwrap_or_else(|refusal| panic!("{refusal}\n{}", String::from_utf8_lossy(&exposed)))
}

fn millis(seconds: &Value) -> u64 {
    format!("{:.0}", seconds.as_f64() * 1000.0).parse().unwrap()
}

fn sorted(labels: &LabelPairs) -> LabelPairs {
    let mut labels = labels.clone();
    labels.sort();
    labels
}

/// The exemplar is what was given, where the format has exemplars.
fn compare_exemplar(format: Format, found: Option<&Exemplar>, given: Option<&RichExemplar>, value: f64) {
    let given = given.filter(|_| matches!(format, Format::OpenMetrics | Format::Protobuf));
    assert_eq!(found.is_some(), given.is_some(), "{format}");
    let (Some(found), Some(given)) = (found, given) else { return };
    let mut labels = given.labels.clone();
    if format == Format::OpenMetrics {
        // The encoder replaces NUL in an exemplar's labels, because Prometheus reads it as the end of the text there.
        labels.iter_mut().for_each(|(_, value)| *value = value.replace('\0', "\u{fffd}"));
    }
    assert_eq!((sorted(&found.labels), found.value.as_f64()), (sorted(&labels), value));
    assert_eq!(found.timestamp.as_ref().map(millis), given.millis);
}

fn compare(dialect: Dialect, exposition: &Exposition, name: &str, given: &RichFamily) {
    let format = dialect.format;
    let is_open = format == Format::OpenMetrics;
    let base = ["_total", "_info"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let family = exposition.family(if is_open { base } else { name }).unwrap_or_else(|| panic!("no {name}"));
    let kind = |open, other| if is_open { open } else { other };
    let samples: Vec<_> = family.samples.iter().filter(|sample| !sample.name.ends_with("_created")).collect();
    let created = exposition.sample(&format!("{base}_created"), &[]).map(|sample| millis(&sample.value));
    let shows = |given: &Option<u64>| given.filter(|_| is_open && dialect.created);
    match given {
        RichFamily::Info(labels) => {
            assert_eq!(family.kind, kind(FamilyKind::Info, FamilyKind::Gauge));
            assert_eq!((samples.len(), samples[0].value.as_f64(), &*samples[0].name), (1, 1.0, name));
            assert_eq!(sorted(&samples[0].labels), sorted(labels));
        }
        RichFamily::States(states) => {
            assert_eq!(family.kind, kind(FamilyKind::StateSet, FamilyKind::Gauge));
            assert_eq!(samples.len(), states.len());
            for (state, on) in states {
                let sample = exposition.sample(name, &[(name, state), ("of", "it")]).unwrap();
                assert_eq!(sample.value.as_f64(), f64::from(u8::from(*on)));
            }
        }
        RichFamily::Counter { value, exemplar, created: since } => {
            assert_eq!((family.kind, samples.len()), (FamilyKind::Counter, 1));
            assert_eq!(samples[0].value.as_f64(), *value as f64);
            compare_exemplar(format, samples[0].exemplar.as_ref(), exemplar.as_ref(), 1.0);
            assert_eq!(created, shows(since));
        }
        RichFamily::Histogram { buckets, created: since } => {
            let shown: Vec<_> = samples.iter().filter(|sample| sample.name.ends_with("_bucket")).collect();
            assert_eq!((family.kind, shown.len()), (FamilyKind::Histogram, buckets.len()));
            let mut total = 0;
            for (at, (bucket, (count, exemplar))) in shown.iter().zip(buckets).enumerate() {
                total += count;
                assert_eq!(bucket.value.as_f64(), total as f64);
                compare_exemplar(format, bucket.exemplar.as_ref(), exemplar.as_ref(), at as f64 + 0.5);
            }
            assert_eq!(created, shows(since));
        }
        RichFamily::Summary { median, count, created: since } => {
            assert_eq!((family.kind, samples.len()), (FamilyKind::Summary, 3));
            assert_eq!(samples[0].value.as_f64(), *median);
            let counted = samples.iter().find(|sample| sample.name.ends_with("_count")).unwrap();
            assert_eq!(counted.value.as_f64(), *count as f64);
            assert_eq!(created, shows(since));
        }
    }
}

/// When each family of a protobuf began, in milliseconds.
fn compare_start(registry: &Registry, rich: &Rich) {
    let families = metric_families(&registry.encode_bytes(Format::Protobuf)).unwrap();
    for (name, given) in &rich.families {
        let family = families.iter().find(|family| family.name.as_deref() == Some(name)).unwrap();
        let metric = &family.metrics[0];
        let (found, given) = match given {
            RichFamily::Counter { created, .. } => {
                (metric.counter.as_ref().unwrap().start_timestamp, created)
            }
            RichFamily::Histogram { created, .. } => {
                (metric.histogram.as_ref().unwrap().start_timestamp, created)
            }
            RichFamily::Summary { created, .. } => {
                (metric.summary.as_ref().unwrap().start_timestamp, created)
            }
            _ => continue,
        };
        let given = given.map(|millis| Timestamp {
            seconds: i64::try_from(millis / 1000).unwrap(),
            nanos: i32::try_from(millis % 1000 * 1_000_000).unwrap(),
        });
        assert_eq!(found, given, "{name}");
    }
}

proptest! {
    #[test]
    fn what_a_collector_gives_comes_out_of_the_formats_that_have_it(rich in rich()) {
        let registry = Registry::new();
        registry.collect_from(rich.clone());
        let dialects = Format::ALL.into_iter().flat_map(|format| [false, true].map(|created| Dialect::new(format).created(created)));
        for dialect in dialects {
            let exposition = read(&registry, dialect);
            for (name, given) in &rich.families {
                compare(dialect, &exposition, name, given);
            }
            let errors = exposition.samples().filter(|sample| sample.name == "radiosonde_metrics_collector_errors_total");
            prop_assert_eq!(errors.map(|sample| sample.value.as_f64()).sum::<f64>(), 0.0);
        }
        compare_start(&registry, &rich);
    }
}
