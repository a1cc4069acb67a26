//! A request's exemplar, span and line have one trace id and agree, whatever the outcomes and order of requests.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use conformance::{Exposition, open_metrics};
use http::{Method, Request, Response};
use http_body::{Body, Frame};
use proptest::prelude::*;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_metrics::Registry;
use radiosonde_testkit::{ManualClock, SharedBuffer};
use radiosonde_tower::{Route, ServerLayer};
use radiosonde_trace::{CaptureSpans, FinishedSpan, SpanStatus, TracePipeline};
use serde_json::Value;
use tower::{Layer as _, Service as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

/// The outcome of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    Completes,
    AtTheHead,
    ServiceFails,
    BodyFails,
    LeftBeforeTheHead,
    LeftAmidTheBody,
    HandlerPanics,
    BodyPanics,
}

const ENDS: [End; 8] = [
    End::Completes,
    End::AtTheHead,
    End::ServiceFails,
    End::BodyFails,
    End::LeftBeforeTheHead,
    End::LeftAmidTheBody,
    End::HandlerPanics,
    End::BodyPanics,
];

#[derive(Debug, Clone)]
struct Plan {
    end: End,
    status: u16,
    route: Option<&'static str>,
    /// Trace, span, and whether it is sampled.
    parent: Option<(u128, u64, bool)>,
    /// The time until the next request, and the duration of this one after the last one has started.
    pause: Duration,
    last: Duration,
    /// Its position in the order of ends.
    turn: u8,
}

fn plan() -> impl Strategy<Value = Plan> {
    let millis =
        || prop::sample::select(vec![0, 3, 30, 70, 300, 3_000, 30_000]).prop_map(Duration::from_millis);
    let parent = prop::option::of((1..=u128::MAX, 1..=u64::MAX, any::<bool>()));
    let status = prop::sample::select(vec![200, 201, 302, 404, 429, 500, 503]);
    let route = prop::sample::select(vec![None, Some("/orders/{id}"), Some("/orders/{id}/items")]);
    (prop::sample::select(ENDS.to_vec()), status, route, parent, millis(), millis(), any::<u8>()).prop_map(
        |(end, status, route, parent, pause, last, turn)| Plan {
            end,
            status,
            route,
            parent,
            pause,
            last,
            turn,
        },
    )
}

/// Two frames and then the end.
struct Scripted {
    frames: u8,
    end: End,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.frames > 0 {
            self.frames -= 1;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"frame")))));
        }
        match self.end {
            End::BodyFails => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
            // Without the panic hook, whose messages would be useless.
            End::BodyPanics => resume_unwind(Box::new(())),
            _ => Poll::Ready(None),
        }
    }
}

async fn handle(request: Request<()>) -> Result<Response<Scripted>, io::Error> {
    tracing::info!("handled");
    let plan = request.extensions().get::<Plan>().unwrap().clone();
    match plan.end {
        End::ServiceFails => Err(io::ErrorKind::ConnectionReset.into()),
        End::LeftBeforeTheHead => std::future::pending().await,
        End::HandlerPanics => resume_unwind(Box::new(())),
        end => {
            let status = if end == End::AtTheHead { 204 } else { plan.status };
            Ok(Response::builder().status(status).body(Scripted { frames: 2, end }).unwrap())
        }
    }
}

fn request(number: usize, plan: &Plan) -> Request<()> {
    let mut request = Request::builder()
        .method(if number.is_multiple_of(2) { Method::GET } else { Method::POST })
        .uri(format!("/orders/{number}"))
        .header("x-request-id", format!("r-{number}"));
    if let Some((trace, span, sampled)) = plan.parent {
        request =
            request.header("traceparent", format!("00-{trace:032x}-{span:016x}-0{}", u8::from(sampled)));
    }
    let mut request = request.extension(plan.clone()).body(()).unwrap();
    if let Some(route) = plan.route {
        request.extensions_mut().insert(Route::new(route));
    }
    request
}

/// All signals of a run.
struct Observed {
    lines: Vec<Value>,
    spans: Vec<FinishedSpan>,
    exposition: Exposition,
}

/// Starts all requests in order, and ends them in the order of their positions.
fn run(plans: &[Plan]) -> Observed {
    let (registry, spans, lines, clock) =
        (Registry::new(), CaptureSpans::new(), SharedBuffer::new(), ManualClock::default());
    let resource = Resource::new("test");
    let pipeline = TracePipeline::builder(&resource).sink(spans.clone()).registry(&registry).build().unwrap();
    let log = JsonLayer::builder(&resource).format(Format::Json).registry(&registry);
    let log = log.writer(Writer::new("test", lines.clone())).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(pipeline.layer()).with(log);
    tracing::subscriber::with_default(subscriber, || {
        let layer =
            ServerLayer::builder().registry(&registry).clock(Arc::new(clock.clone())).build().unwrap();
        let mut cx = Context::from_waker(Waker::noop());
        let mut open = Vec::new();
        for (number, plan) in plans.iter().enumerate() {
            let mut service = layer.layer(service_fn(handle));
            let mut future = Box::pin(service.call(request(number, plan)));
            let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx)));
            match polled {
                Ok(Poll::Pending) => open.push((plan, Some(future), None)),
                Ok(Poll::Ready(Ok(response))) => open.push((plan, None, Some(response.into_body()))),
                Ok(Poll::Ready(Err(_))) | Err(_) => {}
            }
            clock.advance(plan.pause);
        }
        open.sort_by_key(|(plan, ..)| plan.turn);
        for (plan, future, body) in open {
            clock.advance(plan.last);
            drop(future);
            let Some(mut body) = body else { continue };
            let mut frames = 0;
            let _ = catch_unwind(AssertUnwindSafe(|| {
                while let Poll::Ready(Some(Ok(_))) = Pin::new(&mut body).poll_frame(&mut cx) {
                    frames += 1;
                    if plan.end == End::LeftAmidTheBody && frames == 1 {
                        break;
                    }
                }
            }));
        }
    });
    let lines = lines.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let exposed = registry.encode(radiosonde_metrics::exposition::Format::OpenMetrics);
    let exposition = open_metrics(&exposed).unwrap_or_else(|refusal| panic!("{refusal}\n{exposed}"));
    Observed { lines, spans: spans.take(), exposition }
}

impl Observed {
    fn lines_of<'a>(&'a self, number: usize, module: &str) -> Vec<&'a Value> {
        let id = format!("r-{number}");
        let lines = self.lines.iter().filter(|line| line["request_id"] == *id && line["module"] == *module);
        lines.collect()
    }

    /// The span in which a line was written, if it exists.
    fn span_of(&self, line: &Value) -> Option<&FinishedSpan> {
        self.spans.iter().find(|span| line["span_id"] == *span.context.span_id().to_string())
    }
}

/// The endpoint in an access line's message.
fn endpoint(line: &Value) -> &str {
    line["message"].as_str().unwrap().split(' ').nth(1).unwrap()
}

/// The request's access line agrees with its plan, its span and the line of its handler.
fn check_request(observed: &Observed, number: usize, plan: &Plan) {
    let access = observed.lines_of(number, "radiosonde::access");
    assert_eq!(access.len(), 1, "request {number} in {:?}", observed.lines);
    let line = access[0];
    for handled in observed.lines_of(number, "one_id") {
        assert_eq!((&handled["trace_id"], &handled["span_id"]), (&line["trace_id"], &line["span_id"]));
    }
    assert_eq!(observed.lines_of(number, "one_id").len(), 1);

    let outcome = match plan.end {
        End::AtTheHead => "completed",
        End::Completes if plan.status >= 500 => "failed",
        End::Completes => "completed",
        End::ServiceFails => "service_error",
        End::BodyFails => "body_error",
        End::LeftBeforeTheHead => "aborted_before_headers",
        End::LeftAmidTheBody => "aborted_after_headers",
        End::HandlerPanics | End::BodyPanics => "panicked",
    };
    assert_eq!(line["metadata"]["outcome"], outcome);
    assert_eq!(endpoint(line), plan.route.unwrap_or("_unmatched"));
    if let Some((trace, ..)) = plan.parent {
        assert_eq!(line["trace_id"], format!("{trace:032x}"));
    }

    let span = observed.span_of(line);
    assert_eq!(span.is_some(), plan.parent.is_none_or(|(_, _, sampled)| sampled), "{plan:?}");
    let Some(span) = span else { return };
    assert_eq!(line["trace_id"], span.context.trace_id().to_string());
    assert_eq!(span.parent.map(|id| id.to_string()), plan.parent.map(|(_, id, _)| format!("{id:016x}")));
    assert_eq!(span.attribute("url.path"), Some(&format!("/orders/{number}").into()));
    let status = line["status"].as_i64();
    assert_eq!(span.attribute("http.response.status_code"), status.map(Into::into).as_ref());
    let failed = ["failed", "service_error", "body_error", "panicked"].contains(&outcome);
    assert_eq!(matches!(span.status, SpanStatus::Error { .. }), failed, "{:?}", span.status);
}

/// The counters equal the numbers of lines.
fn check_counters(observed: &Observed, requests: usize) {
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for line in observed.lines.iter().filter(|line| line["module"] == "radiosonde::access") {
        // Method, endpoint and status, as in the metric's labels.
        *expected.entry(line["message"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let counted = observed.exposition.family("http_requests").unwrap().samples.iter().map(|sample| {
        let labels = ["method", "endpoint", "status"].map(|name| sample.label(name).unwrap());
        (labels.join(" "), sample.value.as_u64().unwrap())
    });
    let counted: BTreeMap<_, _> = counted.collect();
    assert_eq!(counted, expected);
    assert_eq!(counted.values().sum::<u64>(), requests as u64);
    let in_flight = observed.exposition.family("http_requests_in_flight").unwrap();
    assert!(in_flight.samples.iter().all(|sample| sample.value.as_f64() == 0.0), "{in_flight:?}");
}

/// Each bucket with a sampled request has the exemplar of one of them; other buckets have none.
fn check_exemplars(observed: &Observed) {
    let mut within: BTreeMap<(String, String), f64> = BTreeMap::new();
    for bucket in &observed.exposition.family("http_request_duration_seconds").unwrap().samples {
        let Some(bound) = bucket.label("le") else { continue };
        let bound: f64 = bound.parse().unwrap();
        let series = ["endpoint", "method"].map(|name| bucket.label(name).unwrap().to_owned());
        let below = within.insert(series.clone().into(), bound).unwrap_or(f64::NEG_INFINITY);
        let sampled = observed.lines.iter().filter(|line| {
            let seconds = line["duration_ms"].as_f64().unwrap_or(-1.0) / 1000.0;
            line["module"] == "radiosonde::access"
                && endpoint(line) == series[0]
                && line["method"] == *series[1]
                && seconds > below
                && seconds <= bound
                && observed.span_of(line).is_some()
        });
        let sampled: Vec<_> = sampled.collect();
        assert_eq!(bucket.exemplar.is_some(), !sampled.is_empty(), "{bucket:?} and {sampled:?}");
        if let Some(exemplar) = &bucket.exemplar {
            let label = |name: &str| exemplar.label(name).unwrap();
            let is_it =
                |line: &&&Value| line["trace_id"] == label("trace_id") && line["span_id"] == label("span_id");
            let line =
                sampled.iter().find(is_it).unwrap_or_else(|| panic!("{exemplar:?} is not in {sampled:?}"));
            let seconds = line["duration_ms"].as_f64().unwrap() / 1000.0;
            assert!((exemplar.value.as_f64() - seconds).abs() < 1e-9, "{exemplar:?} and {line}");
        }
    }
}

proptest! {
    #[test]
    fn exemplar_span_and_line_agree(plans in prop::collection::vec(plan(), 1..12)) {
        let observed = run(&plans);
        for (number, plan) in plans.iter().enumerate() {
            check_request(&observed, number, plan);
        }
        check_counters(&observed, plans.len());
        check_exemplars(&observed);
        let sampled = plans.iter().filter(|plan| plan.parent.is_none_or(|(_, _, sampled)| sampled));
        prop_assert_eq!(observed.spans.len(), sampled.count());
    }
}
