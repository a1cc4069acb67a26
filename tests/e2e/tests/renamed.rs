//! A metric that is renamed while two versions of a program run: a generated query counts the work of both, each once.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use e2e::{Prometheus, ScrapeJob, free_port, wait_for};
use radiosonde_admin::Listener;
use radiosonde_metrics::Registry;
use radiosonde_metrics::model::Kind;
use radiosonde_ops::{Catalogue, GoldenQueries};
use radiosonde_signals::{GoldenSignals, Series};

const SOON: Duration = Duration::from_secs(60);
const NAMES: [&str; 2] = ["orders_total", "orders_placed_total"];

#[test]
fn a_renamed_metric_is_counted_under_both_names() {
    let Some(prometheus) = Prometheus::start() else { return };
    let versions = NAMES.map(|name| {
        let registry = Registry::new();
        let former: &[&str] = if name == NAMES[1] { &NAMES[..1] } else { &[] };
        let orders = registry.counter(name, "Orders.").renamed_from(former).build().unwrap();
        let address: SocketAddr = ([127, 0, 0, 1], free_port()).into();
        let listener = Listener::start(&registry, address).unwrap();
        prometheus.scrape(&ScrapeJob::new(name, address));
        (registry, orders, listener)
    });
    NAMES.iter().for_each(|name| prometheus.wait_until_up(name, SOON));

    let registry = &versions[1].0;
    let traffic = Series::of(registry, NAMES[1], Kind::Counter);
    GoldenSignals::new("business", "orders").with_traffic(traffic).declare(registry);
    let catalogue = Catalogue::of(registry);
    let query = GoldenQueries::of_entry(&catalogue.signals[0]).window("10s").traffic().unwrap();
    assert_eq!(query, "sum((rate(orders_placed_total[10s]) or rate(orders_total[10s])))");

    let ends = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&ends);
    let counters = versions.each_ref().map(|(_, orders, _)| orders.clone());
    let worker = thread::spawn(move || {
        // Relaxed: the thread is joined after this, and reads nothing else.
        while !end.load(Ordering::Relaxed) {
            counters.iter().for_each(|orders| orders.inc_by(10));
            thread::sleep(Duration::from_millis(100));
        }
    });
    // 100 a second of each.
    let both = wait_for("the rate of both", SOON, || {
        let of = |query: &str| Ok::<_, e2e::QueryError>(prometheus.value(query)?.unwrap_or_default());
        let (both, new) = (of(&query)?, of("sum(rate(orders_placed_total[10s]))")?);
        if new > 80.0 && both > 160.0 {
            Ok((both, new))
        } else {
            Err(format!("{both}, of which new {new}").into())
        }
    });
    // Relaxed: as above.
    ends.store(true, Ordering::Relaxed);
    worker.join().unwrap();
    assert!(both.0 < 230.0, "each is counted once: {both:?}");
}
