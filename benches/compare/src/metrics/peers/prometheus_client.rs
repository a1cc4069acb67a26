use std::hint::black_box;
use std::sync::Mutex;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::prometheus::ENDPOINTS;
use crate::harness::Contender;
use crate::labels::{BUCKETS, METHODS, STATUSES, Values, duration};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Three {
    method: String,
    endpoint: String,
    status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Two {
    method: String,
    endpoint: String,
}

/// As small as an enum, so that no string is allocated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Name(&'static str);

impl EncodeLabelValue for Name {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Enums {
    method: Name,
    endpoint: Name,
    status: Name,
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

pub fn contender() -> Contender {
    let counter: Counter = Counter::default();
    let kept = histogram();
    let by_three = Family::<Three, Counter>::default();
    let by_enums = Family::<Enums, Counter>::default();
    let by_two = Family::<Two, Histogram>::new_with_constructor(histogram);
    let (three, two) = (Values::new(), Values::new());
    let (mixed, many) = (mixed(), many());
    let buffer = || Mutex::new(String::new());
    let (small, large) = (buffer(), buffer());
    Contender::new("prometheus-client")
        .case("counter, kept", move |_| {
            counter.inc();
        })
        .case("histogram of 14 buckets, kept", move |n| kept.observe(duration(n)))
        .case("counter by 3 run-time values, 500 series", move |n| {
            let [method, endpoint, status] = three.three(n).map(str::to_owned);
            by_three.get_or_create(&Three { method, endpoint, status }).inc();
        })
        .case("counter by 3 enums, 500 series", move |n| {
            let n = n as usize;
            let (method, endpoint) = (Name(METHODS[n % 5]), Name(ENDPOINTS[n / 5 % 20]));
            by_enums.get_or_create(&Enums { method, endpoint, status: Name(STATUSES[n / 100 % 5]) }).inc();
        })
        .case("histogram by 2 values, 100 series", move |n| {
            let [method, endpoint] = two.two(n).map(str::to_owned);
            by_two.get_or_create(&Two { method, endpoint }).observe(duration(n));
        })
        .case("scrape of 1k counters and 1k histograms", move |_| scrape(&mixed, &small))
        .case("scrape of 100k counters", move |_| scrape(&many, &large))
}

fn scrape(registry: &Registry, buffer: &Mutex<String>) {
    let mut buffer = buffer.lock().unwrap();
    buffer.clear();
    encode(&mut *buffer, registry).unwrap();
    black_box(buffer.len());
}

fn set(n: u64) -> Two {
    Two { method: "GET".to_owned(), endpoint: format!("/api/v1/resources/{n}") }
}

fn mixed() -> Registry {
    let mut registry = Registry::default();
    let counters = Family::<Two, Counter>::default();
    let histograms = Family::<Two, Histogram>::new_with_constructor(histogram);
    registry.register("requests", "Requests.", counters.clone());
    registry.register("duration_seconds", "Duration.", histograms.clone());
    for n in 0..1000 {
        counters.get_or_create(&set(n)).inc_by(n);
        histograms.get_or_create(&set(n)).observe(duration(n));
    }
    registry
}

fn many() -> Registry {
    let mut registry = Registry::default();
    let counters = Family::<Two, Counter>::default();
    registry.register("requests", "Requests.", counters.clone());
    for n in 0..100_000 {
        counters.get_or_create(&set(n)).inc_by(n);
    }
    registry
}
