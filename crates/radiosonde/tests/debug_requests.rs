//! One request at DEBUG, by a signed header, and the call that it makes. What `init` sets up is global, so this is a process of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use radiosonde::Format;
use radiosonde::log::Writer;
use radiosonde::tower::DebugKey;
use radiosonde::{Clock as _, SystemClock};
use radiosonde_testkit::{SharedBuffer, assert_metric};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::debug;

async fn text<B: http_body_util::BodyExt>(response: Response<B>) -> String
where
    B::Error: std::fmt::Debug,
{
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

const HEADER: &str = "x-radiosonde-debug";

fn request(headers: &[(&str, http::HeaderValue)]) -> Request<String> {
    let mut request = Request::new(String::new());
    for (name, value) in headers {
        request.headers_mut().append(http::HeaderName::try_from(*name).unwrap(), value.clone());
    }
    request
}

#[tokio::test]
async fn the_request_with_a_signed_header_is_heard_and_so_is_the_service_it_calls() {
    let lines = SharedBuffer::new();
    let key = DebugKey::new("correct horse battery staple").unwrap();
    let telemetry = radiosonde::builder()
        .service_name("orders")
        .logs(|logs| logs.format(Format::Json).writer(Writer::new("test", lines.clone())))
        .debug_keys([key.clone()])
        .init()
        .unwrap();

    // The next service responds with the header that it received. It has the same keys, and a debug line of its own.
    let next = telemetry.server_layer().layer(service_fn(async |request: Request<String>| {
        debug!("priced");
        let sent = request.headers().get(HEADER).map_or("nothing", |value| value.to_str().unwrap());
        Ok::<_, Infallible>(Response::new(sent.to_owned()))
    }));
    let trusted = telemetry.client_layer().forward_debug().layer(next.clone());
    let foreign = telemetry.client_layer().layer(next);
    let service = telemetry.server_layer().layer(service_fn(move |request: Request<String>| {
        let client = if request.uri().path() == "/foreign" { foreign.clone() } else { trusted.clone() };
        async move {
            debug!("asked");
            // On a task of its own, as long as that is in the span.
            let call = tracing::Instrument::in_current_span(client.oneshot(request_without_headers()));
            let response = tokio::spawn(call).await.unwrap()?;
            debug!("answered");
            Ok::<_, Infallible>(Response::new(text(response).await))
        }
    }));
    let send = async |request: Request<String>| text(service.clone().oneshot(request).await.unwrap()).await;
    let heard = || {
        let text = lines.take();
        ["asked", "priced", "answered"]
            .map(|message| text.matches(&format!("\"message\":\"{message}\"")).count())
    };
    let now = SystemClock.now();
    let soon = now + Duration::from_secs(60);
    let signed = key.sign(tracing::Level::DEBUG, soon);

    assert_eq!(send(request(&[])).await, "nothing");
    assert_eq!(heard(), [0, 0, 0]);
    assert_eq!(send(request(&[(HEADER, signed.clone())])).await, signed.to_str().unwrap());
    assert_eq!(heard(), [1, 1, 1]);

    // A client that is not told to forward the header does not.
    let mut elsewhere = request(&[(HEADER, signed)]);
    *elsewhere.uri_mut() = "/foreign".parse().unwrap();
    assert_eq!(send(elsewhere).await, "nothing");
    assert_eq!(heard(), [1, 1, 1], "it is the same process, and within the span");

    let other = DebugKey::new("some key that nobody knows").unwrap();
    let refused = [
        other.sign(tracing::Level::DEBUG, soon),
        key.sign(tracing::Level::DEBUG, SystemTime::UNIX_EPOCH),
        key.sign(tracing::Level::DEBUG, now + Duration::from_secs(7200)),
        http::HeaderValue::from_static("please"),
    ];
    for value in refused {
        assert_eq!(send(request(&[(HEADER, value)])).await, "nothing");
        assert_eq!(heard(), [0, 0, 0]);
    }
    check_counts(&telemetry.registry().text());
    let _ = telemetry.shutdown(Duration::from_secs(5)).await;
}

fn request_without_headers() -> Request<String> {
    request(&[])
}

fn check_counts(text: &str) {
    for (outcome, times) in
        [("unsigned", 1.0), ("expired", 1.0), ("too_long", 1.0), ("malformed", 1.0), ("accepted", 3.0)]
    {
        let selector = format!("radiosonde_debug_requests_total{{outcome=\"{outcome}\"}}");
        assert_metric!(text, &*selector, == times);
    }
    assert_metric!(text, "radiosonde_log_level_overrides_total{outcome=\"opened\"}", == 3);
}
