//! The spans of ready sets. Every test here has a subscriber: a callsite that is first met without one may stay disabled for all.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod spans;

use radiosonde_metrics::Registry;
use radiosonde_signals::{Cache, Connections, Dependency, Messaging, ScheduledJob, Worker, WorkerNames};
use spans::Spans;

#[test]
fn a_load_has_a_span_named_after_the_cache() {
    let (spans, _guard) = Spans::install();
    let cache = Cache::builder("prices").registry(&Registry::new()).build().unwrap();
    cache.get_or_load(|| None, || Ok::<_, String>(1)).unwrap();
    let span = spans.one();
    assert_eq!((span.name.as_str(), span.values.get("cache")), ("load prices", "str prices"));
}

#[test]
fn a_task_is_a_span_of_kind_consumer_with_its_own_name() {
    for names in [WorkerNames::classic(), WorkerNames::by_outcome()] {
        let (spans, _guard) = Spans::install();
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

fn kafka(registry: &Registry) -> Messaging {
    Messaging::builder("kafka").registry(registry).build().unwrap()
}

#[test]
fn spans_have_the_attributes_and_kinds_of_messaging() {
    let (seen, _guard) = Spans::install();
    let kafka = kafka(&Registry::new());
    let operations = [kafka.publish("orders"), kafka.receive("orders"), kafka.process("orders")];
    let spans = operations.map(|operation| {
        operation.track().complete();
        seen.one()
    });
    let expected = [
        ("publish", "send", "producer"),
        ("receive", "receive", "client"),
        ("process", "process", "consumer"),
    ];
    for (span, (operation, operation_type, kind)) in spans.iter().zip(expected) {
        assert_eq!(span.name, format!("{operation} orders"));
        assert_eq!(span.values.get("messaging.system"), "str kafka");
        assert_eq!(span.values.get("messaging.destination.name"), "str orders");
        assert_eq!(span.values.get("messaging.operation.name"), format!("str {operation}"));
        assert_eq!(span.values.get("messaging.operation.type"), format!("str {operation_type}"));
        assert_eq!(span.values.get("otel.kind"), format!("str {kind}"));
    }
    let line = seen.events().pop().unwrap();
    assert_eq!(line.get("operation"), "str process orders");
}

#[test]
fn a_call_runs_in_the_span_that_its_caller_makes() {
    let registry = Registry::new();
    let kafka = kafka(&registry);
    let (seen, _guard) = Spans::install();
    let record = kafka.process("orders").track_with(|open| tracing::info_span!("sender").in_scope(open));
    assert_eq!(record.run(|| Ok::<_, String>(7)), Ok(7));
    let record = kafka.process("orders").track_with(|open| open());
    let failed = std::pin::pin!(record.run_async(async { Err::<(), _>("late") }));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(failed.poll(&mut context), std::task::Poll::Ready(Err("late")));
    let spans = seen.take();
    let parents: Vec<_> = spans.iter().map(|span| (&*span.name, span.parent.as_deref())).collect();
    assert_eq!(parents, [("sender", None), ("process orders", Some("sender")), ("process orders", None)]);
    let now = registry.snapshot();
    assert_eq!(
        (kafka.signals().traffic().unwrap().sum(&now), kafka.signals().errors().unwrap().sum(&now)),
        (2.0, 1.0)
    );
}

#[test]
fn the_span_of_a_topic_beyond_the_limit_does_not_name_it() {
    let kafka = kafka(&Registry::new());
    let (seen, _guard) = Spans::install();
    for topic in 0..201 {
        kafka.publish(&format!("devices/{topic}")).track().complete();
    }
    let last = seen.take().pop().unwrap();
    assert_eq!(last.name, "publish _overflow");
    assert_eq!(last.values.get("messaging.destination.name"), "str _overflow");
}

#[test]
fn the_span_of_a_call_names_the_service() {
    let (seen, _guard) = Spans::install();
    let ledger = Dependency::builder("ledger").registry(&Registry::new()).build().unwrap();
    assert!(ledger.call("balance").run(|| Err::<(), _>("closed")).is_err());
    let span = seen.one();
    assert_eq!(span.name, "balance");
    assert_eq!(span.values.get("otel.kind"), "str client");
    assert_eq!(span.values.get("service.peer.name"), "str ledger");
    assert_eq!(span.values.get("otel.status_code"), "str ERROR");
}

#[test]
fn a_connection_writes_a_line_and_is_no_span() {
    let websockets = Connections::builder("websocket").registry(&Registry::new()).build().unwrap();
    let (seen, _guard) = Spans::install();
    drop(websockets.open());
    assert_eq!(seen.take().len(), 0);
    let [line] = <[_; 1]>::try_from(seen.events()).unwrap();
    assert_eq!(line.get("operation"), "str websocket connection");
    assert_eq!(line.get("outcome"), "str completed");
}

#[test]
fn the_span_of_a_run_is_named_like_the_job() {
    let report = ScheduledJob::builder("report").registry(&Registry::new()).build().unwrap();
    let (seen, _guard) = Spans::install();
    report.operation().run_infallible(|| ());
    let span = seen.one();
    assert_eq!(span.name, "report");
    assert_eq!(span.values.get("job.name"), "str report");
}
