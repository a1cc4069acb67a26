//! The macros of `metrics` by hand: counter, gauge of calls in progress, duration.

use std::time::Instant;

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::harness::Contender;
use crate::work::{ASYNC_ERROR, ASYNC_OK, BUCKETS, NoPrice, SYNC_ERROR, SYNC_OK, price, ready};

fn price_order(quantity: u64, fails: bool) -> Result<u64, NoPrice> {
    gauge!("operation_in_flight", "operation" => "price_order").increment(1.0);
    let started = Instant::now();
    let priced = price(quantity, fails);
    finish(started, &priced);
    priced
}

async fn price_order_async(quantity: u64, fails: bool) -> Result<u64, NoPrice> {
    gauge!("operation_in_flight", "operation" => "price_order").increment(1.0);
    let started = Instant::now();
    let priced = async { price(quantity, fails) }.await;
    finish(started, &priced);
    priced
}

fn finish(started: Instant, priced: &Result<u64, NoPrice>) {
    let outcome = if priced.is_ok() { "completed" } else { "failed" };
    counter!("operation_calls_total", "operation" => "price_order", "outcome" => outcome).increment(1);
    if priced.is_err() {
        counter!("operation_errors_total", "operation" => "price_order", "kind" => "other").increment(1);
    }
    histogram!("operation_duration_seconds", "operation" => "price_order").record(started.elapsed());
    gauge!("operation_in_flight", "operation" => "price_order").decrement(1.0);
}

pub fn contender() -> Contender {
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS).unwrap().build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).expect("the recorder is set once");
    let settle = |handle: PrometheusHandle| move || handle.run_upkeep();
    let contender = Contender::new("metrics + exporter, by hand");
    let cases: [(&'static str, fn(u64)); 4] = [
        (SYNC_OK, |n| drop(price_order(n, false))),
        (SYNC_ERROR, |n| drop(price_order(n, true))),
        (ASYNC_OK, |n| drop(ready(price_order_async(n, false)))),
        (ASYNC_ERROR, |n| drop(ready(price_order_async(n, true)))),
    ];
    cases.into_iter().fold(contender, |contender, (case, op)| {
        contender.batch(case, move |times| (0..times).for_each(op), settle(handle.clone()))
    })
}
