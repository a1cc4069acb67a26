//! A data pipeline: records one by one and many at once, lag and dead letters.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use radiosonde_core::Clock as _;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{DataPipeline, ErrorKind, GoldenSignals, Limit};
use radiosonde_testkit::ManualClock;

#[derive(Debug)]
struct Malformed;

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("malformed")
    }
}

impl ErrorKind for Malformed {
    const KINDS: &'static [&'static str] = &["malformed"];

    fn kind(&self) -> &'static str {
        "malformed"
    }
}

#[test]
fn single_records_and_many_at_once_are_counted_in_the_same_series() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let pipeline = |name: &'static str| {
        let builder = DataPipeline::builder(name).registry(&registry).clock(Arc::new(clock.clone()));
        let builder = builder.buckets(Buckets::from_static(&[1.0])).errors::<Malformed>();
        builder.max_lag(Duration::from_secs(300)).build().unwrap()
    };
    let (readings, orders) = (pipeline("readings"), pipeline("orders"));
    readings.record().run_infallible(|| clock.advance(Duration::from_secs(2)));
    let failed = readings.record().run(|| Err::<(), _>(Malformed));
    assert!(failed.is_err());
    readings.processed(30);
    let stored = readings.batch(10).run(|| Ok::<_, Malformed>(()));
    let refused = readings.batch(4).run(|| Err::<(), _>(Malformed));
    assert!(stored.is_ok() && refused.is_err());
    readings.failed(3, &Malformed);
    readings.failed(2, &"no kind");
    readings.dead_letters(5);
    readings.processed_until(clock.now() - Duration::from_secs(30));

    let text = registry.text();
    for sample in [
        "data_records_processed_total{outcome=\"completed\",pipeline=\"readings\"} 41\n",
        "data_records_processed_total{outcome=\"failed\",pipeline=\"readings\"} 10\n",
        "data_processing_errors_total{kind=\"malformed\",pipeline=\"readings\"} 8\n",
        "data_processing_errors_total{kind=\"other\",pipeline=\"readings\"} 2\n",
        "data_processing_errors_total{kind=\"malformed\",pipeline=\"orders\"} 0\n",
        "data_processing_duration_seconds_bucket{pipeline=\"readings\",le=\"1\"} 3\n",
        "data_processing_duration_seconds_sum{pipeline=\"readings\"} 2\n",
        "data_processing_in_flight{pipeline=\"readings\"} 0\n",
        "data_dead_letters_total{pipeline=\"readings\"} 5\n",
        "data_dead_letters_total{pipeline=\"orders\"} 0\n",
        "data_processing_lag_seconds{pipeline=\"readings\"} 30\n",
    ] {
        assert!(text.contains(sample), "{sample}\n{text}");
    }
    assert!(!text.contains("data_processing_lag_seconds{pipeline=\"orders\"}"), "not known yet");

    let now = registry.snapshot();
    let listed = GoldenSignals::of(&registry);
    assert_eq!(listed, [orders.signals().clone(), readings.signals().clone()]);
    let signals = readings.signals();
    assert_eq!((signals.kind(), signals.name()), ("data_pipeline", "readings"));
    assert_eq!(signals.traffic().unwrap().sum(&now), 51.0);
    assert_eq!(signals.errors().unwrap().sum(&now), 10.0);
    assert_eq!(signals.latency().unwrap().sum(&now), 4.0);
    assert_eq!(signals.saturation().unwrap().share(&now), Some(0.1));
}

#[test]
fn without_a_largest_lag_the_limit_is_unknown() {
    let registry = Registry::new();
    let pipeline = DataPipeline::builder("a").namespace("etl").registry(&registry).build().unwrap();
    pipeline.processed_until(SystemTime::UNIX_EPOCH + Duration::from_secs(1));
    let saturation = pipeline.signals().saturation().unwrap();
    assert_eq!(saturation.in_use().metric(), "etl_data_processing_lag_seconds");
    assert_eq!((saturation.limit(), saturation.share(&registry.snapshot())), (&Limit::Unknown, None));
}

#[test]
fn the_lag_grows_while_a_pipeline_processes_nothing() {
    let (registry, clock) = (Registry::new(), ManualClock::new());
    let build = || {
        let builder = DataPipeline::builder("readings").registry(&registry).clock(Arc::new(clock.clone()));
        builder.build().unwrap()
    };
    let lag = || registry.snapshot().value("data_processing_lag_seconds", &[("pipeline", "readings")]);
    let readings = build();
    assert_eq!(lag(), None, "no record was processed");
    let first = clock.now();
    readings.processed_until(first);
    clock.advance(Duration::from_secs(20));
    assert_eq!(lag(), Some(20.0));
    readings.processed_until(first + Duration::from_secs(15));
    readings.processed_until(first + Duration::from_secs(10));
    assert_eq!(lag(), Some(5.0), "of the newest");
    let again = build();
    clock.advance(Duration::from_secs(1));
    assert_eq!(lag(), Some(6.0), "a pipeline that is built again is as far as before");
    drop((readings, again));
    clock.advance(Duration::from_secs(1));
    assert_eq!(lag(), Some(7.0), "one that is gone falls behind");
    build().processed_until(clock.now() + Duration::from_secs(5));
    assert_eq!(lag(), Some(0.0), "a record from the future");
}
