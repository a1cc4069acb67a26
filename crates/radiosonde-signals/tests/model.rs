//! A model: its inferences, its accuracy and its training.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use radiosonde_metrics::model::Kind;
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{ErrorKind, GoldenSignals, Limit, Model, ModelNames};
use radiosonde_testkit::ManualClock;

#[derive(Debug)]
struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("too large")
    }
}

impl ErrorKind for TooLarge {
    const KINDS: &'static [&'static str] = &["too_large"];

    fn kind(&self) -> &'static str {
        "too_large"
    }
}

#[test]
fn an_inference_is_an_operation_and_models_share_their_metrics() {
    let (registry, clock) = (Registry::new(), ManualClock::at(UNIX_EPOCH + Duration::from_secs(1000)));
    let model = |name: &'static str| {
        let builder = Model::builder(name).registry(&registry).clock(Arc::new(clock.clone()));
        builder.buckets(Buckets::from_static(&[1.0, 10.0])).errors::<TooLarge>().build().unwrap()
    };
    let (ranker, scorer) = (model("ranker"), model("scorer"));
    ranker.inference().run_infallible(|| clock.advance(Duration::from_secs(5)));
    let failed = ranker.inference().run(|| Err::<(), _>(TooLarge));
    assert!(failed.is_err());
    let in_flight = scorer.inference().track();

    let text = registry.text();
    for sample in [
        "model_inferences_total{model=\"ranker\",outcome=\"completed\"} 1\n",
        "model_inferences_total{model=\"ranker\",outcome=\"failed\"} 1\n",
        "model_inferences_total{model=\"scorer\",outcome=\"completed\"} 0\n",
        "model_inference_errors_total{kind=\"too_large\",model=\"ranker\"} 1\n",
        "model_inference_errors_total{kind=\"other\",model=\"ranker\"} 0\n",
        "model_inference_duration_seconds_bucket{model=\"ranker\",le=\"10\"} 2\n",
        "model_inference_duration_seconds_sum{model=\"ranker\"} 5\n",
        "model_inferences_in_flight{model=\"scorer\"} 1\n",
    ] {
        assert!(text.contains(sample), "{sample}\n{text}");
    }
    assert!(!text.contains("model_accuracy{"), "not known yet");
    assert!(!text.contains("model_last_training_timestamp_seconds{"), "not known yet");
    in_flight.complete();

    ranker.set_accuracy(0.875);
    ranker.trained();
    let before_the_epoch = UNIX_EPOCH - Duration::from_secs(1);
    scorer.trained_at(before_the_epoch);
    let now = registry.snapshot();
    let value = |name, model| now.value(name, &[("model", model)]);
    assert_eq!(value("model_accuracy", "ranker"), Some(0.875));
    assert_eq!(value("model_last_training_timestamp_seconds", "ranker"), Some(1005.0));
    assert_eq!(value("model_last_training_timestamp_seconds", "scorer"), Some(0.0));

    let listed = GoldenSignals::of(&registry);
    let [first, second] = &*listed else { panic!("{listed:?}") };
    assert_eq!((first.kind(), first.name(), second.name()), ("model", "ranker", "scorer"));
    assert_eq!(first, ranker.signals());
    assert_eq!(first.traffic().unwrap().sum(&now), 2.0);
    assert_eq!(first.errors().unwrap().sum(&now), 1.0);
    assert_eq!(first.latency().unwrap().sum(&now), 2.0);
    assert_eq!(first.saturation().unwrap().limit(), &Limit::Unknown);
    assert_eq!(second.traffic().unwrap().sum(&now), 1.0);
}

#[test]
fn the_guides_names_of_models_come_by_choice() {
    let registry = Registry::new();
    let scaling = Model::builder("scaler").names(ModelNames::scaling()).registry(&registry).build().unwrap();
    scaling.set_accuracy(0.85);
    scaling.trained_at(UNIX_EPOCH + Duration::from_secs(7));
    let ranker = Model::builder("ranker").namespace("shop").registry(&registry).build().unwrap();
    ranker.set_accuracy(0.5);

    let declared = registry.descriptors();
    let kind = |name: &str| declared.iter().find(|of| of.name() == name).map(|of| of.kind());
    assert_eq!(kind("model_inference_duration_seconds"), Some(Kind::Histogram));
    assert_eq!(kind("scaling_prediction_accuracy"), Some(Kind::Gauge));
    assert_eq!(kind("model_last_training_timestamp"), Some(Kind::Gauge));
    assert_eq!(kind("shop_model_accuracy"), Some(Kind::Gauge));
    assert_eq!(kind("model_accuracy"), None);
    let text = registry.text();
    assert!(text.contains("scaling_prediction_accuracy{model=\"scaler\"} 0.85\n"));
    assert!(text.contains("model_last_training_timestamp{model=\"scaler\"} 7\n"));
    assert!(text.contains("shop_model_accuracy{model=\"ranker\"} 0.5\n"));
}
