use std::hint::black_box;

use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use crate::harness::Contender;
use crate::labels::{BUCKETS, Values, duration};

static METADATA: Metadata<'static> = Metadata::new("compare", Level::INFO, None);

fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new().set_buckets(&BUCKETS).unwrap().build_recorder()
}

fn key(name: &'static str, labels: &[(&'static str, &str)]) -> Key {
    // What the macros build for a label's value that is not a literal.
    Key::from_parts(
        name,
        labels.iter().map(|(key, value)| Label::new(*key, (*value).to_owned())).collect::<Vec<_>>(),
    )
}

pub fn contender() -> Contender {
    let kept = recorder();
    let counter = kept.register_counter(&Key::from_name("a"), &METADATA);
    let histogram = kept.register_histogram(&Key::from_name("b"), &METADATA);
    let handle = kept.handle();
    let (by_three, by_two) = (recorder(), recorder());
    let upkeep = by_two.handle();
    let (three, two) = (Values::new(), Values::new());
    let (mixed, many) = (mixed().handle(), many().handle());
    Contender::new("metrics + exporter")
        .case("counter, kept", move |_| counter.increment(1))
        .case("histogram of 14 buckets, kept", move |n| {
            histogram.record(duration(n));
            // Samples are kept until they are drained; a regular scrape is part of the cost.
            if n % 100_000 == 99_999 {
                handle.run_upkeep();
            }
        })
        .case("counter by 3 run-time values, 500 series", move |n| {
            let [method, endpoint, status] = three.three(n);
            let key = key("c", &[("method", method), ("endpoint", endpoint), ("status", status)]);
            by_three.register_counter(&key, &METADATA).increment(1);
        })
        .case("histogram by 2 values, 100 series", move |n| {
            let [method, endpoint] = two.two(n);
            let key = key("d", &[("method", method), ("endpoint", endpoint)]);
            by_two.register_histogram(&key, &METADATA).record(duration(n));
            if n % 100_000 == 99_999 {
                upkeep.run_upkeep();
            }
        })
        .case("scrape of 1k counters and 1k histograms", move |_| {
            black_box(mixed.render().len());
        })
        .case("scrape of 100k counters", move |_| {
            black_box(many.render().len());
        })
}

fn mixed() -> PrometheusRecorder {
    let recorder = recorder();
    for n in 0..1000 {
        let endpoint = format!("/api/v1/resources/{n}");
        let labels = [("method", "GET"), ("endpoint", &*endpoint)];
        recorder.register_counter(&key("requests", &labels), &METADATA).increment(n);
        recorder.register_histogram(&key("duration_seconds", &labels), &METADATA).record(duration(n));
    }
    recorder
}

fn many() -> PrometheusRecorder {
    let recorder = recorder();
    for n in 0..100_000 {
        let endpoint = format!("/api/v1/resources/{n}");
        let labels = [("method", "GET"), ("endpoint", &*endpoint)];
        recorder.register_counter(&key("requests", &labels), &METADATA).increment(n);
    }
    recorder
}
