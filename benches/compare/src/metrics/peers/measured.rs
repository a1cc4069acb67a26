use std::hint::black_box;
use std::sync::Mutex;

use lasso::ThreadedRodeo;
use measured::metric::histogram::Thresholds;
use measured::text::BufferedTextEncoder;
use measured::{CounterVec, HistogramVec, LabelGroup, MetricGroup};

use crate::harness::Contender;
use crate::labels::{BUCKETS, Values, duration};

#[derive(LabelGroup)]
#[label(set = ThreeSet)]
struct Three<'a> {
    #[label(dynamic_with = ThreadedRodeo, default)]
    method: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    endpoint: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    status: &'a str,
}

#[derive(LabelGroup)]
#[label(set = TwoSet)]
struct Two<'a> {
    #[label(dynamic_with = ThreadedRodeo, default)]
    method: &'a str,
    #[label(dynamic_with = ThreadedRodeo, default)]
    endpoint: &'a str,
}

#[derive(MetricGroup)]
#[metric(new())]
struct Mixed {
    /// Requests.
    #[metric(init = CounterVec::sparse())]
    requests_total: CounterVec<TwoSet>,
    /// Duration.
    #[metric(init = HistogramVec::sparse_with_metadata(thresholds()))]
    duration_seconds: HistogramVec<TwoSet, 14>,
}

fn thresholds() -> Thresholds<14> {
    Thresholds::with_buckets(BUCKETS)
}

pub fn contender() -> Contender {
    let counter = measured::Counter::new();
    let histogram = measured::Histogram::with_metadata(thresholds());
    let by_three = CounterVec::<ThreeSet>::sparse();
    let by_two = HistogramVec::<TwoSet, 14>::sparse_with_metadata(thresholds());
    let (three, two) = (Values::new(), Values::new());
    let (mixed, many) = (Mixed::new(), Mixed::new());
    for n in 0..1000 {
        let endpoint = format!("/api/v1/resources/{n}");
        mixed.requests_total.inc_by(Two { method: "GET", endpoint: &endpoint }, n);
        mixed.duration_seconds.observe(Two { method: "GET", endpoint: &endpoint }, duration(n));
    }
    for n in 0..100_000 {
        many.requests_total.inc_by(Two { method: "GET", endpoint: &format!("/api/v1/resources/{n}") }, n);
    }
    let (small, large) = (Mutex::new(BufferedTextEncoder::new()), Mutex::new(BufferedTextEncoder::new()));
    Contender::new("measured")
        .case("counter, kept", move |_| counter.inc())
        .case("histogram of 14 buckets, kept", move |n| histogram.observe(duration(n)))
        .case("counter by 3 run-time values, 500 series", move |n| {
            let [method, endpoint, status] = three.three(n);
            by_three.inc(Three { method, endpoint, status });
        })
        .case("histogram by 2 values, 100 series", move |n| {
            let [method, endpoint] = two.two(n);
            by_two.observe(Two { method, endpoint }, duration(n));
        })
        .case("scrape of 1k counters and 1k histograms", move |_| scrape(&mixed, &small))
        .case("scrape of 100k counters", move |_| scrape(&many, &large))
}

fn scrape(metrics: &Mixed, encoder: &Mutex<BufferedTextEncoder>) {
    let mut encoder = encoder.lock().unwrap();
    metrics.collect_group_into(&mut *encoder).unwrap();
    black_box(encoder.finish().len());
}
