//! Webhooks of every kind, and what a receiver answers.
#![cfg(feature = "webhook")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full};
use radiosonde_alerts::{
    Credentials, WebhookAlert, WebhookBuildError, WebhookError, WebhookHandler, WebhookReceiver,
    WebhookReceiverBuilder,
};
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Format;
use radiosonde_testkit::assert_metric;
use serde_json::{Value, json};
use tower_service::Service as _;

/// Does what the name of an alert is, and remembers its calls.
#[derive(Debug, Clone, Default)]
struct Scripted {
    calls: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    fn note(&self, method: &str, alert: &WebhookAlert) {
        self.calls.lock().unwrap().push(format!("{method} {}", alert.name()));
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    async fn act(&self, method: &str, alert: &WebhookAlert) -> Result<(), WebhookError> {
        self.note(method, alert);
        match alert.name() {
            "fail" => Err("no pager".into()),
            "panic" => panic!("no pager at all"),
            "hang" => pending().await,
            _ => Ok(()),
        }
    }
}

impl WebhookHandler for Scripted {
    async fn critical(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        self.act("critical", alert).await
    }

    async fn warning(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        self.act("warning", alert).await
    }

    async fn store(&self, alert: &WebhookAlert) -> Result<(), WebhookError> {
        self.note("store", alert);
        Ok(())
    }
}

fn message(alerts: &[(&str, &str)]) -> Value {
    let alerts: Vec<_> = alerts
        .iter()
        .map(|(name, severity)| {
            json!({
                "status": "firing", "labels": {"alertname": name, "severity": severity}, "annotations": {},
                "startsAt": "2026-01-01T00:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": name,
            })
        })
        .collect();
    json!({
        "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "page", "groupLabels": {},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://alertmanager:9093", "alerts": alerts,
    })
}

fn post(body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post("/alerts").header("content-type", "application/json").body(Full::new(body.into())).unwrap()
}

fn post_message(alerts: &[(&str, &str)]) -> Request<Full<Bytes>> {
    post(message(alerts).to_string())
}

/// Answers on a runtime that has no timer: the receiver needs none.
fn answer<H: WebhookHandler, B>(receiver: &WebhookReceiver<H>, request: Request<B>) -> (u16, String)
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response: Response<_> = runtime.block_on(receiver.clone().call(request)).unwrap();
    let status = response.status().as_u16();
    let body = runtime.block_on(response.into_body().collect()).unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn assert_count(registry: &Registry, of: &str, outcome: &str, count: usize) {
    let metric = format!("radiosonde_alerts_webhook_{of}_total{{outcome=\"{outcome}\"}}");
    let text = String::from_utf8(registry.encode_bytes(Format::Text)).unwrap();
    assert_metric!(text, &metric, == count);
}

fn builder(registry: &Registry) -> (Scripted, WebhookReceiverBuilder<Scripted>) {
    let handler = Scripted::default();
    let receiver = WebhookReceiver::builder(handler.clone()).registry(registry);
    (handler, receiver)
}

#[test]
fn alerts_are_dispatched_by_severity_and_then_stored() {
    let registry = Registry::new();
    let (handler, receiver) = builder(&registry);
    let receiver = receiver.build().unwrap();
    let alerts = [("down", "critical"), ("slow", "warning"), ("note", "info"), ("odd", "")];
    assert_eq!(answer(&receiver, post_message(&alerts)), (200, String::new()));
    assert_eq!(
        handler.calls(),
        [
            "critical down", "store down", "warning slow", "store slow", "warning note", "store note",
            "warning odd", "store odd"
        ]
    );
    assert_count(&registry, "requests", "handled", 1);
    assert_count(&registry, "alerts", "handled", 4);
}

#[test]
fn a_failure_or_panic_is_answered_500_and_spares_the_other_alerts() {
    let registry = Registry::new();
    let (handler, receiver) = builder(&registry);
    let receiver = receiver.build().unwrap();
    let failed = [("fail", "critical"), ("slow", "warning")];
    assert_eq!(
        answer(&receiver, post_message(&failed)),
        (500, "1 of 2 alerts could not be handled\n".to_owned())
    );
    let panicked = [("panic", "critical"), ("slow", "warning"), ("fail", "info")];
    assert_eq!(answer(&receiver, post_message(&panicked)), (500, "the handler panicked\n".to_owned()));
    assert_eq!(
        handler.calls(),
        [
            "critical fail", "warning slow", "store slow", "critical panic", "warning slow", "store slow",
            "warning fail"
        ]
    );
    for (outcome, requests, alerts) in [("failed", 1, 2), ("panicked", 1, 1)] {
        assert_count(&registry, "requests", outcome, requests);
        assert_count(&registry, "alerts", outcome, alerts);
    }
    assert_eq!(answer(&receiver, post_message(&[("slow", "warning")])).0, 200, "it stays alive");
}

#[test]
fn a_handler_that_takes_too_long_is_answered_503() {
    let registry = Registry::new();
    let (handler, receiver) = builder(&registry);
    let receiver = receiver.handler_timeout(Duration::from_millis(30)).build().unwrap();
    let alerts = [("slow", "warning"), ("hang", "critical"), ("down", "critical")];
    assert_eq!(answer(&receiver, post_message(&alerts)), (503, "the handler took too long\n".to_owned()));
    assert_eq!(handler.calls(), ["warning slow", "store slow", "critical hang"]);
    assert_count(&registry, "requests", "timed_out", 1);
    assert_count(&registry, "alerts", "timed_out", 2);
    assert_count(&registry, "alerts", "handled", 1);
}

/// A body that yields its chunks, and then ends, breaks or hangs.
struct Chunks(Vec<Bytes>, End);

enum End {
    Here,
    Broken,
    Never,
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        match (self.0.pop(), &self.1) {
            (Some(chunk), _) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            (None, End::Here) => Poll::Ready(None),
            (None, End::Broken) => Poll::Ready(Some(Err("reset by peer"))),
            (None, End::Never) => Poll::Pending,
        }
    }
}

fn stream(chunks: Vec<Bytes>, end: End) -> Request<Chunks> {
    post("").map(|_| Chunks(chunks, end))
}

#[test]
fn a_slow_body_is_answered_408_and_a_broken_one_400() {
    let registry = Registry::new();
    let (handler, receiver) = builder(&registry);
    let receiver = receiver.body_timeout(Duration::from_millis(30)).build().unwrap();
    let start = Bytes::from_static(b"{\"version\"");
    assert_eq!(answer(&receiver, stream(vec![start.clone()], End::Never)).0, 408);
    assert_eq!(
        answer(&receiver, stream(vec![start], End::Broken)),
        (400, "the body is incomplete\n".to_owned())
    );
    let whole = message(&[("slow", "warning")]).to_string();
    let (first, second) = whole.split_at(100);
    let chunks = [second, first].map(|part| Bytes::from(part.to_owned())).to_vec();
    assert_eq!(answer(&receiver, stream(chunks, End::Here)).0, 200);
    assert_eq!(handler.calls(), ["warning slow", "store slow"]);
    assert_count(&registry, "requests", "body_timeout", 1);
    assert_count(&registry, "requests", "incomplete", 1);
}

#[test]
fn a_body_is_read_up_to_its_limit_and_not_a_byte_further() {
    let registry = Registry::new();
    let (_, receiver) = builder(&registry);
    let body = message(&[("slow", "warning")]).to_string();
    let receiver = receiver.max_body_bytes(body.len()).build().unwrap();
    assert_eq!(answer(&receiver, post(body.clone())).0, 200);
    let text = format!("the body is too large: expected at most {} bytes\n", body.len());
    assert_eq!(answer(&receiver, post(body.clone() + " ")), (413, text));
    // By its declared length alone, before it arrives.
    let mut declared = stream(Vec::new(), End::Never);
    declared.headers_mut().insert("content-length", "4000000000".parse().unwrap());
    assert_eq!(answer(&receiver, declared).0, 413);
    // A stream without end.
    let endless = vec![Bytes::from(vec![b' '; 100]); 1000];
    assert_eq!(answer(&receiver, stream(endless, End::Never)).0, 413);
    assert_count(&registry, "requests", "too_large", 3);
}

#[test]
fn garbage_is_answered_400_each_time_and_the_receiver_stays_alive() {
    let registry = Registry::new();
    let (handler, receiver) = builder(&registry);
    let receiver = receiver.build().unwrap();
    let valid = message(&[("slow", "warning")]).to_string();
    let change = |field: &str, value: Value| {
        let mut message = message(&[("slow", "warning")]);
        message[field] = value;
        Bytes::from(message.to_string())
    };
    let mut garbage = vec![
        Bytes::new(),
        Bytes::from_static(b"\0\xff\xfe{}"),
        Bytes::from_static(b"null"),
        Bytes::from_static(b"[]"),
        Bytes::from_static(b"{}"),
        Bytes::from("[".repeat(500_000)),
        Bytes::from(format!("{{\"tomorrow\":{}", "{\"a\":".repeat(100_000))),
        Bytes::from(valid.clone() + "}"),
        Bytes::from(valid.replace("2026-01-01T00:00:00Z", "yesterday")),
        Bytes::from(valid.replace("\"alerts\":[", "\"alerts\":[[],")),
        change("version", json!(4)),
        change("version", json!("3")),
        change("alerts", json!({})),
        change("alerts", Value::Null),
        change("truncatedAlerts", json!(-1)),
        change("commonLabels", json!({"a": 1})),
    ];
    // Truncated at any byte, a multiple of 7 for the sake of time.
    garbage.extend((0..valid.len()).step_by(7).map(|end| Bytes::copy_from_slice(&valid.as_bytes()[..end])));
    let count = garbage.len();
    for body in garbage {
        let (status, text) = answer(&receiver, post(body.clone()));
        assert_eq!(status, 400, "{text} {body:.100?}");
        assert!(text.starts_with("invalid webhook message: ") && text.len() < 300, "{text}");
    }
    assert_eq!(handler.calls(), [""; 0]);
    assert_eq!(answer(&receiver, post(valid)).0, 200, "it stays alive");
    assert_count(&registry, "requests", "invalid", count);
}

#[test]
fn another_method_or_content_type_is_refused_before_the_body_is_read() {
    let registry = Registry::new();
    let (_, receiver) = builder(&registry);
    let receiver = receiver.build().unwrap();
    let with = |change: &dyn Fn(&mut Request<Chunks>)| {
        let mut request = stream(Vec::new(), End::Never);
        change(&mut request);
        answer(&receiver, request)
    };
    for method in [Method::GET, Method::PUT, Method::HEAD] {
        assert_eq!(with(&|request| *request.method_mut() = method.clone()).0, 405);
    }
    for value in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let set = |request: &mut Request<Chunks>| {
            request.headers_mut().insert("content-type", value.parse().unwrap());
        };
        assert_eq!(with(&set).0, 415, "{value}");
    }
    assert_eq!(with(&|request| drop(request.headers_mut().remove("content-type"))).0, 415);
    let gzip = |request: &mut Request<Chunks>| {
        request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    };
    assert_eq!(with(&gzip).0, 415);
    let mut fine = post_message(&[]);
    fine.headers_mut().insert("content-type", "Application/JSON; charset=utf-8".parse().unwrap());
    assert_eq!(answer(&receiver, fine).0, 200);
    assert_count(&registry, "requests", "method", 3);
    assert_count(&registry, "requests", "content_type", 6);
}

#[test]
fn credentials_are_required_once_any_are_set() {
    let registry = Registry::new();
    let (handler, receiver) = builder(&registry);
    let accepted = [Credentials::bearer("t0ken"), Credentials::basic("am", "correct horse")];
    let receiver = receiver.accept_only(accepted.map(Result::unwrap)).build().unwrap();
    let with = |authorization: Option<&str>| {
        let mut request = post_message(&[("slow", "warning")]);
        if let Some(value) = authorization {
            request.headers_mut().insert("authorization", value.parse().unwrap());
        }
        answer(&receiver, request).0
    };
    assert_eq!((with(None), with(Some("Bearer t0kem")), with(Some("Basic t0ken"))), (401, 401, 401));
    assert_eq!(handler.calls(), [""; 0]);
    assert_eq!((with(Some("Bearer t0ken")), with(Some("Basic YW06Y29ycmVjdCBob3JzZQ=="))), (200, 200));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response: Result<Response<_>, Infallible> = runtime.block_on(receiver.clone().call(post("")));
    let challenges = response.unwrap();
    let challenges: Vec<_> = challenges.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, ["Basic realm=\"alerts\", charset=\"UTF-8\"", "Bearer realm=\"alerts\""]);
    assert_count(&registry, "requests", "unauthorized", 4);

    let closed = builder(&registry).1.accept_only([]).build().unwrap();
    assert_eq!(answer(&closed, post_message(&[])).0, 401, "a list that is empty accepts nothing");
}

#[test]
fn receivers_share_the_metrics_of_a_registry() {
    let registry = Registry::new();
    let receivers = [builder(&registry).1.build().unwrap(), builder(&registry).1.build().unwrap()];
    for receiver in &receivers {
        assert_eq!(answer(receiver, post_message(&[])).0, 200);
    }
    assert_count(&registry, "requests", "handled", 2);

    let taken = Registry::new();
    taken.gauge("radiosonde_alerts_webhook_requests", "Taken.").build().unwrap();
    taken.counter("radiosonde_alerts_webhook_alerts_total", "Taken.").build().unwrap();
    let refused = builder(&taken).1.build().unwrap_err();
    assert!(matches!(refused, WebhookBuildError::Metrics(_)), "{refused}");
}
