use std::hint::black_box;
use std::sync::Mutex;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder,
};

use crate::harness::Contender;
use crate::labels::{BUCKETS, METHODS, STATUSES, Values, duration};

pub fn contender() -> Contender {
    let counter = IntCounter::new("a_total", "A.").unwrap();
    let opts = || HistogramOpts::new("b_seconds", "B.").buckets(BUCKETS.into());
    let histogram = Histogram::with_opts(opts()).unwrap();
    let by_three = IntCounterVec::new(Opts::new("c_total", "C."), &["method", "endpoint", "status"]).unwrap();
    let by_enums = by_three.clone();
    let by_two = HistogramVec::new(opts(), &["method", "endpoint"]).unwrap();
    let (three, two) = (Values::new(), Values::new());
    let (mixed, many) = (mixed(), many());
    let buffer = || Mutex::new(String::new());
    let (small, large) = (buffer(), buffer());
    Contender::new("prometheus")
        .case("counter, kept", move |_| counter.inc())
        .case("histogram of 14 buckets, kept", move |n| histogram.observe(duration(n)))
        .case("counter by 3 run-time values, 500 series", move |n| {
            by_three.with_label_values(&three.three(n)).inc();
        })
        .case("counter by 3 enums, 500 series", move |n| {
            let n = n as usize;
            let values = [METHODS[n % 5], ENDPOINTS[n / 5 % 20], STATUSES[n / 100 % 5]];
            by_enums.with_label_values(&values).inc();
        })
        .case("histogram by 2 values, 100 series", move |n| {
            by_two.with_label_values(&two.two(n)).observe(duration(n));
        })
        .case("scrape of 1k counters and 1k histograms", move |_| scrape(&mixed, &small))
        .case("scrape of 100k counters", move |_| scrape(&many, &large))
}

pub const ENDPOINTS: [&str; 20] = [
    "e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "e10", "e11", "e12", "e13", "e14", "e15",
    "e16", "e17", "e18", "e19",
];

fn scrape(registry: &Registry, buffer: &Mutex<String>) {
    let mut buffer = buffer.lock().unwrap();
    buffer.clear();
    TextEncoder::new().encode_utf8(&registry.gather(), &mut buffer).unwrap();
    black_box(buffer.len());
}

fn mixed() -> Registry {
    let registry = Registry::new();
    let counters =
        IntCounterVec::new(Opts::new("requests_total", "Requests."), &["method", "endpoint"]).unwrap();
    let opts = HistogramOpts::new("duration_seconds", "Duration.").buckets(BUCKETS.into());
    let histograms = HistogramVec::new(opts, &["method", "endpoint"]).unwrap();
    registry.register(Box::new(counters.clone())).unwrap();
    registry.register(Box::new(histograms.clone())).unwrap();
    for n in 0..1000 {
        let endpoint = format!("/api/v1/resources/{n}");
        counters.with_label_values(&["GET", &endpoint]).inc_by(n);
        histograms.with_label_values(&["GET", &endpoint]).observe(duration(n));
    }
    registry
}

fn many() -> Registry {
    let registry = Registry::new();
    let counters =
        IntCounterVec::new(Opts::new("requests_total", "Requests."), &["method", "endpoint"]).unwrap();
    registry.register(Box::new(counters.clone())).unwrap();
    for n in 0..100_000 {
        counters.with_label_values(&["GET", &format!("/api/v1/resources/{n}")]).inc_by(n);
    }
    registry
}
