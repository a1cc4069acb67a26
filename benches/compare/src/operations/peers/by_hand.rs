//! The limit: the same counters, gauge and histogram by kept handles of ours.

use std::time::Instant;

use radiosonde_metrics::{Buckets, Counter, Histogram, IntGauge, Registry};

use crate::harness::Contender;
use crate::work::{ASYNC_ERROR, ASYNC_OK, BUCKETS, NoPrice, SYNC_ERROR, SYNC_OK, price, ready};

#[derive(Clone)]
struct Handles {
    completed: Counter,
    failed: Counter,
    in_flight: IntGauge,
    duration: Histogram,
}

impl Handles {
    fn price(&self, quantity: u64, fails: bool) -> Result<u64, NoPrice> {
        self.in_flight.inc();
        let started = Instant::now();
        let priced = price(quantity, fails);
        if priced.is_ok() { &self.completed } else { &self.failed }.inc();
        self.duration.observe(started.elapsed().as_secs_f64());
        self.in_flight.dec();
        priced
    }
}

pub fn contender() -> Contender {
    let registry = Registry::new();
    let buckets = Buckets::from_static(&BUCKETS);
    let handles = Handles {
        completed: registry.counter("completed_total", "Completed.").build().unwrap(),
        failed: registry.counter("failed_total", "Failed.").build().unwrap(),
        in_flight: registry.int_gauge("in_flight", "In progress.").build().unwrap(),
        duration: registry.histogram("duration_seconds", "Duration.").buckets(buckets).build().unwrap(),
    };
    let [a, b, c, d] = [(); 4].map(|()| handles.clone());
    Contender::new("handles by hand")
        .case(SYNC_OK, move |n| drop(a.price(n, false)))
        .case(SYNC_ERROR, move |n| drop(b.price(n, true)))
        .case(ASYNC_OK, move |n| drop(ready(async { c.price(n, false) })))
        .case(ASYNC_ERROR, move |n| drop(ready(async { d.price(n, true) })))
}
