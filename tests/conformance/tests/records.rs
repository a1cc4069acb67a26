//! Requests, calls and operations end by one rule: every way to a record is tried with every outcome.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use radiosonde_core::{Resource, SpanContext, SpanId, TraceFlags, TraceId};
use radiosonde_log::{Format, JsonLayer, LogFilter, Writer};
use radiosonde_metrics::Registry;
use radiosonde_metrics::snapshot::SnapshotValue;
use radiosonde_signals::Operation;
use radiosonde_testkit::{ManualClock, SharedBuffer};
use radiosonde_tower::{ClientLayer, ServerLayer};
use radiosonde_trace::{CaptureSpans, SpanStatus, TracePipeline};
use tower::{Layer as _, Service, service_fn};
use tracing::span::{Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

const TOOK: Duration = Duration::from_millis(1500);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Server,
    Client,
    Operation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Completed,
    Failed,
    Aborted,
    Panicked,
}

struct Signals {
    registry: Registry,
    clock: ManualClock,
}

impl Signals {
    fn new() -> Self {
        Self { registry: Registry::new(), clock: ManualClock::new() }
    }

    /// Runs one way to a record; returns whether the caller got the panic of the work, or another one.
    fn go(&self, door: Door, end: End) -> bool {
        let (registry, clock) = (&self.registry, Arc::new(self.clock.clone()));
        let work = || {
            self.clock.advance(TOOK);
            assert_ne!(end, End::Panicked, "the work panics");
        };
        let service = service_fn(async |_: Request<()>| {
            work();
            match end {
                End::Aborted => std::future::pending().await,
                End::Failed => Err("card refused"),
                _ => Ok(Response::builder().status(204).body(Empty::<Bytes>::new()).unwrap()),
            }
        });
        let panicked = catch_unwind(AssertUnwindSafe(|| match door {
            Door::Server => poll_once(
                ServerLayer::builder().registry(registry).clock(clock).build().unwrap().layer(service),
            ),
            Door::Client => poll_once(
                ClientLayer::builder().registry(registry).clock(clock).build().unwrap().layer(service),
            ),
            Door::Operation => {
                let mut record =
                    Operation::builder("charge").registry(registry).clock(clock).build().unwrap().track();
                record.in_scope(work);
                match end {
                    End::Aborted => drop(record),
                    End::Failed => record.fail("card refused"),
                    _ => record.complete(),
                }
            }
        }));
        panicked.is_err()
    }

    /// Counter, gauge and histogram; returns the trace ids of the exemplars.
    fn assert_counted_once(&self, door: Door, context: &str) -> Vec<String> {
        let (calls, duration, in_flight) = match door {
            Door::Server => {
                ("http_requests_total", "http_request_duration_seconds", "http_requests_in_flight")
            }
            Door::Client => (
                "http_client_requests_total",
                "http_client_request_duration_seconds",
                "http_client_requests_in_flight",
            ),
            Door::Operation => ("operation_calls_total", "operation_duration_seconds", "operation_in_flight"),
        };
        let snapshot = self.registry.snapshot();
        assert_eq!(snapshot.sum(calls, &[]), 1.0, "{context}");
        assert_eq!(snapshot.sum(in_flight, &[]), 0.0, "{context}");
        let series = snapshot.family(duration).unwrap().series();
        let [series] = series else { panic!("{context}: {series:?}") };
        let SnapshotValue::Histogram { sum, exemplars, .. } = series.value() else { panic!("{series:?}") };
        assert_eq!((series.number(), *sum), (1.0, TOOK.as_secs_f64()), "{context}");
        exemplars.iter().flatten().map(|exemplar| format!("{exemplar:?}")).collect()
    }
}

fn poll_once(mut service: impl Service<Request<()>>) {
    let mut response = pin!(service.call(Request::new(())));
    let _ = response.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

fn pipeline(spans: &CaptureSpans) -> TracePipeline {
    TracePipeline::builder(&Resource::new("test"))
        .sink(spans.clone())
        .registry(&Registry::new())
        .build()
        .unwrap()
}

#[test]
fn every_signal_of_a_record_agrees_at_every_door() {
    let levels = |door| match door {
        Door::Server => ["INFO", "ERROR", "WARN", "ERROR"],
        Door::Client | Door::Operation => ["DEBUG", "WARN", "WARN", "ERROR"],
    };
    for door in [Door::Server, Door::Client, Door::Operation] {
        let failure = if door == Door::Operation { "_OTHER" } else { "service_error" };
        let ends = [
            (End::Completed, "completed", None),
            (End::Failed, "failed", Some(failure)),
            (End::Aborted, "aborted", Some("aborted")),
            (End::Panicked, "panicked", Some("panic")),
        ];
        for ((end, outcome, error_type), level) in ends.into_iter().zip(levels(door)) {
            let outcome = match (door, end) {
                (Door::Server, End::Failed) => "service_error",
                (Door::Server, End::Aborted) => "aborted_before_headers",
                _ => outcome,
            };
            let context = format!("{door:?} {end:?}");
            let (signals, spans, lines) = (Signals::new(), CaptureSpans::new(), SharedBuffer::new());
            let log = JsonLayer::builder(&Resource::new("test"))
                .format(Format::Json)
                .registry(&Registry::new())
                .writer(Writer::new("test", lines.clone()))
                .build()
                .unwrap()
                .with_filter("debug".parse::<LogFilter>().unwrap());
            let subscriber = tracing_subscriber::registry().with(pipeline(&spans).layer()).with(log);
            let panicked = tracing::subscriber::with_default(subscriber, || signals.go(door, end));
            assert_eq!(panicked, end == End::Panicked, "{context}");

            let spans = spans.spans();
            let [span] = &spans[..] else { panic!("{context}: {spans:?}") };
            assert_eq!(span.end.duration_since(span.start).unwrap(), TOOK, "{context}");
            assert_eq!(span.attribute("error.type"), error_type.map(Into::into).as_ref(), "{context}");
            let is_error = matches!(span.status, SpanStatus::Error { .. });
            assert_eq!(is_error, matches!(end, End::Failed | End::Panicked), "{context}");

            let exemplars = signals.assert_counted_once(door, &context);
            assert_eq!(exemplars.len(), 1, "{context}");
            assert!(exemplars[0].contains(&span.context.span_id().to_string()), "{context}: {exemplars:?}");

            let lines = lines.lines();
            let [line] = &lines[..] else { panic!("{context}: {lines:?}") };
            for part in [
                format!("\"level\":\"{level}\""),
                format!("\"outcome\":\"{outcome}\""),
                format!("\"duration_ms\":{}", TOOK.as_millis()),
                format!("\"span_id\":\"{}\"", span.context.span_id()),
            ] {
                assert!(line.contains(&part), "{context}: no {part} in {line}");
            }
        }
    }
}

/// A foreign layer that panics wherever a record calls it.
struct Panics;

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Panics {
    fn on_event(&self, _: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        panic!("in a layer");
    }

    fn on_record(&self, _: &Id, _: &Record<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        panic!("in a layer");
    }
}

#[test]
fn a_layer_that_panics_costs_no_other_signal_and_not_the_work() {
    for door in [Door::Server, Door::Client, Door::Operation] {
        for end in [End::Completed, End::Failed, End::Aborted, End::Panicked] {
            let context = format!("{door:?} {end:?}");
            let (signals, spans) = (Signals::new(), CaptureSpans::new());
            let subscriber = tracing_subscriber::registry().with(pipeline(&spans).layer()).with(Panics);
            let panicked = tracing::subscriber::with_default(subscriber, || signals.go(door, end));
            assert_eq!(panicked, end == End::Panicked, "{context}: the panic of the work, and no other");
            assert_eq!(signals.assert_counted_once(door, &context).len(), 1, "{context}");
            let spans = spans.spans();
            assert_eq!(spans.len(), 1, "{context}");
            assert_eq!(spans[0].end.duration_since(spans[0].start).unwrap(), TOOK, "{context}");
        }
    }
}

#[test]
fn without_a_span_the_exemplar_is_the_context_at_the_start() {
    for door in [Door::Server, Door::Client, Door::Operation] {
        let (signals, trace_id) = (Signals::new(), TraceId::random());
        let context = SpanContext::new(trace_id, SpanId::random(), TraceFlags::SAMPLED);
        let _entered = context.enter();
        signals.go(door, End::Completed);
        let exemplars = signals.assert_counted_once(door, &format!("{door:?}"));
        assert!(
            exemplars.len() == 1 && exemplars[0].contains(&trace_id.to_string()),
            "{door:?}: {exemplars:?}"
        );
    }
}
