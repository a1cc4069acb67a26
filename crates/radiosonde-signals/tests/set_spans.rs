//! The spans of ready sets. Every test here has a subscriber: a callsite that is first met without one may stay disabled for all.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod spans;

use radiosonde_metrics::Registry;
use radiosonde_signals::{Cache, Worker, WorkerNames};

#[test]
fn a_load_has_a_span_named_after_the_cache() {
    let (spans, _guard) = spans::Spans::install();
    let cache = Cache::builder("prices").registry(&Registry::new()).build().unwrap();
    cache.get_or_load(|| None, || Ok::<_, String>(1)).unwrap();
    let span = spans.one();
    assert_eq!((span.name.as_str(), span.values.get("cache")), ("load prices", "str prices"));
}

#[test]
fn a_task_is_a_span_of_kind_consumer_with_its_own_name() {
    for names in [WorkerNames::classic(), WorkerNames::by_outcome()] {
        let (spans, _guard) = spans::Spans::install();
        let worker = Worker::builder("mail").registry(&Registry::new()).names(names).build().unwrap();
        worker.task("send_mail").run_infallible(|| ());
        let span = spans.one();
        let values = ["otel.kind", "task", "worker"].map(|field| span.values.get(field).to_owned());
        assert_eq!(
            (span.name.as_str(), values),
            ("send_mail", ["str consumer", "str send_mail", "str mail"].map(String::from))
        );
    }
}
