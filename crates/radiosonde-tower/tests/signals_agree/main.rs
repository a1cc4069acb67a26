//! Counter, histogram, gauge, span and line of a request agree on its outcome and time, whatever happens to it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod expectation;
mod script;
mod telemetry;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http::Request;
use proptest::prelude::*;
use radiosonde_metrics::snapshot::{SeriesSnapshot, SnapshotValue};
use radiosonde_tower::{ClientLayer, Route, ServerLayer};
use radiosonde_trace::{AttributeValue, SpanStatus};
use tower::{Layer, Service};
use tracing::Span;

use expectation::{Expectation, Side};
use script::{Script, Scripted, scripts};
use telemetry::Telemetry;

fn request(script: &Script) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = script.method.clone();
    *request.uri_mut() = "http://shop.test/orders/7".parse().unwrap();
    request.extensions_mut().insert(Route::new("/orders/{id}"));
    request
}

/// Makes the request and reads its response according to the script.
fn run<S, B>(mut service: S, script: &Script)
where
    S: Service<Request<()>, Response = http::Response<B>>,
    B: http_body::Body,
{
    let mut cx = Context::from_waker(Waker::noop());
    let mut patience = script.patience;
    let mut is_patient = || match &mut patience {
        None => true,
        Some(polls) => polls.checked_sub(1).map(|fewer| *polls = fewer).is_some(),
    };
    let mut response = pin!(service.call(request(script)));
    let response = loop {
        if !is_patient() {
            return;
        }
        match response.as_mut().poll(&mut cx) {
            Poll::Ready(Ok(response)) => break response,
            Poll::Ready(Err(_)) => return,
            Poll::Pending => {}
        }
    };
    let mut body = pin!(response.into_body());
    while is_patient() {
        if let Poll::Ready(None | Some(Err(_))) = body.as_mut().poll_frame(&mut cx) {
            return;
        }
    }
}

/// Runs a script, and lets time pass while a task of the service still holds the span.
fn play(side: Side, script: &Script, telemetry: &Telemetry) -> Arc<Mutex<Option<Span>>> {
    let (registry, clock) = (&telemetry.registry, Arc::new(telemetry.clock.clone()));
    let task = Arc::default();
    let scripted =
        Scripted { script: script.clone(), clock: telemetry.clock.clone(), task: Arc::clone(&task) };
    tracing::dispatcher::with_default(&telemetry.dispatch, || {
        // A panic ends the request, not the test.
        let _ = catch_unwind(AssertUnwindSafe(|| match side {
            Side::Server => run(
                ServerLayer::builder().registry(registry).clock(clock).build().unwrap().layer(scripted),
                script,
            ),
            Side::Client => run(
                ClientLayer::builder().registry(registry).clock(clock).build().unwrap().layer(scripted),
                script,
            ),
        }));
    });
    telemetry.clock.advance(Duration::from_secs(100));
    task
}

fn check(side: Side, script: &Script) -> Result<(), TestCaseError> {
    let telemetry = Telemetry::new();
    let task = play(side, script, &telemetry);
    let (expected, names) = (Expectation::of(side, script), side.names());

    let snapshot = telemetry.registry.snapshot();
    let counted = snapshot.family(names.requests).unwrap().series();
    prop_assert_eq!(counted.len(), 1);
    prop_assert_eq!(counted[0].number(), 1.0);
    prop_assert_eq!(counted[0].label("status").unwrap(), &*expected.label);
    let in_flight = snapshot.family(names.in_flight).unwrap().series();
    prop_assert!(in_flight.iter().all(|series| series.number() == 0.0));
    let durations = |name| snapshot.family(name).map_or(&[][..], |family| family.series());
    let (latency, stream) = (durations(names.duration), durations("http_stream_duration_seconds"));
    let taken = |series: &[SeriesSnapshot]| match series.first().map(SeriesSnapshot::value) {
        Some(SnapshotValue::Histogram { sum, .. }) if series[0].number() > 0.0 => {
            Some(Duration::from_secs_f64(*sum))
        }
        _ => None,
    };
    let (latency, stream) = (taken(latency), taken(stream));
    prop_assert_eq!((latency.is_some(), stream.is_some()), (expected.has_latency, expected.is_stream));
    let open = snapshot.family("http_streams_active").map_or(&[][..], |family| family.series());
    prop_assert!(open.iter().all(|series| series.number() == 0.0));

    let spans = telemetry.spans.take();
    prop_assert_eq!(spans.len(), 1, "the span is exported when its record ends");
    let span = &spans[0];
    let took = span.end.duration_since(span.start).unwrap();
    prop_assert_eq!(latency.or(stream).unwrap_or(took), took);
    let code = expected.code.map(|code| AttributeValue::I64(code.into()));
    prop_assert_eq!(span.attribute("http.response.status_code"), code.as_ref());
    let error_type = expected.error_type.as_ref().map(|text| AttributeValue::String(text.clone().into()));
    prop_assert_eq!(span.attribute("error.type"), error_type.as_ref());
    prop_assert_eq!(matches!(span.status, SpanStatus::Error { .. }), expected.is_error);

    let lines = telemetry.lines.all();
    let records: Vec<_> = lines.iter().filter(|line| line.target == names.target).collect();
    prop_assert_eq!(records.len(), 1);
    let fields = &records[0].fields;
    prop_assert_eq!(&*fields["outcome"], expected.outcome);
    prop_assert_eq!(fields.get("status").cloned(), expected.code.map(|code| code.to_string()));
    prop_assert!(fields["message"].ends_with(&*expected.label), "{}", fields["message"]);
    let duration_ms: f64 = fields["duration_ms"].parse().unwrap();
    prop_assert_eq!(duration_ms, took.as_secs_f64() * 1000.0);
    for line in &lines {
        prop_assert_eq!(line.context, Some(span.context), "{:?}", line);
    }
    let destructors = lines.iter().filter(|line| line.target == "destructor").count();
    prop_assert!((1..=2).contains(&destructors));

    drop(task);
    prop_assert!(telemetry.spans.spans().is_empty(), "it is exported once");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_signals_of_a_server_agree(script in scripts()) {
        check(Side::Server, &script)?;
    }

    #[test]
    fn the_signals_of_a_client_agree(script in scripts()) {
        check(Side::Client, &script)?;
    }
}
