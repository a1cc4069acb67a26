use std::hint::black_box;

use radiosonde_metrics::{Buckets, LabelValue, Labels, Registry};

use super::prometheus::ENDPOINTS;
use crate::harness::Contender;
use crate::labels::{BUCKETS, Values, duration};

const NAMES: [&str; 3] = ["method", "endpoint", "status"];

#[derive(LabelValue, Clone, Copy)]
enum Method {
    Get,
    Post,
    Put,
    Delete,
    Patch,
}

#[derive(LabelValue, Clone, Copy)]
enum Status {
    Ok,
    Created,
    NotFound,
    Error,
    Unavailable,
}

/// Twenty values, like an enum of routes.
#[derive(Clone, Copy)]
struct Endpoint(usize);

impl LabelValue for Endpoint {
    const CARDINALITY: Option<usize> = Some(20);

    fn show(&self, see: impl FnOnce(&str)) {
        see(ENDPOINTS[self.0]);
    }

    fn index(&self) -> usize {
        self.0
    }
}

#[derive(Labels)]
struct Enums {
    method: Method,
    endpoint: Endpoint,
    status: Status,
}

const METHODS: [Method; 5] = [Method::Get, Method::Post, Method::Put, Method::Delete, Method::Patch];
const STATUSES: [Status; 5] =
    [Status::Ok, Status::Created, Status::NotFound, Status::Error, Status::Unavailable];

pub fn contender() -> Contender {
    let registry = Registry::new();
    let counter = registry.counter("a_total", "A.").build().unwrap();
    let buckets = || Buckets::new(BUCKETS).unwrap();
    let histogram = registry.histogram("b_seconds", "B.").buckets(buckets()).build().unwrap();
    let by_three = registry.counter("c_total", "C.").labels(&NAMES).unwrap();
    let by_enums = registry.counter("e_total", "E.").family::<Enums>().unwrap();
    let by_two = registry.histogram("d_seconds", "D.").buckets(buckets()).labels(&NAMES[..2]).unwrap();
    let (three, two) = (Values::new(), Values::new());
    let (mixed, many) = (mixed(), many());
    Contender::new("radiosonde")
        .case("counter, kept", move |_| counter.inc())
        .case("histogram of 14 buckets, kept", move |n| histogram.observe(duration(n)))
        .case("counter by 3 run-time values, 500 series", move |n| by_three.with(&three.three(n)).inc())
        .case("counter by 3 enums, 500 series", move |n| {
            let n = n as usize;
            let (method, endpoint) = (METHODS[n % 5], Endpoint(n / 5 % 20));
            by_enums.with(&Enums { method, endpoint, status: STATUSES[n / 100 % 5] }).inc();
        })
        .case("histogram by 2 values, 100 series", move |n| by_two.with(&two.two(n)).observe(duration(n)))
        .case("scrape of 1k counters and 1k histograms", move |_| {
            black_box(mixed.text().len());
        })
        .case("scrape of 100k counters", move |_| {
            black_box(many.text().len());
        })
}

/// The same with a cell for each thread, for the few metrics that all threads use all the time.
pub fn striped() -> Contender {
    let registry = Registry::new();
    let counter = registry.counter("a_total", "A.").striped().build().unwrap();
    let buckets = Buckets::new(BUCKETS).unwrap();
    let histogram = registry.histogram("b_seconds", "B.").buckets(buckets).striped().build().unwrap();
    Contender::new("radiosonde, striped")
        .case("counter, kept", move |_| counter.inc())
        .case("histogram of 14 buckets, kept", move |n| histogram.observe(duration(n)))
}

fn mixed() -> Registry {
    let registry = Registry::new();
    let counters = registry.counter("requests_total", "Requests.").labels(&NAMES[..2]).unwrap();
    let histograms = registry.histogram("duration_seconds", "Duration.").labels(&NAMES[..2]).unwrap();
    for n in 0..1000 {
        let endpoint = format!("/api/v1/resources/{n}");
        counters.with(&["GET", &endpoint]).inc_by(n);
        histograms.with(&["GET", &endpoint]).observe(duration(n));
    }
    registry
}

fn many() -> Registry {
    let registry = Registry::new();
    let counters =
        registry.counter("requests_total", "Requests.").max_series(200_000).labels(&NAMES[..2]).unwrap();
    for n in 0..100_000 {
        counters.with(&["GET", &format!("/api/v1/resources/{n}")]).inc_by(n);
    }
    registry
}
